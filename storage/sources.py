"""Sources: what was proposed, who agreed, and the address that is pinned."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    bindparam,
    func,
    select,
    update,
)

from bot.domain.districts import DistrictId
from bot.domain.errors import Stale
from bot.domain.sources import (
    Found,
    Hold,
    Motion,
    Reason,
    Route,
    Source,
    SourceId,
    SourceKnown,
    SourceState,
)
from bot.domain.staff import StaffId
from bot.domain.upkeep import due_at
from storage.db import AnyRow, Tx, insert, insert_once, metadata
from storage.types import Retention, utc

LONGEST_ADDRESS = 2000

table = Table(
    "sources",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("address", String(LONGEST_ADDRESS), nullable=True, unique=True),
    Column("digest", LargeBinary(32), nullable=False, index=True),
    Column("domain", String(253), nullable=False),
    Column("title", String(300), nullable=False),
    Column("language", String(40), nullable=False),
    Column("districts", JSON, nullable=False),
    Column("state", String(12), nullable=False, index=True),
    Column("before", String(12), nullable=True),
    Column("hold", String(12), nullable=True),
    Column("motion", String(8), nullable=True),
    Column("agreed", JSON, nullable=False),
    Column("proposed_by", Integer, ForeignKey("staff.id"), nullable=True),
    Column("reason", String(16), nullable=True),
    utc("since", nullable=False),
    utc("vetted_at", nullable=True),
    Column("urgent", Boolean, nullable=False, default=False),
    Column("pictures", Boolean, nullable=False, default=False),
    Column("topics", JSON, nullable=False),
    Column("routes", JSON, nullable=False),
    Column("target", String(LONGEST_ADDRESS), nullable=False, default=""),
    utc("cut", nullable=True),
    utc("reviewed_at", nullable=True),
    utc("clean_since", nullable=True),
    Column("clean_items", Integer, nullable=False, default=0),
    Column("retracted", Integer, nullable=False, default=0),
    utc("spoke_at", nullable=True),
    utc("checked_at", nullable=True),
    Column("ripe", Boolean, nullable=False, default=False),
    utc("due_at", nullable=True, index=True),
    Column("version", Integer, nullable=False, default=0),
    CheckConstraint(f"state in {tuple(s.value for s in SourceState)}", name="state"),
    CheckConstraint("(state = 'held') = (before is not null)", name="held_knows_before"),
    CheckConstraint("(state = 'rejected') = (address is null)", name="rejected_forgets"),
    CheckConstraint(
        "state in ('nominated', 'rejected') or vetted_at is not null", name="active_is_vetted"
    ),
    info=Retention.while_needed("public decisions about media; a rejected one keeps no address"),
    sqlite_autoincrement=True,
)
_ONE = select(table).where(table.c.id == bindparam("of", type_=Integer))
_LOCKED = _ONE.with_for_update()
_NAMED = select(table).where(table.c.id.in_(bindparam("of", expanding=True, type_=Integer)))
_NAMED_LOCKED = _NAMED.order_by(table.c.id).with_for_update()

aliases = Table(
    "source_aliases",
    metadata,
    Column("url", String(LONGEST_ADDRESS), primary_key=True),
    Column("source", Integer, ForeignKey("sources.id", ondelete="CASCADE"), nullable=False),
    info=Retention.while_needed("as long as its source: where a medium published before it moved"),
)


def digest(address: str) -> bytes:
    """What remains of an address after a rejection."""
    return sha256(address.encode()).digest()


async def add(
    tx: Tx,
    found: Found,
    *,
    districts: frozenset[DistrictId],
    by: StaffId | None,
    agreed: tuple[StaffId, ...],
    now: datetime,
    topics: frozenset[str] = frozenset(),
) -> Source:
    """Remember a nomination, or raise ``SourceKnown``."""
    values = {
        "address": found.address,
        "digest": digest(found.address),
        "domain": found.domain,
        "title": found.title,
        "language": found.language,
        "districts": sorted(districts),
        "state": SourceState.NOMINATED,
        "motion": Motion.VET,
        "agreed": list(agreed),
        "proposed_by": by,
        "since": now,
        "topics": sorted(topics),
        "routes": [],
        "version": 0,
    }
    statement = insert(tx, table).values(**values).on_conflict_do_nothing()
    row = (await tx.execute(statement.returning(*table.c))).one_or_none()
    if row is None:
        raise SourceKnown
    return _read(row)


async def adopt(tx: Tx, id: SourceId, before: str) -> None:
    """The address it had before it moved stays known as its own."""
    await insert_once(tx, aliases, url=before, source=id)


async def forget_addresses(tx: Tx, id: SourceId) -> None:
    """A nomination was rejected: no address of it remains, earlier ones neither."""
    await tx.execute(aliases.delete().where(aliases.c.source == id))


async def known(tx: Tx, address: str) -> Source | None:
    """The source that has, or had before it moved, this address, and was not rejected."""
    alias = select(aliases.c.source).where(aliases.c.url == address).scalar_subquery()
    here = (table.c.address == address) | (table.c.id == alias)
    query = select(table).where(here).order_by(table.c.address != address).limit(1)
    row = (await tx.execute(query)).one_or_none()
    return _read(row) if row else None


async def pinned(tx: Tx) -> set[str]:
    """The domains of everything that is or was relayed."""
    query = select(table.c.domain).where(table.c.vetted_at.is_not(None)).distinct()
    return set((await tx.execute(query)).scalars())


async def due(tx: Tx, now: datetime, *, limit: int) -> list[SourceId]:
    """Sources to which the rules of time are to be applied, the longest overdue first."""
    late = select(table.c.id).where(table.c.due_at <= now).order_by(table.c.due_at).limit(limit)
    return [SourceId(id) for id in (await tx.execute(late)).scalars()]


async def count_item(tx: Tx, id: SourceId) -> None:
    """One of its items was published."""
    mine = update(table).where(table.c.id == id)
    await tx.execute(mine.values(clean_items=table.c.clean_items + 1))


async def count_retraction(tx: Tx, id: SourceId, now: datetime) -> None:
    """One of its items was taken back: its probation begins anew."""
    source = await get(tx, id, lock=True)
    if source is None or not source.address:
        return
    anew = {"retracted": source.retracted + 1, "clean_items": 0, "clean_since": now}
    begun = replace(source, clean_since=now, ripe=False)
    values = {**anew, "ripe": False, "due_at": due_at(begun), "version": source.version + 1}
    await tx.execute(update(table).where(table.c.id == id).values(**values))


async def rejection(tx: Tx, address: str) -> Reason | None:
    """Why this address was rejected the last time."""
    query = select(table.c.reason).where(table.c.digest == digest(address))
    rejected = query.where(table.c.state == SourceState.REJECTED).order_by(table.c.id.desc())
    found = (await tx.execute(rejected.limit(1))).scalar_one_or_none()
    return Reason(found) if found else None


async def get(tx: Tx, id: SourceId, *, lock: bool = False) -> Source | None:
    """One source; ``lock`` makes another writer of it wait until this one is done."""
    row = (await tx.execute(_LOCKED if lock else _ONE, {"of": id})).one_or_none()
    return _read(row) if row else None


async def moved(tx: Tx) -> list[Source]:
    """Sources about which a motion waits; nobody else changes them meanwhile."""
    query = select(table).where(table.c.motion.is_not(None)).order_by(table.c.id)
    return [_read(row) for row in await tx.execute(query.with_for_update())]


async def named(tx: Tx, ids: Collection[SourceId], *, lock: bool = False) -> dict[SourceId, Source]:
    """Several sources by id; ``lock`` as in ``get``, always in the order of their ids."""
    rows = await tx.execute(_NAMED_LOCKED if lock else _NAMED, {"of": list(ids)})
    return {SourceId(row.id): _read(row) for row in rows}


async def page(tx: Tx, *, offset: int, limit: int) -> list[Source]:
    """Sources for the list: those that wait for a decision first, rejected ones left out."""
    shown = select(table).where(table.c.state != SourceState.REJECTED)
    waiting = table.c.motion.is_not(None) | (table.c.state == SourceState.HELD)
    ordered = shown.order_by(waiting.desc(), table.c.id).offset(offset).limit(limit)
    return [_read(row) for row in await tx.execute(ordered)]


async def count(tx: Tx) -> int:
    """How many sources the list has."""
    query = select(func.count()).where(table.c.state != SourceState.REJECTED)
    return int((await tx.execute(query)).scalar_one())


async def save(tx: Tx, source: Source) -> Source:
    """Write what was decided, unless somebody wrote first; returns it with its new version.

    When the rules of time are due follows from it. What was counted stays as it is.
    """
    values = {
        "address": source.address or None,
        "domain": source.domain,
        "title": source.title,
        "state": source.state,
        "before": source.before,
        "hold": source.hold,
        "motion": source.motion,
        "agreed": list(source.agreed),
        "reason": source.reason,
        "since": source.since,
        "vetted_at": source.vetted_at,
        "language": source.language,
        "urgent": source.urgent,
        "pictures": source.pictures,
        "topics": sorted(source.topics),
        "routes": [[sorted(r.words), sorted(r.districts)] for r in source.routes],
        "target": source.target,
        "cut": source.cut,
        "reviewed_at": source.reviewed_at,
        "clean_since": source.clean_since,
        "spoke_at": source.spoke_at,
        "checked_at": source.checked_at,
        "ripe": source.ripe,
        "due_at": due_at(source),
        "version": source.version + 1,
    }
    mine = (table.c.id == source.id) & (table.c.version == source.version)
    done = await tx.execute(update(table).where(mine).values(**values).returning(*table.c))
    row = done.one_or_none()
    if row is None:
        raise Stale
    return _read(row)


def _read(row: AnyRow) -> Source:
    return Source(
        id=SourceId(row.id),
        address=row.address or "",
        domain=row.domain,
        title=row.title,
        language=row.language,
        districts=frozenset(DistrictId(d) for d in row.districts),
        proposed_by=None if row.proposed_by is None else StaffId(row.proposed_by),
        since=row.since,
        state=SourceState(row.state),
        motion=Motion(row.motion) if row.motion else None,
        agreed=tuple(StaffId(one) for one in row.agreed),
        before=SourceState(row.before) if row.before else None,
        hold=Hold(row.hold) if row.hold else None,
        reason=Reason(row.reason) if row.reason else None,
        vetted_at=row.vetted_at,
        urgent=row.urgent,
        pictures=row.pictures,
        topics=frozenset(row.topics),
        routes=tuple(_route(*one) for one in row.routes),
        target=row.target,
        cut=row.cut,
        reviewed_at=row.reviewed_at,
        clean_since=row.clean_since,
        clean_items=row.clean_items,
        retracted=row.retracted,
        spoke_at=row.spoke_at,
        checked_at=row.checked_at,
        ripe=row.ripe,
        version=row.version,
    )


def _route(words: list[str], districts: list[int]) -> Route:
    return Route(frozenset(words), frozenset(DistrictId(one) for one in districts))
