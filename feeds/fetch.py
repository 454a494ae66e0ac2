"""Fetching a feed: guarded addresses, a deadline for the whole, a cap on the body, no memory.

Redirects are followed by hand, each one vetted afresh; what moved for good is reported and never
stored from here, because a pinned address changes only by a person's decision.
"""

import asyncio
import hashlib
import ssl
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from feeds import body, domains, headers, proxies
from feeds.addresses import PORTS, Address, Guard
from feeds.certificates import Certificate, Witness
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
from feeds.headers import NOTHING_KNOWN, Validators
from feeds.resolver import GuardedResolver
from feeds.turns import Kept, Turns

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_NO_ANSWER: tuple[type[Exception], ...] = (
    aiohttp.ClientError,
    OSError,
    ValueError,
    *proxies.REFUSALS,
)
IN_FLIGHT = 64
KEEP = 75.0
"""Seconds for which an idle connection is kept: longer than a minute, for urgent sources."""
_REMEMBERED = 20_000
"""Addresses whose parts are remembered, which spares taking them apart at every poll."""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Bounds of one fetch: seconds for the whole and for connecting, bytes of the body, hops."""

    deadline: float = 15.0
    connect: float = 5.0
    body: int = 2 * 2**20
    redirects: int = 3


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Nothing new: a 304, or the same body again. The rest is as in ``Fetched``."""

    validators: Validators
    hints: Hints
    address: str
    moved: str = ""
    certificate: Certificate | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A body that differs from the one known.

    ``address`` is where it was found; ``moved`` is the address to which the server says the feed
    went for good, or empty. ``certificate`` is the one last shown there.
    """

    body: bytes
    content_type: str
    address: str
    validators: Validators
    hints: Hints
    moved: str = ""
    certificate: Certificate | None = None


class Fetcher:
    """Fetches feeds, one request at a time per host. Opened at start, closed at stop.

    ``ports`` may be dialled. ``proxy`` is an address that ``feeds.proxies`` knows; names are
    then resolved there, so only literal addresses can be vetted here. ``trust`` stands in for the
    system's certificates in tests. ``traces`` hear of each step, for a dry run.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        allow: Iterable[str] = (),
        limits: FetchLimits | None = None,
        resolver: AbstractResolver | None = None,
        ports: Collection[int] = PORTS,
        proxy: str = "",
        trust: ssl.SSLContext | None = None,
        traces: Iterable[aiohttp.TraceConfig] = (),
    ) -> None:
        self.guard = Guard(allow, ports=ports)
        self._user_agent = user_agent
        self._limits = limits or FetchLimits()
        self._resolver = resolver
        self._proxy = proxy
        self._witness = Witness(trust)
        self._traces = tuple(traces)
        self._session: aiohttp.ClientSession | None = None
        self._turns = Turns()
        self._kept = Kept(seconds=KEEP)
        self._parts: dict[str, _Target] = {}

    async def open(self) -> None:
        """Make the one session; needs a running loop."""
        domains.load()
        settings: dict[str, Any] = {
            "ssl": self._witness.context,
            "limit": IN_FLIGHT,
            "limit_per_host": 1,
            "keepalive_timeout": KEEP,
        }
        through, connector = None, proxies.connector(self._proxy, settings)
        if connector is None and self._proxy:
            through, connector = self._proxy, aiohttp.TCPConnector(**settings)
        self._session = aiohttp.ClientSession(
            connector=connector or self._guarded(settings),
            trace_configs=list(self._traces),
            proxy=through,
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

    def _guarded(self, settings: dict[str, Any]) -> aiohttp.TCPConnector:
        return aiohttp.TCPConnector(
            resolver=GuardedResolver(self.guard, self._resolver or aiohttp.ThreadedResolver()),
            use_dns_cache=False,
            socket_factory=self.guard.open_socket,
            # Racing several addresses at once would hide a refusal behind another's success.
            happy_eyeballs_delay=None,
            **settings,
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
        self, address: str, *, known: Validators = NOTHING_KNOWN
    ) -> Fetched | Unchanged:
        """Get a feed, or learn that it is ``Unchanged``; raise a ``FeedRefused``.

        ``known`` is what the last answer's ``validators`` were. Waiting for another request to the
        same host does not count against the deadline.
        """
        here = self._target(address)
        asked = headers.conditions(known)
        clock = asyncio.get_running_loop().time
        left, hops, moved, still_moving = self._limits.deadline, {here.address.url}, "", True
        while True:
            async with self._turns.at(here.address.host):
                began = clock()
                try:
                    async with asyncio.timeout(left):
                        answer = await self._ask(here, known, asked, moved)
                except TimeoutError:
                    raise TooSlow(seconds=self._limits.deadline) from None
                left -= clock() - began
            if not isinstance(answer, _Redirect):
                return answer
            here = self._target(answer.target)
            still_moving = still_moving and answer.permanent
            moved = here.address.url if still_moving else moved
            if here.address.url in hops or len(hops) > self._limits.redirects:
                raise RedirectLoop(hops=len(hops))
            hops.add(here.address.url)

    def _target(self, address: str) -> "_Target":
        """An address that may be asked, taken apart."""
        if (known := self._parts.get(address)) is not None:
            return known
        parsed = self.guard.parse(address)
        if len(self._parts) >= _REMEMBERED:
            self._parts.clear()
        target = self._parts[address] = _Target(parsed, URL(parsed.url, encoded=True))
        return target

    async def _ask(
        self, here: "_Target", known: Validators, asked: dict[str, str], moved: str
    ) -> "Fetched | Unchanged | _Redirect":
        assert self._session is not None, "open() comes first"
        if not self._kept.keeps(here.address.host):
            asked = {**asked, "Connection": "close"}
        try:
            async with self._session.get(
                here.url, headers=asked, allow_redirects=False
            ) as response:
                return await self._read(here.address, response, known, moved)
        except FeedRefused:
            raise
        except aiohttp.InvalidURL:
            raise BadAddress(reason="host") from None
        except _NO_ANSWER as error:
            if isinstance(error, TimeoutError):
                raise TooSlow(seconds=self._limits.connect) from None
            raise Unreachable(reason=_reason(error)) from None

    async def _read(
        self, here: Address, response: aiohttp.ClientResponse, known: Validators, moved: str
    ) -> "Fetched | Unchanged | _Redirect":
        answered = response.headers
        hints = headers.hints(answered)
        shown = self._witness.of(here.host)
        if response.status == 304 and (known.etag or known.last_modified):
            return Unchanged(known, hints, here.url, moved, shown)
        if response.status in _REDIRECTS and "Location" in answered:
            return _redirect(here, response)
        if headers.is_challenge(response.status, answered):
            raise Challenge(status=response.status, hints=hints)
        if response.status not in (200, 203):
            raise HttpStatus(status=response.status, hints=hints)
        content = await body.read(
            response.content.iter_any(),
            coding=answered.get("Content-Encoding", ""),
            announced=response.content_length,
            limit=self._limits.body,
        )
        found = headers.validators(answered, body_hash=hashlib.sha256(content).digest())
        if found.body_hash == known.body_hash:
            return Unchanged(found, hints, here.url, moved, shown)
        return Fetched(
            body=content,
            content_type=answered.get("Content-Type", ""),
            address=here.url,
            validators=found,
            hints=hints,
            moved=moved,
            certificate=shown,
        )


@dataclass(frozen=True, slots=True)
class _Target:
    address: Address
    url: URL


@dataclass(frozen=True, slots=True)
class _Redirect:
    target: str
    permanent: bool


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
