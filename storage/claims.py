"""Which rows are next: what waits, and what is given out to be sent."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Integer, Select, Update, and_, bindparam, case, func, or_, select, update

from bot.domain.outbox import Lane
from bot.domain.privacy import PersonTag
from storage import parcels
from storage.crypto import Unsealable
from storage.db import AnyRow, Tx
from storage.outbox import LONGEST, Stage, set_aside, table
from storage.parcels import Parcel
from storage.types import Utc

# Statements of every round are built once: building them takes longer than SQLite does.
_NOW = bindparam("now", type_=Utc)
_ASTRAY = and_(
    table.c.stage == Stage.WAITING,
    or_(table.c.queued_at > _NOW, table.c.due_at > bindparam("latest", type_=Utc)),
)


async def claim(
    tx: Tx,
    now: datetime,
    *,
    lease: timedelta,
    paced: bool = True,
    upto: Lane = Lane.DIGEST,
    oldest: bool = False,
    closed: Collection[PersonTag] = (),
    limit: int = 1,
) -> list[Parcel]:
    """Take the first due rows by lane and age: no ``closed`` chat, no lane after ``upto``.

    They are marked as being sent until ``now + lease``; whoever lets that pass is taken for dead
    and the row is given out again. What was queued in the future (the clock was set back) does not
    wait for it. ``oldest``: by age alone, so that no lane starves.
    """
    statement = _claiming(paced, upto, oldest, bool(closed), tx.postgres)
    values = {**_times(now), "until": now + lease, "most": limit}
    if closed:
        values["closed"] = list(closed)
    rows = await tx.execute(statement, values)
    opened = [(row.id, _try_open(tx, row)) for row in rows.all()]
    for id, parcel in opened:
        if parcel is None:
            await set_aside(tx, id, Stage.FAILED)
    return sorted((p for _, p in opened if p is not None), key=lambda p: (p.lane, p.id))


@cache
def _claiming(paced: bool, upto: Lane, oldest: bool, closed: bool, postgres: bool) -> Update:
    query = _due(select(table.c.id), upto).where(table.c.paced.is_(paced))
    if closed:
        query = query.where(table.c.tag.not_in(bindparam("closed", expanding=True)))
    order = (table.c.id,) if oldest else (table.c.lane, table.c.id)
    query = query.order_by(*order).limit(bindparam("most", type_=Integer))
    if postgres:
        query = query.with_for_update(skip_locked=True)
    chosen = query.cte("chosen")  # PostgreSQL may run a bare subquery twice and lock too much
    again = case((table.c.stage == Stage.SENDING, 1), else_=0)
    return (
        update(table)
        .where(table.c.id.in_(select(chosen.c.id)))
        .values(
            stage=Stage.SENDING,
            due_at=bindparam("until", type_=Utc),
            doubts=table.c.doubts + again,
        )
        .returning(table)
    )


@dataclass(frozen=True, slots=True)
class Outlook:
    """The most urgent lane of rows that are due (``None``: none is), whether any is not paced, and

    when the next after them will be (``None``: none will).
    """

    lane: Lane | None = None
    unpaced: bool = False
    then: datetime | None = None


async def outlook(tx: Tx, now: datetime, *, upto: Lane = Lane.DIGEST) -> Outlook:
    """What rows wait, or are being sent by whoever may have died. A row that waits for an instant

    which only a clock that jumped can have meant is due.
    """
    lane, unpaced, *thens = (await tx.execute(_looking(upto), _times(now))).one()
    return Outlook(
        None if lane is None else Lane(lane),
        bool(unpaced),
        min((then for then in thens if then is not None), default=None),
    )


@cache
def _looking(upto: Lane) -> Select[*tuple[Any, ...]]:
    due, later = [], []
    for stage in (Stage.WAITING, Stage.SENDING):  # one by one: each the first of an index
        query = select(func.min(table.c.due_at)).where(table.c.stage == stage)
        if upto is not Lane.DIGEST:
            query = query.where(table.c.lane <= upto)
        due.append(query.scalar_subquery() <= _NOW)
        later.append(query.where(table.c.due_at > _NOW).scalar_subquery())
    due.append(select(table.c.id).where(table.c.due_at > _NOW, _ASTRAY).exists())
    paced = _due(select(table.c.lane), upto).where(table.c.paced.is_(True))
    first = paced.order_by(table.c.lane, table.c.id).limit(1).scalar_subquery()
    unpaced = _due(select(table.c.id), upto).where(table.c.paced.is_(False)).exists()
    # Looked for only where there is one.
    return select(case((or_(*due), first)), case((or_(*due), unpaced)), *later)


def _times(now: datetime) -> dict[str, Any]:
    return {"now": now, "latest": now + LONGEST}


def _due(query: Select[*tuple[Any, ...]], upto: Lane) -> Select[*tuple[Any, ...]]:
    """Rows that may leave, and those whose lease ended."""
    free = table.c.stage.in_((Stage.WAITING, Stage.SENDING))
    return query.where(free, or_(table.c.due_at <= _NOW, _ASTRAY), table.c.lane <= upto)


def _try_open(tx: Tx, row: AnyRow) -> Parcel | None:
    """A damaged row opens for nobody and must not hold up the others."""
    try:
        return parcels.read(tx, row)
    except Unsealable:
        return None
