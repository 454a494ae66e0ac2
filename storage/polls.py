"""How the polling of each source goes: validators, the next time, failures in a row."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    select,
    update,
)

from bot.domain.sources import SourceId
from storage.db import AnyRow, Tx, insert_once, metadata
from storage.sources import LONGEST_ADDRESS
from storage.types import Retention, utc

table = Table(
    "polls",
    metadata,
    Column("source", Integer, ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True),
    Column("address", String(LONGEST_ADDRESS), nullable=False),
    Column("etag", String(512), nullable=False, default=""),
    Column("last_modified", String(64), nullable=False, default=""),
    Column("body_hash", LargeBinary(32), nullable=False, default=b""),
    Column("ttl", Integer, nullable=True),
    Column("max_age", Integer, nullable=True),
    utc("next_poll", nullable=False, index=True),
    utc("polled_at", nullable=True),
    Column("failures", Integer, nullable=False, default=0),
    Column("failing", JSON, nullable=True),
    Column("told", Boolean, nullable=False, default=False),
    Column("items", Integer, nullable=True),
    Column("sighted", Boolean, nullable=False, default=False),
    Column("guid_reused", Boolean, nullable=False, default=False),
    Column("moved", String(LONGEST_ADDRESS), nullable=False, default=""),
    info=Retention.while_needed("as long as the source is polled"),
)


@dataclass(frozen=True, slots=True)
class Poll:
    """The polling of one source.

    ``polled_at`` is the last good answer, ``items`` how many its document held. ``ttl`` and
    ``max_age`` are the publisher's last wishes, since a 304 repeats neither. ``failing`` is the
    catalogue key of the last failure with its arguments; ``told`` says that moderators know of
    it. ``sighted`` says that a first document was taken as already seen. ``moved`` is where the
    server says the feed went for good.
    """

    source: SourceId
    address: str
    next_poll: datetime
    etag: str = ""
    last_modified: str = ""
    body_hash: bytes = b""
    ttl: timedelta | None = None
    max_age: timedelta | None = None
    polled_at: datetime | None = None
    failures: int = 0
    failing: tuple[str, Mapping[str, str | int]] | None = None
    told: bool = False
    items: int | None = None
    sighted: bool = False
    guid_reused: bool = False
    moved: str = ""


async def start(tx: Tx, source: SourceId, *, address: str, now: datetime) -> None:
    """Poll a source from now on."""
    await insert_once(tx, table, source=source, address=address, next_poll=now)


async def stop(tx: Tx, source: SourceId) -> None:
    """Poll a source no longer."""
    await tx.execute(table.delete().where(table.c.source == source))


async def due(tx: Tx, now: datetime, *, limit: int) -> list[Poll]:
    """The polls whose time has come, the longest overdue first."""
    query = select(table).where(table.c.next_poll <= now).order_by(table.c.next_poll)
    return [_read(row) for row in await tx.execute(query.limit(limit))]


async def get(tx: Tx, source: SourceId, *, lock: bool = False) -> Poll | None:
    """One source's polling; ``lock`` makes another writer of it wait until this one is done."""
    query = select(table).where(table.c.source == source)
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    return _read(row) if row else None


async def named(tx: Tx, sources: set[SourceId]) -> dict[SourceId, Poll]:
    """The polling of several sources."""
    rows = await tx.execute(select(table).where(table.c.source.in_(sources)))
    return {SourceId(row.source): _read(row) for row in rows}


async def save(tx: Tx, poll: Poll) -> None:
    """Write how it went."""
    values = {
        "etag": poll.etag,
        "last_modified": poll.last_modified,
        "body_hash": poll.body_hash,
        "ttl": _seconds(poll.ttl),
        "max_age": _seconds(poll.max_age),
        "next_poll": poll.next_poll,
        "polled_at": poll.polled_at,
        "failures": poll.failures,
        "failing": [poll.failing[0], dict(poll.failing[1])] if poll.failing else None,
        "told": poll.told,
        "items": poll.items,
        "sighted": poll.sighted,
        "guid_reused": poll.guid_reused,
        "moved": poll.moved if len(poll.moved) <= LONGEST_ADDRESS else "",
    }
    await tx.execute(update(table).where(table.c.source == poll.source).values(**values))


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds())


def _span(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _read(row: AnyRow) -> Poll:
    return Poll(
        source=SourceId(row.source),
        address=row.address,
        next_poll=row.next_poll,
        etag=row.etag,
        last_modified=row.last_modified,
        body_hash=row.body_hash,
        ttl=_span(row.ttl),
        max_age=_span(row.max_age),
        polled_at=row.polled_at,
        failures=row.failures,
        failing=(row.failing[0], row.failing[1]) if row.failing else None,
        told=row.told,
        items=row.items,
        sighted=row.sighted,
        guid_reused=row.guid_reused,
        moved=row.moved,
    )
