"""Why an address or a document was not read: one exception per reason, each with its text key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from bot.domain.errors import Refused


@dataclass(frozen=True, slots=True)
class Hints:
    """When the server asks to be called again. ``max_age`` covers Cache-Control and Expires."""

    max_age: timedelta | None = None
    retry_after: timedelta | None = None


NO_HINTS = Hints()


class FeedRefused(Refused):
    """Any reason why a feed could not be read; ``hints`` hold for failures too.

    ``gone``: its server says that it ended for good.
    """

    key = "feed-refused"
    hints: Hints = NO_HINTS
    gone: bool = False


class BadAddress(FeedRefused):
    """Not an address that a feed can live at; ``reason`` is one of ``addresses.Wrong``."""

    key = "feed-bad-address"

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason=reason)


class PrivateAddress(FeedRefused):
    """The address leads, or its name resolves, to a network that is not the public internet."""

    key = "feed-private-address"

    def __init__(self) -> None:
        super().__init__()


class TooLarge(FeedRefused):
    """The body is larger than ``limit`` bytes, before or after inflation."""

    key = "feed-too-large"

    def __init__(self, *, limit: int) -> None:
        super().__init__(limit=limit, megabytes=round(limit / 2**20))


class TooSlow(FeedRefused):
    """The whole answer, or the reading of it, took longer than ``seconds``."""

    key = "feed-timeout"

    def __init__(self, *, seconds: float) -> None:
        super().__init__(seconds=round(seconds))


class RedirectLoop(FeedRefused):
    """The server sends us round in a circle, or through more than ``hops`` addresses."""

    key = "feed-redirect-loop"

    def __init__(self, *, hops: int) -> None:
        super().__init__(hops=hops)


class HttpStatus(FeedRefused):
    """The server answered with an error ``status``; 410 (RFC 9110 §15.5.11) means gone for good."""

    key = "feed-http-status"

    def __init__(self, *, status: int, hints: Hints = NO_HINTS) -> None:
        super().__init__(status=status)
        self.status = status
        self.gone = status == HTTPStatus.GONE
        self.hints = hints


class Challenge(FeedRefused):
    """The host wants a browser to prove itself (Cloudflare, DDoS-Guard and their like)."""

    key = "feed-challenge"

    def __init__(self, *, status: int, hints: Hints = NO_HINTS) -> None:
        super().__init__(status=status)
        self.hints = hints


class Unreachable(FeedRefused):
    """No answer: ``reason`` is dns, tls, connection, cut (broken off) or encoding."""

    key = "feed-unreachable"

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason=reason)
        self.reason = reason


class NotAFeed(FeedRefused):
    """The document is something else; ``feeds`` are addresses that an HTML page offers instead."""

    key = "feed-not-a-feed"

    def __init__(self, *, feeds: Sequence[str] = ()) -> None:
        super().__init__(feeds=tuple(feeds))
        self.feeds = tuple(feeds)


class Malformed(FeedRefused):
    """The document cannot be read, or is built to harm its reader."""

    key = "feed-malformed"

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason=reason)
        self.reason = reason


class ParserDown(FeedRefused):
    """Our own machine cannot start a reader now: never to be counted against the source."""

    key = "feed-parser-down"

    def __init__(self) -> None:
        super().__init__()
