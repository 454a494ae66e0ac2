"""How far the taking back of a revoked source's items is: resumed after a crash."""

from datetime import datetime, timedelta

from sqlalchemy import Column, ForeignKey, Integer, Table, func, select, update

from bot.domain.cascades import Cascade
from bot.domain.items import PUBLISHED, ItemId
from bot.domain.sources import SourceId
from storage import items
from storage.db import AnyRow, Tx, insert_once, metadata
from storage.types import Retention, utc

KEEP = timedelta(days=30)

table = Table(
    "cascades",
    metadata,
    Column("source", Integer, ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True),
    utc("cut", nullable=False),
    Column("total", Integer, nullable=False),
    Column("last", Integer, nullable=False, default=0),
    Column("recalled", Integer, nullable=False, default=0),
    Column("corrected", Integer, nullable=False, default=0),
    utc("finished_at", nullable=True, index=True),
    info=Retention.for_(KEEP, since="finished_at"),
)


async def begin(tx: Tx, source: SourceId, cut: datetime) -> None:
    """Everything the source has public is to be dealt with."""
    await insert_once(tx, table, source=source, cut=cut, total=await _count(tx, source))


async def get(tx: Tx, source: SourceId) -> Cascade | None:
    """How far one is."""
    row = (await tx.execute(select(table).where(table.c.source == source))).one_or_none()
    return _read(row) if row else None


async def unfinished(tx: Tx) -> bool:
    """Whether anything is left to do."""
    query = select(table.c.source).where(table.c.finished_at.is_(None))
    return (await tx.execute(query.limit(1))).first() is not None


async def claim(tx: Tx) -> Cascade | None:
    """One that is not finished, locked until the transaction ends."""
    query = select(table).where(table.c.finished_at.is_(None)).order_by(table.c.source).limit(1)
    row = (await tx.execute(query.with_for_update(skip_locked=True))).one_or_none()
    return _read(row) if row else None


async def next_item(tx: Tx, one: Cascade) -> ItemId | None:
    """The next item to deal with."""
    public = (items.table.c.source == one.source) & items.table.c.state.in_(PUBLISHED)
    query = select(func.min(items.table.c.id)).where(public, items.table.c.id > one.last)
    found = (await tx.execute(query)).scalar_one()
    return None if found is None else ItemId(found)


async def save(tx: Tx, one: Cascade) -> None:
    """Write how far it is."""
    values = {
        "last": one.last,
        "recalled": one.recalled,
        "corrected": one.corrected,
        "finished_at": one.finished_at,
    }
    await tx.execute(update(table).where(table.c.source == one.source).values(**values))


async def _count(tx: Tx, source: SourceId) -> int:
    public = (items.table.c.source == source) & items.table.c.state.in_(PUBLISHED)
    query = select(func.count()).select_from(items.table).where(public)
    return int((await tx.execute(query)).scalar_one())


def _read(row: AnyRow) -> Cascade:
    return Cascade(
        source=SourceId(row.source),
        cut=row.cut,
        total=row.total,
        last=ItemId(row.last),
        recalled=row.recalled,
        corrected=row.corrected,
        finished_at=row.finished_at,
    )
