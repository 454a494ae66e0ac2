"""How the polling of each source goes: validators, the next time, failures in a row."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    bindparam,
    select,
    update,
)

from bot.domain.sources import SourceId, SourceState
from storage import sources
from storage.db import AnyRow, Tx, insert_once, metadata
from storage.sources import LONGEST_ADDRESS
from storage.types import Blob, Retention, utc

table = Table(
    "polls",
    metadata,
    Column("source", Integer, ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True),
    Column("address", String(LONGEST_ADDRESS), nullable=False),
    Column("etag", String(512), nullable=False, default=""),
    Column("last_modified", String(64), nullable=False, default=""),
    Column("body_hash", Blob(32), nullable=False, default=b""),
    Column("ttl", Integer, nullable=True),
    Column("max_age", Integer, nullable=True),
    Column("skips", Integer, nullable=False, default=0),
    Column("gap", Integer, nullable=True),
    Column("beats", Blob(64), nullable=False, default=b""),
    utc("next_poll", nullable=False, index=True),
    utc("polled_at", nullable=True),
    Column("failures", Integer, nullable=False, default=0),
    Column("failing", JSON, nullable=True),
    Column("told", Boolean, nullable=False, default=False),
    Column("items", Integer, nullable=True),
    Column("sighted", Boolean, nullable=False, default=False),
    Column("guid_reused", Boolean, nullable=False, default=False),
    Column("moved", String(LONGEST_ADDRESS), nullable=False, default=""),
    Column("moved_told", String(LONGEST_ADDRESS), nullable=False, default=""),
    Column("issuer", String(120), nullable=False, default=""),
    Column("leaf", Blob(32), nullable=False, default=b""),
    info=Retention.while_needed("as long as the source is polled"),
)


@dataclass(frozen=True, slots=True)
class Poll:
    """The polling of one source.

    ``polled_at`` is the last good answer, ``items`` how many its document held. ``ttl``,
    ``max_age`` and ``skips`` are the publisher's last wishes, since a 304 repeats none of them;
    ``gap`` and ``beats`` its own rhythm (``feeds.rhythm``). ``failing`` is the catalogue key of
    the last failure with its arguments; ``told`` says that moderators know of it. ``sighted`` says
    that a first document was taken as already seen. ``moved`` is where the server says the feed
    went for good, ``moved_told`` of which such address moderators know. ``issuer`` and ``leaf``
    are of the last certificate. ``urgent`` and ``dormant`` are the
    source's, only read here.
    """

    source: SourceId
    address: str
    next_poll: datetime
    etag: str = ""
    last_modified: str = ""
    body_hash: bytes = b""
    ttl: timedelta | None = None
    max_age: timedelta | None = None
    skips: int = 0
    gap: timedelta | None = None
    beats: bytes = b""
    polled_at: datetime | None = None
    failures: int = 0
    failing: tuple[str, Mapping[str, str | int]] | None = None
    told: bool = False
    items: int | None = None
    sighted: bool = False
    guid_reused: bool = False
    moved: str = ""
    moved_told: str = ""
    issuer: str = ""
    leaf: bytes = b""
    urgent: bool = False
    dormant: bool = False


@dataclass(frozen=True, slots=True)
class Quiet:
    """A poll that brought nothing: all that changes in its row.

    It is written only where the poll is still due as it ``was``, so that it undoes nothing that
    was written meanwhile.
    """

    source: SourceId
    was: datetime
    next_poll: datetime
    polled_at: datetime
    etag: str
    last_modified: str
    max_age: timedelta | None


_THEIRS = ("urgent", "dormant")
_SHOWN = select(
    *(table.c[field.name] for field in fields(Poll) if field.name not in _THEIRS),
    sources.table.c.urgent,
    (sources.table.c.state == SourceState.DORMANT).label("dormant"),
).join_from(table, sources.table)
_DUE = (
    _SHOWN.where(table.c.next_poll <= bindparam("now"))
    .order_by(table.c.next_poll, table.c.source)
    .limit(bindparam("most", type_=Integer))
)
_ONE = _SHOWN.where(table.c.source == bindparam("of", type_=Integer))
_NAMED = _SHOWN.where(table.c.source.in_(bindparam("of", expanding=True, type_=Integer)))
_NAMED_LOCKED = _NAMED.order_by(table.c.source).with_for_update(of=table)
_SAVED = tuple(
    field.name for field in fields(Poll) if field.name not in ("source", "address", *_THEIRS)
)
_SAVE = (
    update(table)
    .where(table.c.source == bindparam("b_source"))
    .values({name: bindparam(f"b_{name}") for name in _SAVED})
)
_QUIET = (
    update(table)
    .where(table.c.source == bindparam("b_source"), table.c.next_poll == bindparam("b_was"))
    .values(
        next_poll=bindparam("b_next_poll"),
        polled_at=bindparam("b_polled_at"),
        etag=bindparam("b_etag"),
        last_modified=bindparam("b_last_modified"),
        max_age=bindparam("b_max_age"),
    )
)


async def start(tx: Tx, source: SourceId, *, address: str, now: datetime) -> None:
    """Poll a source from now on."""
    await insert_once(tx, table, source=source, address=address, next_poll=now)


async def stop(tx: Tx, source: SourceId) -> None:
    """Poll a source no longer."""
    await tx.execute(table.delete().where(table.c.source == source))


async def adopt(tx: Tx, source: SourceId, *, address: str, now: datetime) -> None:
    """Poll a source at another address from now on; what it showed before stays known.

    Only people decide this; whoever calls it pins the address at the source as well.
    """
    forgotten = {"etag": "", "last_modified": "", "issuer": "", "leaf": b"", "moved": ""}
    await tx.execute(
        update(table)
        .where(table.c.source == source)
        .values(address=address, next_poll=now, failures=0, **forgotten)
    )


async def hurry(tx: Tx, source: SourceId, now: datetime) -> None:
    """Poll a source at once instead of when it would be due."""
    later = table.c.next_poll > now
    await tx.execute(update(table).where(table.c.source == source, later).values(next_poll=now))


async def due(tx: Tx, now: datetime, *, limit: int) -> list[Poll]:
    """The polls whose time has come, the longest overdue first."""
    return [_read(row) for row in await tx.execute(_DUE, {"now": now, "most": limit})]


async def get(tx: Tx, source: SourceId) -> Poll | None:
    """One source's polling."""
    row = (await tx.execute(_ONE, {"of": source})).one_or_none()
    return _read(row) if row else None


