"""News items, and the keys by which everything a source ever showed is recognised."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    func,
    or_,
    select,
    update,
)

from bot.domain.districts import DistrictId
from bot.domain.errors import Stale
from bot.domain.items import LIFETIME, OPEN, PUBLISHED, Flag, Item, ItemId, ItemState
from bot.domain.sources import SourceId
from bot.domain.staff import StaffId
from storage.db import AnyRow, Tx, metadata
from storage.types import Retention, utc

KEEP = timedelta(days=30)

table = Table(
    "items",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column(
        "source",
        Integer,
        ForeignKey("sources.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("identity", Integer, nullable=False, unique=True),
    Column("title", String(300), nullable=False),
    Column("summary", Text, nullable=False),
    Column("link", String(2000), nullable=False),
    Column("language", String(40), nullable=False),
    utc("published", nullable=True),
    utc("fetched_at", nullable=False),
    utc("expires_at", nullable=False),
    Column("state", String(10), nullable=False, index=True),
    Column("held", String(12), nullable=False, default=""),
    Column("edition", Integer, nullable=False, default=1),
    Column("approved", JSON, nullable=False),
    Column("approvals", SmallInteger, nullable=False, default=0),
    Column("needed", SmallInteger, nullable=False, default=2),
    Column("one_branch", Boolean, nullable=False, default=False),
    Column("claimed_by", Integer, ForeignKey("staff.id"), nullable=True),
    utc("claimed_until", nullable=True),
    Column("code", String(9), nullable=False, default=""),
    utc("sent_at", nullable=True),
    Column("latest_title", String(300), nullable=False, default=""),
    Column("latest_summary", Text, nullable=False, default=""),
    Column("flags", JSON, nullable=False),
    Column("impact", Boolean, nullable=False, default=False),
    Column("story", Integer, nullable=True, index=True),
    Column("districts", JSON, nullable=False),
    Column("topics", JSON, nullable=False),
    Column("picture", String(2000), nullable=False, default=""),
    Column("amending", JSON, nullable=False),
    Column("corrections", SmallInteger, nullable=False, default=0),
    utc("corrected_at", nullable=True),
    utc("parked_at", nullable=True),
    Column("others", SmallInteger, nullable=False, default=0),
    Column("version", Integer, nullable=False, default=0),
    CheckConstraint(f"state in {tuple(s.value for s in ItemState)}", name="state"),
    CheckConstraint(
        "state not in ('approved', 'sent', 'changed', 'joined') or approvals >= needed",
        name="enough_people",
    ),
    CheckConstraint(
        "(state in ('sent', 'changed', 'joined')) = (code <> '')", name="sent_has_code"
    ),
    info=Retention.for_(KEEP, since="expires_at"),
    sqlite_autoincrement=True,
)


async def get(tx: Tx, id: ItemId) -> Item | None:
    """One item."""
    row = (await tx.execute(select(table).where(table.c.id == id))).one_or_none()
    return read(row) if row else None


async def named(tx: Tx, ids: Collection[ItemId]) -> dict[ItemId, Item]:
    """Several items by id."""
    rows = await tx.execute(select(table).where(table.c.id.in_(list(ids))))
    return {ItemId(row.id): read(row) for row in rows}


async def by_identity(tx: Tx, identity: int) -> Item | None:
    """The item behind an identity; what was there at first sight has none."""
    query = select(table).where(table.c.identity == identity)
    row = (await tx.execute(query)).one_or_none()
    return read(row) if row else None


async def queued(tx: Tx, now: datetime, *, limit: int) -> list[Item]:
    """Items that wait for moderators, oldest first; after an edit as long as they are news."""
    new = (table.c.state == ItemState.QUEUED) & (table.c.expires_at > now)
    edited = (table.c.state == ItemState.CHANGED) & (table.c.sent_at > now - LIFETIME)
    waiting = or_(new, edited)
    return [
        read(r)
        for r in await tx.execute(select(table).where(waiting).order_by(table.c.id).limit(limit))
    ]


async def agreed(tx: Tx) -> list[Item]:
    """Items that wait and that somebody may have agreed to; nobody else changes them meanwhile."""
    waiting = table.c.state.in_((*OPEN, ItemState.PARKED))
    query = select(table).where(waiting).order_by(table.c.id)
    return [read(row) for row in await tx.execute(query.with_for_update())]


async def published(
    tx: Tx, *, limit: int, source: SourceId | None = None, since: datetime | None = None
) -> list[Item]:
    """Items that are public, newest first; of one source, or sent after ``since``."""
    query = select(table).where(table.c.state.in_(PUBLISHED))
    if source is not None:
        query = query.where(table.c.source == source)
    if since is not None:
        query = query.where(table.c.sent_at > since)
    newest = query.order_by(table.c.sent_at.desc(), table.c.id.desc()).limit(limit)
    return [read(row) for row in await tx.execute(newest)]


async def newest(tx: Tx, source: SourceId) -> datetime | None:
    """When the newest item of a source came."""
    query = select(func.max(table.c.fetched_at)).where(table.c.source == source)
    found: datetime | None = (await tx.execute(query)).scalar_one()
    return found


async def sent(tx: Tx, source: SourceId) -> int:
    """How many items of a source became public."""
    query = select(func.count()).where(table.c.source == source, table.c.state.in_(PUBLISHED))
    return int((await tx.execute(query)).scalar_one())


async def claim(tx: Tx, id: ItemId, *, by: StaffId, until: datetime, now: datetime) -> bool:
    """Open an item for one editor; false when another has it open or it was decided."""
    free = or_(
        table.c.claimed_until.is_(None), table.c.claimed_until <= now, table.c.claimed_by == by
    )
    mine = (table.c.id == id) & table.c.state.in_(OPEN)
    done = await tx.execute(
        update(table).where(mine, free).values(claimed_by=by, claimed_until=until)
    )
    return done.rowcount == 1


async def release(tx: Tx, by: StaffId) -> None:
    """Close whatever an editor had open."""
    mine = table.c.claimed_by == by
    await tx.execute(update(table).where(mine).values(claimed_by=None, claimed_until=None))


async def expire(tx: Tx, now: datetime) -> int:
    """Let go what waited longer than its lifetime; returns how many."""
    waiting = table.c.state.in_((ItemState.QUEUED, ItemState.PARKED))
    late = waiting & (table.c.expires_at <= now)
    values = {"state": ItemState.EXPIRED, "version": table.c.version + 1}
    return (await tx.execute(update(table).where(late).values(**values))).rowcount


async def save(tx: Tx, item: Item) -> None:
    """Write what was decided, unless somebody wrote first."""
    values = {
        "title": item.title,
        "summary": item.summary,
        "state": item.state,
        "edition": item.edition,
        "approved": list(item.approved),
        "approvals": len(item.approved),
        "needed": item.needed,
        "one_branch": item.one_branch,
        "claimed_by": item.claimed_by,
        "claimed_until": item.claimed_until,
        "code": item.code,
        "sent_at": item.sent_at,
        "latest_title": item.latest_title,
        "latest_summary": item.latest_summary,
        "flags": sorted(item.flags),
        "impact": item.impact,
        "story": item.story,
        "amending": list(item.amending),
        "corrections": item.corrections,
        "corrected_at": item.corrected_at,
        "parked_at": item.parked_at,
        "others": item.others,
        "version": item.version + 1,
    }
    mine = (table.c.id == item.id) & (table.c.version == item.version)
    done = await tx.execute(update(table).where(mine).values(**values))
    if done.rowcount != 1:
        raise Stale


def read(row: AnyRow) -> Item:
    """A row of the table."""
    return Item(
        id=ItemId(row.id),
        source=SourceId(row.source),
        title=row.title,
        summary=row.summary,
        link=row.link,
        language=row.language,
        published=row.published,
        fetched_at=row.fetched_at,
        expires_at=row.expires_at,
        state=ItemState(row.state),
        held=row.held,
        edition=row.edition,
        approved=tuple(StaffId(one) for one in row.approved),
        needed=row.needed,
        one_branch=row.one_branch,
        claimed_by=None if row.claimed_by is None else StaffId(row.claimed_by),
        claimed_until=row.claimed_until,
        code=row.code,
        sent_at=row.sent_at,
        latest_title=row.latest_title,
        latest_summary=row.latest_summary,
        flags=frozenset(Flag(one) for one in row.flags),
        impact=row.impact,
        story=None if row.story is None else ItemId(row.story),
        districts=frozenset(DistrictId(one) for one in row.districts),
        topics=frozenset(row.topics),
        picture=row.picture,
        amending=tuple(StaffId(one) for one in row.amending),
        corrections=row.corrections,
        corrected_at=row.corrected_at,
        parked_at=row.parked_at,
        others=row.others,
        version=row.version,
    )
