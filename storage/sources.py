"""Sources: what was proposed, who agreed, and the address that is pinned."""

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
from storage.db import AnyRow, Tx, insert, metadata
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


async def known(tx: Tx, address: str) -> Source | None:
    """The source with this address that was not rejected."""
    row = (await tx.execute(select(table).where(table.c.address == address))).one_or_none()
    return _read(row) if row else None


async def rejection(tx: Tx, address: str) -> Reason | None:
    """Why this address was rejected the last time."""
    query = select(table.c.reason).where(table.c.digest == digest(address))
    rejected = query.where(table.c.state == SourceState.REJECTED).order_by(table.c.id.desc())
    found = (await tx.execute(rejected.limit(1))).scalar_one_or_none()
    return Reason(found) if found else None


async def get(tx: Tx, id: SourceId, *, lock: bool = False) -> Source | None:
    """One source; ``lock`` makes another writer of it wait until this one is done."""
    query = select(table).where(table.c.id == id)
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    return _read(row) if row else None


async def moved(tx: Tx) -> list[Source]:
    """Sources about which a motion waits; nobody else changes them meanwhile."""
    query = select(table).where(table.c.motion.is_not(None)).order_by(table.c.id)
    return [_read(row) for row in await tx.execute(query.with_for_update())]


async def named(tx: Tx, ids: set[SourceId]) -> dict[SourceId, Source]:
    """Several sources by id."""
    rows = await tx.execute(select(table).where(table.c.id.in_(ids)))
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
    """Write what was decided, unless somebody wrote first; returns it with its new version."""
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
        version=row.version,
    )


def _route(words: list[str], districts: list[int]) -> Route:
    return Route(frozenset(words), frozenset(DistrictId(one) for one in districts))
