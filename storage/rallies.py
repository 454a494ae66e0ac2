"""Rallies, the approvals they gathered, and who suspended how often."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    SmallInteger,
    String,
    Table,
    delete,
    func,
    select,
    update,
)

from bot.domain.assembly import CLASH, Facts, Type
from bot.domain.districts import DistrictId
from bot.domain.errors import Gone, Stale
from bot.domain.rallies import (
    OPEN,
    UNPUBLISHED,
    Deed,
    Rally,
    RallyId,
    Reason,
    Request,
    Stage,
)
from bot.domain.staff import StaffId
from storage.db import AnyRow, Tx, metadata
from storage.types import Retention, Sealed, utc

DAY = timedelta(hours=24)
_UNPUBLISHED = tuple(sorted(stage.value for stage in UNPUBLISHED))

table = Table(
    "rallies",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("author", Integer, ForeignKey("staff.id"), nullable=False),
    Column("type", String(8), nullable=False),
    utc("starts_at", nullable=False, index=True),
    Column("zone", String(40), nullable=False),
    Column("place", Sealed, nullable=False),
    Column("staged", Boolean, nullable=False),
    Column("stage", String(10), nullable=False, index=True),
    Column("sequence", Integer, nullable=False),
    Column("code", String(9), nullable=False, index=True),
    Column("agreed", SmallInteger, nullable=False),
    Column("one_branch", Boolean, nullable=False),
    Column("before", String(10), nullable=True),
    Column("reason", String(8), nullable=True),
    Column("deed", String(8), nullable=True),
    Column("asked_by", Integer, ForeignKey("staff.id"), nullable=True),
    Column("proposed", Sealed, nullable=True),
    Column("why", String(8), nullable=True),
    Column("version", Integer, nullable=False),
    utc("changed_at", nullable=False),
    CheckConstraint(f"stage in {tuple(s.value for s in Stage)}", name="stage"),
    CheckConstraint(f"type in {tuple(t.value for t in Type)}", name="type"),
    CheckConstraint(f"deed in {tuple(d.value for d in Deed)}", name="deed"),
    CheckConstraint(
        f"stage in {_UNPUBLISHED} or (agreed >= 2 and code <> '' and sequence >= 1)",
        name="two_people",
    ),
    CheckConstraint("(stage = 'suspended') = (before is not null)", name="suspended_from"),
    CheckConstraint("(deed is null) = (asked_by is null)", name="request_whole"),
    CheckConstraint("(stage = 'submitted') = (deed is not null and deed = 'announce')", name="ask"),
    CheckConstraint("proposed is null or deed = 'change'", name="proposed_change"),
    info=Retention.while_needed("seven days after its end, see the purge among the dues"),
)

districts = Table(
    "rally_districts",
    metadata,
    Column("rally", Integer, ForeignKey("rallies.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "district",
        Integer,
        ForeignKey("districts.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
    info=Retention.while_needed("as long as the rally's row"),
)

approvals = Table(
    "rally_approvals",
    metadata,
    Column("rally", Integer, ForeignKey("rallies.id", ondelete="CASCADE"), primary_key=True),
    Column("staff", Integer, ForeignKey("staff.id"), primary_key=True),
    Column("asked_by", Integer, ForeignKey("staff.id"), nullable=False),
    Column("nth", SmallInteger, nullable=False),
    CheckConstraint("staff <> asked_by", name="two_people"),
    info=Retention.while_needed("as long as the request they belong to"),
)

pauses = Table(
    "rally_pauses",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("staff", Integer, ForeignKey("staff.id", ondelete="CASCADE"), nullable=False),
    utc("at", nullable=False),
    info=Retention.for_(DAY, since="at"),
)


async def add(tx: Tx, *, author: StaffId, facts: Facts, now: datetime) -> Rally:
    """Store a new draft."""
    draft = Rally(RallyId(0), author, facts)
    values = {**_values(tx, draft), "author": author, "version": 0, "changed_at": now}
    done = await tx.execute(table.insert().values(**values).returning(table.c.id))
    rally = replace(draft, id=RallyId(done.scalar_one()))
    await _save_lists(tx, rally)
    return rally


async def save(tx: Tx, rally: Rally, now: datetime) -> Rally:
    """Write what was decided, unless somebody wrote first (``Stale``)."""
    mine = (table.c.id == rally.id) & (table.c.version == rally.version)
    values = {**_values(tx, rally), "version": rally.version + 1, "changed_at": now}
    done = await tx.execute(update(table).where(mine).values(**values))
    if done.rowcount != 1:
        raise Stale
    await _save_lists(tx, rally)
    return replace(rally, version=rally.version + 1)


async def get(tx: Tx, id: RallyId) -> Rally:
    """One rally, or ``Gone``."""
    found = await _many(tx, table.c.id == id)
    if not found:
        raise Gone
    return found[0]


async def by_code(tx: Tx, code: str) -> Rally | None:
    """The rally that carries a code now."""
    found = await _many(tx, table.c.code == code)
    return found[0] if found else None


async def changed_at(tx: Tx, id: RallyId) -> datetime:
    """When the row was last written."""
    found = await tx.execute(select(table.c.changed_at).where(table.c.id == id))
    at: datetime | None = found.scalar_one_or_none()
    if at is None:
        raise Gone
    return at


async def upcoming(tx: Tx, concerning: Iterable[DistrictId], *, limit: int) -> list[Rally]:
    """Public rallies that are not over and name one of the districts, earliest first."""
    named = select(districts.c.rally).where(districts.c.district.in_(list(concerning)))
    stages = [stage.value for stage in OPEN]
    return await _many(tx, table.c.id.in_(named) & table.c.stage.in_(stages), limit=limit)


async def listed(tx: Tx, *, limit: int = 50) -> list[Rally]:
    """Everything staff may still act on, earliest first: submitted or public and not over."""
    stages = [stage.value for stage in OPEN | {Stage.SUBMITTED}]
    return await _many(tx, table.c.stage.in_(stages), limit=limit)


async def asked(tx: Tx) -> list[Rally]:
    """Rallies about which a request waits; nobody else changes them meanwhile."""
    held = await tx.execute(select(table.c.id).where(table.c.deed.is_not(None)).with_for_update())
    ids = [id for (id,) in held]
    return await _many(tx, table.c.id.in_(ids), limit=len(ids))


async def clashes(tx: Tx, facts: Facts, *, ignoring: RallyId | None = None) -> list[Rally]:
    """Other rallies close in time at the same place or in a same district."""
    near = table.c.starts_at.between(facts.starts_at - CLASH, facts.starts_at + CLASH)
    stages = [stage.value for stage in OPEN | {Stage.SUBMITTED}]
    found = await _many(tx, near & table.c.stage.in_(stages))
    return [r for r in found if r.id != ignoring and facts.clashes(r.facts)]


async def remove(tx: Tx, id: RallyId) -> None:
    """Purge a rally, its districts and its approvals."""
    await tx.execute(delete(table).where(table.c.id == id))


async def paused(tx: Tx, by: StaffId, now: datetime) -> int:
    """How many rallies a person suspended in the last 24 hours."""
    mine = (pauses.c.staff == by) & (pauses.c.at > now - DAY)
    return int((await tx.execute(select(func.count()).where(mine))).scalar_one())


async def note_pause(tx: Tx, by: StaffId, now: datetime) -> None:
    """Remember that a person suspended a rally."""
    await tx.execute(pauses.insert().values(staff=by, at=now))


def _values(tx: Tx, rally: Rally) -> dict[str, Any]:
    facts, asked = rally.facts, rally.request
    place = json.dumps([facts.place, facts.point]).encode()
    values: dict[str, Any] = {
        "type": facts.type,
        "starts_at": facts.starts_at,
        "zone": facts.zone,
        "place": tx.keys.seal(place, aad=_aad(rally.author)),
        "staged": facts.staged,
        "deed": asked.deed if asked else None,
        "asked_by": asked.by if asked else None,
        "why": asked.reason if asked else None,
        "proposed": None,
    }
    for name in ("stage", "sequence", "code", "agreed", "one_branch", "before", "reason"):
        values[name] = getattr(rally, name)
    if asked is not None and asked.facts is not None:
        values["proposed"] = tx.keys.seal(asked.facts.content(), aad=_aad(rally.author))
    return values


async def _save_lists(tx: Tx, rally: Rally) -> None:
    for child in (districts, approvals):
        await tx.execute(delete(child).where(child.c.rally == rally.id))
    for district in sorted(rally.facts.districts):
        await tx.execute(districts.insert().values(rally=rally.id, district=district))
    for nth, staff in enumerate(rally.approvals):
        assert rally.request is not None
        values = {"rally": rally.id, "staff": staff, "nth": nth}
        await tx.execute(approvals.insert().values(**values, asked_by=rally.request.by))


async def _many(tx: Tx, where: Any, *, limit: int = 200) -> list[Rally]:
    query = select(table).where(where).order_by(table.c.starts_at, table.c.id).limit(limit)
    rows = (await tx.execute(query)).all()
    ids = [row.id for row in rows]
    where_at = await _grouped(tx, districts.c.district, districts, ids)
    agreed = await _grouped(tx, approvals.c.staff, approvals, ids, order=approvals.c.nth)
    return [_read(tx, row, where_at.get(row.id, []), agreed.get(row.id, [])) for row in rows]


async def _grouped(
    tx: Tx, column: Any, child: Table, ids: list[int], order: Any = None
) -> dict[int, list[int]]:
    query = select(child.c.rally, column).where(child.c.rally.in_(ids))
    grouped: dict[int, list[int]] = {}
    for rally, value in await tx.execute(query if order is None else query.order_by(order)):
        grouped.setdefault(rally, []).append(value)
    return grouped


def _read(tx: Tx, row: AnyRow, where: list[int], agreed: list[int]) -> Rally:
    place, point = json.loads(tx.keys.open(row.place, aad=_aad(row.author)))
    facts = Facts(
        type=Type(row.type),
        starts_at=row.starts_at,
        zone=row.zone,
        place=place,
        districts=frozenset(DistrictId(d) for d in where),
        point=tuple(point) if point else None,
        staged=row.staged,
    )
    return Rally(
        id=RallyId(row.id),
        author=StaffId(row.author),
        facts=facts,
        stage=Stage(row.stage),
        sequence=row.sequence,
        code=row.code,
        agreed=row.agreed,
        one_branch=row.one_branch,
        before=Stage(row.before) if row.before else None,
        reason=Reason(row.reason) if row.reason else None,
        request=_request(tx, row),
        approvals=tuple(StaffId(id) for id in agreed),
        version=row.version,
    )


def _request(tx: Tx, row: AnyRow) -> Request | None:
    if row.deed is None:
        return None
    proposed = None
    if row.proposed is not None:
        proposed = Facts.read(tx.keys.open(row.proposed, aad=_aad(row.author)))
    reason = Reason(row.why) if row.why else None
    return Request(Deed(row.deed), StaffId(row.asked_by), proposed, reason)


def _aad(author: int) -> bytes:
    return f"rally{author}".encode()
