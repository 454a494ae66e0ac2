"""Who is written to next: a page of recipients at a time, each reserved before anything leaves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.domain.privacy import PersonTag
from bot.domain.publications import PublicationId
from bot.services import recipients
from bot.services.atlas import Atlas
from bot.services.recipients import Looked
from storage import outbox, walks
from storage.db import Tx
from storage.outbox import Stage
from storage.parcels import Parcel
from storage.publications import Phase
from storage.walks import Walk

SCAN = 400
"""Recipients looked at in one transaction: a hold of the writer of some 10 ms."""

Closed = Callable[[PersonTag], float | None]
"""``None`` for a chat that may be written to; else seconds until it may be, 0 when an answer is

awaited there.
"""


@dataclass(frozen=True, slots=True)
class Flight:
    """What of one walk is on its way. ``lowest``: where the cursor may stand at most, the place

    before the first recipient whose answer is awaited; of no meaning when nothing is in flight.
    ``earlier``: copies of older publications of its subject are on their way.
    """

    count: int = 0
    lowest: PersonTag | None = None
    earlier: bool = False


@dataclass(frozen=True, slots=True)
class Reserved:
    """Copies to send now. ``over``: nothing more to do; ``waits``: not before answers come.

    ``start``: where the walk stood before the first of them, in the present place. ``queued``: some
    who cannot be written to in their turn got a row.
    """

    parcels: Sequence[Parcel] = ()
    over: bool = False
    waits: bool = False
    start: PersonTag | None = None
    queued: bool = False


async def reserve(
    tx: Tx,
    atlas: Atlas,
    id: PublicationId,
    worker: bytes,
    now: datetime,
    *,
    limit: int,
    flight: Flight,
    closed: Closed,
) -> Reserved:
    """Take up to ``limit`` recipients; durable with the caller's transaction.

    One whose chat is closed at the moment gets a row of its own, and the walk goes on.
    """
    walk = await walks.take(tx, id, worker, now)
    if walk is None:
        return Reserved(over=True)
    if walk.taken_over:
        await account_for(tx, atlas, walk, now)
    walk = replace(walk, settled=flight.lowest if flight.count else walk.reserved)
    if walk.publication.expires_at <= now:
        if not flight.count:
            await walks.advance(tx, _ended(walk), worker, now)
        return Reserved(over=not flight.count, waits=flight.count > 0)
    taking = _Taking(tx, atlas, now, limit, flight, closed)
    walk = await taking.take(walk)
    if not taking.parcels and not flight.count and not walk.walked:
        walk = replace(walk, settled=walk.reserved)
    await walks.advance(tx, walk, worker, now)
    return Reserved(
        taking.parcels,
        over=walk.walked,
        waits=taking.waits,
        start=taking.start,
        queued=taking.queued,
    )


@dataclass(slots=True)
class _Taking:
    """One page of a walk, over as many places as it takes to fill it."""

    tx: Tx
    atlas: Atlas
    now: datetime
    limit: int
    flight: Flight
    closed: Closed
    parcels: list[Parcel] = field(default_factory=list)
    start: PersonTag | None = None
    waits: bool = False
    queued: bool = False

    async def take(self, walk: Walk) -> Walk:
        """Fill ``parcels``; returns where the walk stands then."""
        self.start, seen = walk.reserved, 0
        ask = self.limit if walk.phase is Phase.FOLLOWERS else SCAN  # most holders have it already
        while len(self.parcels) < self.limit and seen < SCAN and not walk.walked:
            found = await recipients.page(self.tx, walk, limit=ask, after=walk.reserved)
            seen, ask = seen + max(len(found), 1), min(ask * 2, SCAN)
            if found:
                looked = await recipients.wanting(self.tx, self.atlas, walk, found, self.now)
                walk = replace(walk, reserved=await self._choose(looked))
            elif self._must_wait(walk):
                self.waits = True
                break
            else:
                self.queued = self.queued or walk.phase is Phase.CHANNELS
                walk = await _next_place(self.tx, self.atlas, walk, self.now)
                self.start = None
        return walk

    def _must_wait(self, walk: Walk) -> bool:
        """The next place is not begun while anybody of this one is unaccounted for, nor are the

        receipts of what a change replaces read while copies of that are on their way.
        """
        holders_next = walk.phase is Phase.DOUBTFUL
        return bool(self.parcels or self.flight.count or (holders_next and self.flight.earlier))

    async def _choose(self, looked: list[Looked]) -> PersonTag:
        reached = looked[0][0]
        for tag, parcel in looked:
            if len(self.parcels) == self.limit:
                break
            reached = tag
            if parcel is None:
                continue
            if (wait := self.closed(tag)) is None:
                self.parcels.append(parcel)
            else:
                due = self.now + timedelta(seconds=wait)
                await outbox.add_copy(self.tx, parcel, self.now, due=due)
                self.queued = True
        return reached


async def account_for(tx: Tx, atlas: Atlas, walk: Walk, now: datetime) -> int:
    """After a crash: whoever was reserved and has no receipt may have got a copy or not.

    Each gets a row with a doubt, which waits a little; of a publication that was replaced
    meanwhile one that stays unsent, so that the newer one reaches them. Returns how many.
    """
    publication, after, count = walk.publication, walk.settled, 0
    stage = Stage.UNKNOWN if walk.walked else Stage.WAITING
    while found := await recipients.page(tx, walk, limit=SCAN, after=after, until=walk.reserved):
        after = found[-1].person.tag
        for _, parcel in await recipients.wanting(tx, atlas, walk, found, now):
            if parcel is not None:
                due = now + after_crash(0)
                await outbox.add_copy(tx, parcel, now, due=due, doubts=1, stage=stage)
                count += 1
    await walks.settle(tx, publication.id)
    return count


def after_crash(doubts: int) -> timedelta:
    """5, 20, 60 seconds: longer than a restart takes, so that a program which dies again and again

    does not repeat at every start what it was sending when it died.
    """
    return timedelta(seconds=min(5 * 4 ** min(doubts, 3), 60))


async def _next_place(tx: Tx, atlas: Atlas, walk: Walk, now: datetime) -> Walk:
    """On to the next place of this phase, or to the first of a later one."""
    if walk.phase is Phase.CHANNELS:
        await recipients.queue_channels(tx, atlas, walk.publication, now)
    there = await recipients.places(tx, atlas, walk.publication, walk.phase)
    further = [place for place in there if walk.place is not None and place > walk.place]
    walk = replace(walk, settled=None, reserved=None)
    if further:
        return replace(walk, place=further[0])
    if walk.phase is Phase.HOLDERS:
        return _ended(walk)
    phase = Phase(walk.phase + 1)
    first = await recipients.places(tx, atlas, walk.publication, phase)
    return replace(walk, phase=phase, place=first[0] if first else None)


def _ended(walk: Walk) -> Walk:
    return replace(walk, settled=None, reserved=None, walked=True)
