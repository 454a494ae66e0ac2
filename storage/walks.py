"""How far the recipients of a publication are written to: a lease, a phase and two cursors.

``reserved`` is durable before anything leaves, ``settled`` follows once receipts are: after a crash
nobody outside these two can have been written to without a receipt.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, bindparam, select, update

from bot.domain.outbox import Lane
from bot.domain.privacy import PersonTag
from bot.domain.publications import Publication, PublicationId
from storage import leases
from storage.db import AnyRow, Tx
from storage.publications import Phase, read, table


@dataclass(frozen=True, slots=True)
class Waiting:
    """A walk that could go on."""

    id: PublicationId
    lane: Lane
    subject: str
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a walk stands. ``place``: the district being walked, or the earlier publication whose

    holders are; cursors: tags within it.

    ``taken_over``: another worker, or this one before a crash, reserved beyond ``settled``.
    """

    publication: Publication
    phase: Phase
    place: int | None
    settled: PersonTag | None
    reserved: PersonTag | None
    taken_over: bool
    walked: bool = False


_WAITING = (
    select(table.c.id, table.c.lane, table.c.subject, table.c.accepted_at)
    .where(table.c.walked.is_(False), table.c.held.is_(None), leases.free(table))
    .order_by(table.c.lane, table.c.id)
    .limit(50)
)


async def waiting(tx: Tx, worker: bytes, now: datetime) -> list[Waiting]:
    """Walks that this worker may go on with, most urgent first."""
    rows = await tx.execute(_WAITING, leases.whose(worker, now))
    return [Waiting(PublicationId(r.id), Lane(r.lane), r.subject, r.accepted_at) for r in rows]


async def unfinished(tx: Tx) -> bool:
    """Whether any publication that is not held has people left to be written to."""
    query = select(table.c.id).where(table.c.walked.is_(False), table.c.held.is_(None)).limit(1)
    return (await tx.execute(query)).first() is not None


_TAKING = select(table).where(  # receipts only refer to the row and need not wait for this
    table.c.id == bindparam("id", type_=Integer),
    table.c.walked.is_(False),
    table.c.held.is_(None),
    leases.free(table),
)


async def take(tx: Tx, id: PublicationId, worker: bytes, now: datetime) -> Walk | None:
    """Go on with a walk, which stays locked until the transaction ends.

    ``None`` when it is finished, halted, held, or another worker has it.
    """
    query = _TAKING.with_for_update(key_share=True) if tx.postgres else _TAKING
    row = (await tx.execute(query, {"id": id, **leases.whose(worker, now)})).one_or_none()
    return _read(row, worker) if row else None


async def left_behind(tx: Tx, *, alone: bool, now: datetime) -> list[Walk]:
    """Walks with people of whom nobody knows whether they were written to: finished ones too,

    since a publication may be replaced while its last copies are on their way. ``alone``: no other
    worker lives, whatever the leases say.
    """
    odd = table.c.reserved.is_distinct_from(table.c.settled)
    query = select(table).where(odd)
    if not alone:
        query = query.where(table.c.leased_until <= now)
    if tx.postgres:
        query = query.with_for_update(key_share=True)
    return [_read(row, b"") for row in (await tx.execute(query.order_by(table.c.id))).all()]


async def advance(tx: Tx, walk: Walk, worker: bytes, now: datetime) -> None:
    """Remember how far a walk came, and that this worker has it."""
    values = {
        "phase": walk.phase,
        "place": walk.place,
        "settled": walk.settled,
        "reserved": walk.reserved,
        "walked": walk.walked,
        **leases.held(worker, now),
    }
    await tx.execute(update(table).where(table.c.id == walk.publication.id).values(**values))


async def settle(tx: Tx, id: PublicationId) -> None:
    """Everybody who was reserved is accounted for."""
    mine = update(table).where(table.c.id == id)
    await tx.execute(mine.values(settled=table.c.reserved, worker=None, leased_until=None))


async def release(tx: Tx, worker: bytes | None) -> None:
    """See ``storage.leases.release``."""
    await leases.release(tx, table, worker)


async def versions(tx: Tx, ids: Collection[PublicationId]) -> dict[PublicationId, tuple[int, bool]]:
    """The present version of publications, and whether they wait."""
    query = select(table.c.id, table.c.version, table.c.held).where(table.c.id.in_(list(ids)))
    rows = await tx.execute(query)
    return {PublicationId(row.id): (row.version, row.held is not None) for row in rows}


def _read(row: AnyRow, worker: bytes) -> Walk:
    return Walk(
        publication=read(row),
        phase=Phase(row.phase),
        place=row.place,
        settled=row.settled,
        reserved=row.reserved,
        taken_over=row.reserved != row.settled and row.worker != worker,
        walked=row.walked,
    )
