"""What a feed says, once read: plain text, aware dates, no markup. Shared by feeds and services."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a feed as its publisher wrote it, cleaned.

    ``guid`` and ``link`` may be empty; ``link`` is canonical, http or https. ``title`` has at most
    300 and ``summary`` at most 600 UTF-16 units. Dates are aware UTC and only as true as the feed.
    ``picture`` is the https address of one picture, never fetched. ``mark`` is a digest of the
    bytes it was read from, empty where a document could only be read whole.
    """

    guid: str = ""
    link: str = ""
    title: str = ""
    summary: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    language: str | None = None
    picture: str = ""
    mark: bytes = b""


@dataclass(frozen=True, slots=True)
class Glimpse:
    """An entry that was not read: its ``mark`` was among those met before.

    It stands in the document after the first ``after`` of those that were read.
    """

    after: int
    mark: bytes


@dataclass(frozen=True, slots=True)
class DocumentHints:
    """How often the publisher asks to be polled, as written in the document (UTC hours)."""

    ttl: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[str] = frozenset()
    hub: str = ""


@dataclass(frozen=True, slots=True)
class FeedDocument:
    """A whole feed. ``items_in_document`` counts what it held, also where ``entries`` was cut.

    ``flaws`` names what had to be mended (``Flaw`` values), for a moderator to see. ``seen`` are
    the entries that the caller knew already, in order; they are not among ``entries``.
    """

    title: str = ""
    language: str | None = None
    home: str = ""
    entries: tuple[Entry, ...] = ()
    hints: DocumentHints = DocumentHints()
    format: str = ""
    encoding: str = ""
    items_in_document: int = 0
    flaws: tuple[str, ...] = ()
    seen: tuple[Glimpse, ...] = ()
