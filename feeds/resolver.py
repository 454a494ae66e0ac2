"""Names are resolved once, and every answer is vetted before the first of them is dialled."""

import socket

from aiohttp.abc import AbstractResolver, ResolveResult

from feeds.addresses import Guard

# More addresses of one name than this are not tried: each costs a connect timeout.
_ANSWERS = 2


class GuardedResolver(AbstractResolver):
    """Resolves names and refuses one whose answers include any refused address."""

    def __init__(self, guard: Guard, inner: AbstractResolver) -> None:
        self._guard = guard
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Resolve ``host``; the first answers only, all of them vetted."""
        answers = await self._inner.resolve(host, port, family)
        self._guard.vet_answers(host, port, [answer["host"] for answer in answers])
        return answers[:_ANSWERS]

    async def close(self) -> None:
        """Close the resolver inside."""
        await self._inner.close()