async def named(
    tx: Tx, sources: Collection[SourceId], *, lock: bool = False
) -> dict[SourceId, Poll]:
    """The polling of several sources; ``lock`` makes another writer of them wait until this one

    is done, and takes them in the order of their ids.
    """
    rows = await tx.execute(_NAMED_LOCKED if lock else _NAMED, {"of": list(sources)})
    polls = map(_read, rows)
    return {poll.source: poll for poll in polls}


async def save(tx: Tx, *polls: Poll) -> None:
    """Write how they went."""
    if polls:
        await tx.connection.execute(_SAVE, [_row(poll) for poll in polls])


def _row(poll: Poll) -> dict[str, object]:
    return {f"b_{name}": getattr(poll, name) for name in ("source", *_SAVED)} | {
        "b_ttl": _seconds(poll.ttl),
        "b_max_age": _seconds(poll.max_age),
        "b_gap": _seconds(poll.gap),
        "b_failing": [poll.failing[0], dict(poll.failing[1])] if poll.failing else None,
        "b_moved": poll.moved if len(poll.moved) <= LONGEST_ADDRESS else "",
    }


async def save_quiet(tx: Tx, quiet: Iterable[Quiet]) -> None:
    """Write many polls that brought nothing."""
    rows = [
        {
            "b_source": one.source,
            "b_was": one.was,
            "b_next_poll": one.next_poll,
            "b_polled_at": one.polled_at,
            "b_etag": one.etag,
            "b_last_modified": one.last_modified,
            "b_max_age": _seconds(one.max_age),
        }
        for one in quiet
    ]
    if rows:
        await tx.connection.execute(_QUIET, rows)


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds())


def _span(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _read(row: AnyRow) -> Poll:
    """By position: names cost more than the rest where thousands are read."""
    source, address, next_poll, etag, last_modified, body_hash, ttl, max_age, skips, gap, *rest = (
        row
    )
    beats, polled_at, failures, failing, *facts = rest
    return Poll(
        SourceId(source),
        address,
        next_poll,
        etag,
        last_modified,
        body_hash,
        _span(ttl),
        _span(max_age),
        skips,
        _span(gap),
        beats,
        polled_at,
        failures,
        (failing[0], failing[1]) if failing else None,
        *facts,
    )
