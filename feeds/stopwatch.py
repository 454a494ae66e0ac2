"""Where the time of one fetch goes: name, connection, encryption, answer."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from types import SimpleNamespace
from typing import Any

import aiohttp


@dataclass(frozen=True, slots=True)
class Laps:
    """Seconds; ``None`` where a fetch had no such part. Redirects add up.

    ``answer`` is from the request to the head of its answer: the server's own time and the way.
    """

    name: float | None = None
    connect: float | None = None
    encrypt: float | None = None
    answer: float | None = None


class Stopwatch:
    """Measures the fetches of one ``Fetcher``, which is given ``traces`` and ``context``."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._began: dict[str, float] = {}
        self.context = _context(lambda: self._begin("encrypt"))
        trace = aiohttp.TraceConfig()
        trace.on_dns_resolvehost_start.append(self._starting("name"))
        trace.on_dns_resolvehost_end.append(self._ending("name"))
        trace.on_connection_create_start.append(self._starting("connect"))
        trace.on_connection_create_end.append(self._ending("connect", "encrypt"))
        trace.on_request_headers_sent.append(self._starting("answer"))
        trace.on_request_end.append(self._ending("answer"))
        self.traces = (trace,)

    @property
    def laps(self) -> Laps:
        """What was measured so far."""
        took = self._sums.get
        connect = took("connect")
        if connect is not None:
            connect -= (took("name") or 0) + (took("encrypt") or 0)
        return Laps(took("name"), connect, took("encrypt"), took("answer"))

    def _begin(self, part: str) -> None:
        self._began[part] = perf_counter()

    def _end(self, part: str) -> None:
        began = self._began.pop(part, None)
        if began is not None:
            self._sums[part] = self._sums.get(part, 0.0) + perf_counter() - began

    def _starting(self, part: str) -> Any:
        async def start(_: aiohttp.ClientSession, __: SimpleNamespace, ___: object) -> None:
            self._begin(part)

        return start

    def _ending(self, *parts: str) -> Any:
        async def end(_: aiohttp.ClientSession, __: SimpleNamespace, ___: object) -> None:
            for part in parts:
                self._end(part)

        return end


class _Context(ssl.SSLContext):
    """Says when a handshake is about to begin."""

    begins: Callable[[], None]

    def wrap_bio(self, *args: Any, **options: Any) -> ssl.SSLObject:
        """As asyncio calls it for each connection."""
        self.begins()
        return super().wrap_bio(*args, **options)


def _context(begins: Callable[[], None]) -> ssl.SSLContext:
    """As strict as the usual one."""
    made, usual = _Context(ssl.PROTOCOL_TLS_CLIENT), ssl.create_default_context()
    made.load_default_certs(ssl.Purpose.SERVER_AUTH)
    made.verify_flags, made.minimum_version = usual.verify_flags, usual.minimum_version
    made.begins = begins
    return made
