"""Digests as accepted: of which zone, day and hour, and which items each chooses from."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Integer,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    select,
)

from bot.domain.digests import Slot
from bot.domain.districts import DistrictId
from bot.domain.items import ItemId
from bot.domain.publications import Kind, PublicationId, State
from storage import publications
from storage.db import AnyRow, Tx, metadata
from storage.types import Retention, utc

table = Table(
    "digests",
    metadata,
    Column(
        "publication", Integer, ForeignKey("publications.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("zone", String(40), nullable=False),
    Column("day", String(10), nullable=False),
    Column("hour", SmallInteger, nullable=False),
    utc("due_at", nullable=False, index=True),
    Column("items", JSON, nullable=False),
    UniqueConstraint("zone", "day", "hour"),
    info=Retention.while_needed("as long as the publication's row; public items only"),
)


@dataclass(frozen=True, slots=True)
class Listed:
    """One item of a digest and the districts that its source is about."""

    item: ItemId
    districts: frozenset[DistrictId]


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest as accepted. Places of ``items`` stand in the names of its editions."""

    publication: PublicationId
    slot: Slot
    items: Sequence[Listed]


async def add(tx: Tx, id: PublicationId, slot: Slot, items: Sequence[Listed]) -> None:
    """Note which digest a publication is; a second one of a slot violates a unique key."""
    values = {
        "publication": id,
        "zone": slot.zone,
        "day": slot.day.isoformat(),
        "hour": slot.hour,
        "due_at": slot.at,
        "items": [[one.item, sorted(one.districts)] for one in items],
    }
    await tx.execute(table.insert().values(**values))


async def get(tx: Tx, id: PublicationId) -> Digest | None:
    """The digest that a publication is."""
    row = (await tx.execute(select(table).where(table.c.publication == id))).one_or_none()
    return _read(row) if row else None


async def since(tx: Tx, at: datetime) -> list[Digest]:
    """The digests that were due at ``at`` (aware) or later, oldest first."""
    query = select(table).where(table.c.due_at >= at).order_by(table.c.due_at, table.c.publication)
    return [_read(row) for row in await tx.execute(query)]


async def last(tx: Tx, slot: Slot) -> datetime | None:
    """When the last digest of this zone and hour before it was due, aware UTC."""
    same = (table.c.zone == slot.zone) & (table.c.hour == slot.hour)
    query = select(table.c.due_at).where(same, table.c.due_at < slot.at)
    found = await tx.execute(query.order_by(table.c.due_at.desc()).limit(1))
    at: datetime | None = found.scalar_one_or_none()
    return at


async def standing(tx: Tx, subjects: Collection[str]) -> set[str]:
    """Which items' latest publications stand: not suspended with their source, not taken back."""
    posts = publications.table.c
    query = select(posts.subject, posts.state)
    query = query.where(posts.subject.in_(list(subjects)), posts.kind == Kind.ITEM)
    states = {row.subject: row.state for row in await tx.execute(query.order_by(posts.id))}
    return {subject for subject, state in states.items() if state == State.CURRENT}


async def editions(tx: Tx, id: PublicationId, version: int) -> set[str]:
    """The texts that are stored of one version of a publication."""
    mine = publications.texts.c
    query = select(mine.edition).where(mine.publication == id, mine.version == version)
    return {edition for (edition,) in await tx.execute(query)}


def _read(row: AnyRow) -> Digest:
    return Digest(
        publication=PublicationId(row.publication),
        slot=Slot(row.zone, date.fromisoformat(row.day), row.hour, row.due_at),
        items=[
            Listed(ItemId(item), frozenset(map(DistrictId, districts)))
            for item, districts in row.items
        ],
    )
