"""How far publications came, and to how many people: estimates, quick at a million.

Tags are digests, so they lie evenly over their range: those in a small part of it, counted exactly
and multiplied, stand for all.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select

from bot.domain.districts import DistrictId
from bot.domain.outbox import Lane
from bot.domain.privacy import PersonTag
from bot.domain.publications import PublicationId, Revision
from storage import channels, outbox, publications, receipts, revisions
from storage.crypto import TAG_BYTES
from storage.db import Tx
from storage.outbox import Stage
from storage.publications import Phase
from storage.subscribers import follows

ENOUGH = 2_000
"""So many counted ones estimate their whole within 5 % (two standard deviations)."""
PARTS = (64, 8, 1)
"""Of the range of tags, tried one after another until there are enough; the last is exact."""


def part_of(tag: PersonTag | None) -> float:
    """Where in the range of tags one lies, 0 to 1; ``None`` lies before all."""
    return 0.0 if tag is None else int.from_bytes(tag) / 256**TAG_BYTES


async def followers(tx: Tx, districts: Collection[DistrictId]) -> int:
    """About how many people follow any of ``districts``."""
    tag, district = follows.c.tag, follows.c.district

    async def counted(within: ColumnElement[bool] | None) -> int:
        query = select(func.count(tag.distinct())).where(district.in_(list(districts)))
        return await _number(tx, query if within is None else query.where(within))

    return await _estimate(tag, counted) if districts else 0


async def by_district(tx: Tx, districts: Collection[DistrictId]) -> dict[DistrictId, int]:
    """About how many follow each of ``districts``; whoever follows several counts in each."""
    found: dict[DistrictId, int] = {}
    for district in sorted(districts):

        async def counted(within: ColumnElement[bool] | None, at: int = district) -> int:
            query = select(func.count()).where(follows.c.district == at)
            return await _number(tx, query if within is None else query.where(within))

        found[district] = await _estimate(follows.c.tag, counted)
    return found


async def received(tx: Tx, id: PublicationId) -> int:
    """About how many chats have a copy of a publication, channels included."""
    tag = receipts.table.c.tag

    async def counted(within: ColumnElement[bool] | None) -> int:
        query = select(func.count()).where(receipts.table.c.publication == id)
        return await _number(tx, query if within is None else query.where(within))

    return await _estimate(tag, counted)


async def in_channels(tx: Tx, id: PublicationId) -> tuple[int, int]:
    """How many channels have a publication, and how many are still to get it. Exact: few."""
    c, got, row = channels.table.c, receipts.table.c, outbox.table.c
    having = exists().where(got.publication == id, got.tag == c.tag)
    waits = row.stage.in_((Stage.WAITING, Stage.SENDING, Stage.HELD)) & row.receipt.is_(None)
    queued = exists().where(row.publication == id, row.tag == c.tag, waits)
    every = select(func.count()).select_from(channels.table)  # few: each is looked up
    return await _number(tx, every.where(having)), await _number(tx, every.where(queued))


@dataclass(frozen=True, slots=True)
class Course:
    """Where the walk of a publication stands, for those who watch it."""

    phase: Phase
    place: int | None
    settled: PersonTag | None
    walked: bool
    halted: bool


async def course(tx: Tx, id: PublicationId) -> Course | None:
    """How far the recipients of a publication are written to."""
    t = publications.table.c
    query = select(t.phase, t.place, t.settled, t.walked, t.halted).where(t.id == id)
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else Course(Phase(row.phase), *row[1:])


async def revising(tx: Tx, id: PublicationId) -> tuple[Revision, PersonTag | None] | None:
    """The later version that is being carried to holders of earlier ones, and how far it came."""
    t = revisions.table.c
    query = select(t.kind, t.cursor).where(t.publication == id, t.walked.is_(False))
    row: Any = (await tx.execute(query.order_by(t.version.desc()).limit(1))).one_or_none()
    return None if row is None else (Revision(row.kind), row.cursor)


async def before(tx: Tx, lane: Lane, id: PublicationId | None) -> list[PublicationId]:
    """Publications on their way that go before one (``None``: before all new ones) of a lane."""
    t = publications.table.c
    first = t.lane < lane
    if id is None:
        first |= t.lane == lane
    else:
        first |= (t.lane == lane) & (t.id < id)
    query = select(t.id).where(t.walked.is_(False), t.held.is_(None), first)
    return [PublicationId(one) for (one,) in await tx.execute(query.order_by(t.lane, t.id))]


async def _estimate(
    tag: ColumnElement[PersonTag], counted: Callable[[ColumnElement[bool] | None], Awaitable[int]]
) -> int:
    for parts in PARTS:
        if parts == 1:
            break
        edge = (256**TAG_BYTES // parts).to_bytes(TAG_BYTES)
        if (found := await counted(tag < edge)) >= ENOUGH:
            return found * parts
    return await counted(None)


async def _number(tx: Tx, query: Select[int]) -> int:
    return int((await tx.execute(query)).scalar_one())
