"""News items: the moderators' queue, publication, and what a reader asks about them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.domain.districts import District, DistrictId
from bot.domain.errors import Gone, Stale
from bot.domain.evidence import standing
from bot.domain.items import (
    CLAIM,
    PUBLISHED,
    BeingChecked,
    Item,
    ItemId,
    ItemState,
    TakenBack,
    Vote,
)
from bot.domain.publications import Publication, State
from bot.domain.sources import Source, SourceId
from bot.domain.staff import May, Staff
from bot.services import moderators, queue, relay
from bot.services.acting import acting
from bot.services.atlas import Atlas
from bot.services.judging import own_names
from bot.services.progress import forecast
from bot.views import items as view
from bot.views.items import Report
from bot.views.queue import Queue
from storage import digests, evidence, items, ledger, revisions, sources, staff
from storage.db import Database, Tx

RECENT = 200
"""Published items searched for a reader's districts."""
SHOWN = 5
_WITHDRAWN = {State.MASKED: BeingChecked, State.RECALLED: TakenBack}


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a published item rests on: ``also`` are other media that report it, ``corrections``

    how often it was put right visibly so far, ``publication`` what was sent, ``checked`` how many
    points of the checklist stand ticked for each medium.
    """

    item: Item
    source: Source
    also: Sequence[Report] = ()
    corrections: int = 0
    publication: Publication | None = None
    checked: Mapping[SourceId, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Items:
    """The use cases of items."""

    db: Database
    atlas: Atlas
    clock: Callable[[], datetime]
    rate: float = 25.0
    """Messages a second, as configured: for telling how long sending will take."""

    async def open(self, by: Staff, *, after: ItemId | None = None) -> Queue:
        """Open the oldest item (``after`` another) that nobody else has open; 10 minutes long.

        Where this person's approval would send it, the answer tells how long that takes.
        """
        opened = await self._claimed(by, after)
        item, source = opened.item, opened.source
        if item is None or source is None:
            return opened
        async with self.db.tx(write=False) as tx:
            if item.state is ItemState.CHANGED:
                sent = await relay.latest(tx, item)
                noted = sent is not None and await relay.noted(tx, sent, item)
                id = sent.id if sent is not None else None
                return replace(opened, publication=id, noted=noted, minor=relay.minor(item))
            if opened.lead is not None or len(item.approved) + 1 < item.needs(source):
                return opened
            audience = relay.audience(item, source)
            return replace(opened, forecast=await forecast(tx, self.atlas, audience, self.rate))

    async def _claimed(self, by: Staff, after: ItemId | None) -> Queue:
        by.require_anywhere(May.RELAY_ITEM)
        now = self.clock()
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            await items.release(tx, by.id)
            await queue.corroborate(tx)
            theirs = queue.within(by, await queue.waiting(tx, now), self.atlas.tree)
            mine = queue.undecided(by, theirs)
            oldest = mine[0].item.fetched_at if mine else None
            for position, case in enumerate(mine, start=1):
                item = case.item
                if after is not None and item.id <= after:
                    continue
                if await items.claim(tx, item.id, by=by.id, until=now + CLAIM, now=now):
                    shown = Queue(len(mine), oldest, position, item, case.source)
                    own = own_names(case.source)
                    return replace(shown, also=case.also, lead=case.lead, own=own)
        return Queue(len(mine), oldest, approved=len(theirs) - len(mine))

    async def publish(self, by: Staff, id: ItemId, edition: int) -> Item:
        """Approve exactly this edition; the last one needed publishes it in the same transaction.

        The result is SENT, or still QUEUED while a second person is needed.
        """
        now = self.clock()
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            item, source = await self._theirs(tx, by, id)
            vote = await self._vote(tx, by, item, source, edition, now)
            done = item.approve(by, **vote)
            case = await queue.about(tx, item, source, now)
            if case.lead is not None:
                raise Stale  # somebody published the story meanwhile
            if done.state is ItemState.APPROVED:
                return await relay.send(tx, self.atlas, done, source, case.also, now)
            await items.save(tx, done)
        return done

    async def amend(self, by: Staff, id: ItemId, edition: int) -> Item:
        """Approve what its medium says now; the last one needed brings it to whoever has it."""
        now = self.clock()
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            item, source = await self._theirs(tx, by, id)
            done = item.amend(by, **await self._vote(tx, by, item, source, edition, now))
            if done.state is ItemState.SENT:
                return await relay.correct(tx, self.atlas, done, source, now)
            await items.save(tx, done)
        return done

    async def join(self, by: Staff, id: ItemId, edition: int) -> Item:
        """Agree to naming it below what is public of its story; the last one needed does it."""
        now = self.clock()
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            item, source = await self._theirs(tx, by, id)
            case = await queue.about(tx, item, source, now)
            if case.lead is None:
                raise Stale
            vote = await self._vote(tx, by, item, source, edition, now, joining=True)
            done = item.join(by, case.lead, **vote)
            if done.state is ItemState.JOINED:
                await relay.name_below(tx, self.atlas, done, case.lead, now)
            else:
                await items.save(tx, done)
        return done

    async def reject(self, by: Staff, id: ItemId, edition: int) -> Item:
        """Keep an item from being published; after an edit, leave what was sent as it is."""
        now = self.clock()
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            item, _ = await self._theirs(tx, by, id)
            rejected = item.reject(by, edition=edition, now=now)
            await items.save(tx, rejected)
            action = "item.rejected" if rejected.state is ItemState.REJECTED else "item.left"
            await ledger.add(tx, action, item.subject, 1, now)
        return rejected

    async def park(self, by: Staff, id: ItemId, edition: int) -> Item:
        """Put it aside until another source reports the same, or until it expires."""
        now = self.clock()
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            item, _ = await self._theirs(tx, by, id)
            parked = item.park(by, edition=edition, now=now)
            await items.save(tx, parked)
            await ledger.add(tx, "item.parked", item.subject, 1, now)
        return parked

    async def separate(self, by: Staff, id: ItemId, edition: int) -> Item:
        """It tells another story than those it is shown with: each of them decided alone."""
        now = self.clock()
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            item, source = await self._theirs(tx, by, id)
            item.require_open(by, edition, now)
            case = await queue.about(tx, item, source, now)
            for report, _ in case.also if case.lead is None else ():
                await items.save(tx, report.apart())
            apart = item.apart()
            await items.save(tx, apart)
        return apart

    async def source_of(self, id: ItemId) -> SourceId:
        """Whose item it is; ``Gone`` when it is forgotten."""
        async with self.db.tx(write=False) as tx:
            item = await items.get(tx, id)
        if item is None:
            raise Gone
        return item.source

    async def latest(self, follows: Collection[DistrictId]) -> list[tuple[Item, Source]]:
        """The newest published items for somebody's districts; following none, for all."""
        async with self.db.tx(write=False) as tx:
            recent = await items.published(tx, limit=RECENT)
            standing = await digests.standing(tx, {item.subject for item in recent})
            known = await sources.named(tx, {item.source for item in recent})
        stands = [item for item in recent if item.subject in standing]
        pairs = [(item, known[item.source]) for item in stands if known[item.source].relays]
        if follows:
            tree = self.atlas.tree
            mine = frozenset(follows)
            pairs = [(i, s) for i, s in pairs if mine & tree.concerned(i.reach(s))]
        return pairs[:SHOWN]

    async def why(self, id: ItemId) -> Grounds:
        """What a published item rests on, for anybody, unless it is hidden or taken back."""
        async with self.db.tx(write=False) as tx:
            item = await items.get(tx, id)
            source = await sources.get(tx, item.source) if item is not None else None
            if item is None or source is None or item.state not in PUBLISHED:
                raise Gone
            sent = await relay.latest(tx, item)
            if sent is not None and sent.state in _WITHDRAWN:
                raise _WITHDRAWN[sent.state]
            below = await relay.also(tx, item)
            times = await revisions.corrections(tx, sent.id) if sent is not None else []
            named = {source.id, *(its.id for _, its in below[: view.NAMED])}
            checked = {id: len(standing(await evidence.log(tx, id))) for id in named}
        return Grounds(item, source, below, len(times), sent, checked)

    async def expire_due(self) -> int:
        """The heartbeat: let go what waited 72 hours; returns how many.

        Media that were revoked are no longer named below what others report.
        """
        now = self.clock()
        async with self.db.tx() as tx:
            await relay.unname(tx, self.atlas, now)
            return await items.expire(tx, now)

    def city(self, source: Source, item: Item | None = None) -> District:
        """The city whose wall clock is shown with times of a source, or of an item of it."""
        return view.city_of(source, self.atlas.tree, item)

    async def _theirs(self, tx: Tx, by: Staff, id: ItemId) -> tuple[Item, Source]:
        item = await items.get(tx, id)
        source = await sources.get(tx, item.source, lock=True) if item is not None else None
        if item is None or source is None:
            raise Gone
        by.require(May.RELAY_ITEM, item.reach(source), self.atlas.tree)
        return item, source

    async def _vote(
        self,
        tx: Tx,
        by: Staff,
        item: Item,
        source: Source,
        edition: int,
        now: datetime,
        *,
        joining: bool = False,
    ) -> Vote:
        changing = joining or item.state is ItemState.CHANGED
        return {
            "edition": edition,
            "source": source,
            "agreed": await moderators.entitled(
                tx,
                item.amending if changing else item.approved,
                May.RELAY_ITEM,
                item.reach(source),
                self.atlas.tree,
            ),
            "branches": await staff.branches(tx),
            "now": now,
        }
