"""What the operator does to what waits: looked at, held, let go, tried again, removed.

Whatever may concern a million rows is done in steps, each a transaction of its own, so that the bot
never waits long for the writer: call a step with where the last one ended until it says ``None``.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Update, delete, exists, func, or_, select, update
from sqlalchemy.sql.dml import Delete

from bot.domain.outbox import Lane
from bot.domain.privacy import PersonTag
from bot.domain.publications import PublicationId
from storage import installation, publications, revisions
from storage.db import Tx
from storage.outbox import Stage, table

STEP = 100
"""Rows looked at in one step: they lie all over the table, and on a busy machine with SQLite a

thousand of them held the writer for 0.2 s, so many for 0.03 s.
"""
FEW = 1_000
"""Rows that are looked up one by one to count them."""
HELD = "outbox held"
"""The fact of the installation that says that everything but replies waits."""
ASIDE = (Stage.UNKNOWN, Stage.FAILED)
"""What people have to decide about."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a step did: how many rows changed, how many were seen, and where it ended.

    ``after`` is ``None`` when nothing is left to look at.
    """

    changed: int
    seen: int
    after: PersonTag | None


async def hold_all(tx: Tx, *, held: bool) -> bool:
    """Let everything but replies wait, or go on; says whether that changed anything."""
    if await all_held(tx) is held:
        return False
    await installation.remember(tx, HELD, "yes" if held else "no")
    return True


async def all_held(tx: Tx) -> bool:
    """Whether the operator lets everything but replies wait. It outlives restarts."""
    return await installation.recall(tx, HELD) == "yes"


async def tally(tx: Tx) -> dict[tuple[Lane, Stage], int]:
    """How many rows there are by lane and stage, replies included."""
    query = select(table.c.lane, table.c.stage, func.count()).group_by(table.c.lane, table.c.stage)
    return {(Lane(lane), Stage(stage)): n for lane, stage, n in await tx.execute(query)}


async def rows_of(tx: Tx, id: PublicationId) -> dict[Stage, int]:
    """How many rows a publication has by stage.

    Few are looked up; to look up many, all over the table, takes longer than to read all of it.
    """
    mine = table.c.publication == id
    total = (await tx.execute(select(func.count()).where(mine))).scalar_one()
    if total > FEW:
        mine = table.c.publication + 0 == id
    query = select(table.c.stage, func.count()).where(mine)
    rows = await tx.execute(query.group_by(table.c.stage))
    return {Stage(stage): n for stage, n in rows}


async def let_go(tx: Tx, id: PublicationId, now: datetime, *, after: PersonTag | None) -> Step:
    """Copies that were held wait again for their turn."""
    freed = update(table).values(stage=Stage.WAITING, due_at=now)
    return await _step(tx, id, (Stage.HELD,), freed, after)


async def try_again(
    tx: Tx,
    id: PublicationId,
    stages: Collection[Stage],
    now: datetime,
    *,
    after: PersonTag | None,
) -> Step:
    """Copies that were set aside wait again for their turn.

    One whose answer was lost keeps its doubts: it may arrive a second time.
    """
    again = update(table).values(stage=Stage.WAITING, due_at=now, attempts=0)
    return await _step(tx, id, stages, again, after)


async def remove(
    tx: Tx, id: PublicationId, stages: Collection[Stage], *, after: PersonTag | None
) -> Step:
    """Remove copies that have not left; changes of copies that arrived stay queued."""
    return await _step(tx, id, stages, delete(table).where(table.c.receipt.is_(None)), after)


async def _step(
    tx: Tx,
    id: PublicationId,
    stages: Collection[Stage],
    change: Update | Delete,
    after: PersonTag | None,
) -> Step:
    """One page of a publication's rows by tag: what is not concerned is passed over but counted."""
    query = select(table.c.id, table.c.tag, table.c.stage).where(table.c.publication == id)
    if after is not None:
        query = query.where(table.c.tag > after)
    found = (await tx.execute(query.order_by(table.c.tag).limit(STEP))).all()
    wanted = [row.id for row in found if row.stage in stages]
    changed = 0
    if wanted:
        still = table.c.id.in_(wanted) & table.c.stage.in_(list(stages))
        changed = (await tx.execute(change.where(still))).rowcount
    return Step(changed, len(found), found[-1].tag if len(found) == STEP else None)


async def open_ones(tx: Tx, *, limit: int) -> list[PublicationId]:
    """Publications on their way, being changed, or with rows that wait; the newest first."""
    p, v = publications.table.c, revisions.table.c
    rows = exists().where(table.c.publication == p.id)
    changing = exists().where(v.publication == p.id, v.walked.is_(False))
    query = select(p.id).where(or_(p.walked.is_(False), rows, changing))
    found = await tx.execute(query.order_by(p.id.desc()).limit(limit))
    return [PublicationId(id) for (id,) in found]
