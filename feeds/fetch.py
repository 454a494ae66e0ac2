"""Fetching a feed: guarded addresses, a deadline for the whole, a cap on the body, no memory.

Redirects are followed by hand, each one vetted afresh; what moved for good is reported and never
stored from here, because a pinned address changes only by a person's decision.
"""

import asyncio
import hashlib
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from feeds import body, headers
from feeds.addresses import Address, Guard
from feeds.failures import (
    BadAddress,
    Challenge,
    FeedRefused,
    Hints,
    HttpStatus,
    RedirectLoop,
    TooSlow,
    Unreachable,
)
from feeds.headers import Validators

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
# More addresses of one name than this are not tried: each costs a connect timeout.
_ANSWERS = 2


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Bounds of one fetch: seconds for the whole and for connecting, bytes of the body, hops."""

    deadline: float = 15.0
    connect: float = 5.0
    body: int = 2 * 2**20
    redirects: int = 3


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Nothing new: a 304, or the same body again. ``moved`` as in ``Fetched``."""

    validators: Validators
    hints: Hints
    moved: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A body that differs from the one known.

    ``address`` is where it was found; ``moved`` is the address to which the server says the feed
    went for good, or empty.
    """

    body: bytes
    content_type: str
    address: str
    validators: Validators
    hints: Hints
    moved: str = ""


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


class Fetcher:
    """Fetches feeds, one request at a time per host. Opened at start, closed at stop."""

    def __init__(
        self,
        *,
        user_agent: str,
        allow: Iterable[str] = (),
        limits: FetchLimits | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self.guard = Guard(allow)
        self._user_agent = user_agent
        self._limits = limits or FetchLimits()
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None
        self._turns: dict[str, tuple[asyncio.Lock, int]] = {}

    async def open(self) -> None:
        """Make the one session; needs a running loop."""
        resolver = self._resolver or aiohttp.ThreadedResolver()
        connector = aiohttp.TCPConnector(
            resolver=GuardedResolver(self.guard, resolver),
            use_dns_cache=False,
            socket_factory=self.guard.open_socket,
            # Racing several addresses at once would hide a refusal behind another's success.
            happy_eyeballs_delay=None,
            limit=64,
            limit_per_host=1,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._limits.connect),
            headers={
                "User-Agent": self._user_agent,
                "Accept": ACCEPT,
                "Accept-Encoding": body.ACCEPTED_CODINGS,
            },
        )

    async def close(self) -> None:
        """Close the session and its connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def fetch(
        self,
        address: str,
        *,
        known: Validators = Validators(),  # noqa: B008 - frozen
    ) -> Fetched | Unchanged:
        """Get a feed, or learn that it is ``Unchanged``; raise a ``FeedRefused``.

        ``known`` is what the last answer's ``validators`` were. Waiting for another request to the
        same host does not count against the deadline.
        """
        here = self.guard.parse(address)
        budget = _Budget(self._limits.deadline)
        seen, moved, still_moving = {here.url}, "", True
        while True:
            async with self._turn(here.host), budget.spend():
                answer = await self._ask(here, known, moved)
            if not isinstance(answer, _Redirect):
                return answer
            here = self.guard.parse(answer.target)
            still_moving = still_moving and answer.permanent
            moved = here.url if still_moving else moved
            if here.url in seen or len(seen) > self._limits.redirects:
                raise RedirectLoop(hops=len(seen))
            seen.add(here.url)

    async def _ask(
        self, here: Address, known: Validators, moved: str
    ) -> "Fetched | Unchanged | _Redirect":
        assert self._session is not None, "open() comes first"
        try:
            async with self._session.get(
                URL(here.url, encoded=True),
                headers=headers.conditions(known),
                allow_redirects=False,
            ) as response:
                return await self._read(here, response, known, moved)
        except FeedRefused:
            raise
        except aiohttp.InvalidURL:
            raise BadAddress(reason="host") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if isinstance(error, TimeoutError):
                raise TooSlow(seconds=self._limits.connect) from None
            raise Unreachable(reason=_reason(error)) from None

    async def _read(
        self, here: Address, response: aiohttp.ClientResponse, known: Validators, moved: str
    ) -> "Fetched | Unchanged | _Redirect":
        hints = headers.hints(response.headers)
        if response.status in _REDIRECTS and "Location" in response.headers:
            return _redirect(here, response)
        if response.status == 304 and headers.conditions(known):
            return Unchanged(validators=known, hints=hints, moved=moved)
        if headers.is_challenge(response.status, response.headers):
            raise Challenge(status=response.status, hints=hints)
        if response.status not in (200, 203):
            raise HttpStatus(status=response.status, hints=hints)
        content = await body.read(
            response.content.iter_any(),
            coding=response.headers.get("Content-Encoding", ""),
            announced=response.content_length,
            limit=self._limits.body,
        )
        found = headers.validators(response.headers, body_hash=hashlib.sha256(content).digest())
        if found.body_hash == known.body_hash:
            return Unchanged(validators=found, hints=hints, moved=moved)
        return Fetched(
            body=content,
            content_type=response.headers.get("Content-Type", ""),
            address=here.url,
            validators=found,
            hints=hints,
            moved=moved,
        )

    @asynccontextmanager
    async def _turn(self, host: str) -> AsyncIterator[None]:
        """Wait for this host's turn; locks exist only while somebody holds or awaits them."""
        lock, waiting = self._turns.get(host, (asyncio.Lock(), 0))
        self._turns[host] = (lock, waiting + 1)
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._turns[host]
            if waiting == 1:
                del self._turns[host]
            else:
                self._turns[host] = (lock, waiting - 1)


@dataclass(frozen=True, slots=True)
class _Redirect:
    target: str
    permanent: bool


class _Budget:
    """Seconds that all requests of one fetch share."""

    def __init__(self, seconds: float) -> None:
        self._total = self._left = seconds

    @asynccontextmanager
    async def spend(self) -> AsyncIterator[None]:
        clock = asyncio.get_running_loop().time
        started = clock()
        try:
            async with asyncio.timeout(self._left):
                yield
        except TimeoutError:
            raise TooSlow(seconds=self._total) from None
        finally:
            self._left -= clock() - started


def _redirect(here: Address, response: aiohttp.ClientResponse) -> _Redirect:
    try:
        target = URL(here.url, encoded=True).join(URL(response.headers["Location"]))
    except ValueError:
        raise BadAddress(reason="host") from None
    return _Redirect(target=str(target), permanent=response.status in _PERMANENT)


def _reason(error: Exception) -> str:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "dns"
        case aiohttp.ClientSSLError():
            return "tls"
        case aiohttp.ClientPayloadError() | aiohttp.ServerDisconnectedError():
            return "cut"
        case _:
            return "connection"
