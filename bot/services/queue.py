"""The queue of news as each moderator has it, and the quiet word that something waits there."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.districts import Districts
from bot.domain.items import LIFETIME, PUBLISHED, Item, ItemId, ItemState
from bot.domain.sources import Source
from bot.domain.staff import May, Staff, StaffId
from bot.services import notices
from bot.services.atlas import Atlas
from bot.views import queue as view
from bot.views.items import Report
from storage import digests, items, nudges, reports, sources, staff
from storage.db import Database, Tx

LIMIT = 500
"""Items of the queue looked at for one card."""
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Case:
    """What waits for a decision: an item with its source.

    ``also`` wait too and tell the same; ``lead`` is public and tells the same, so that this one can
    only be named below it.
    """

    item: Item
    source: Source
    also: Sequence[Report] = ()
    lead: Item | None = None

    def waits_for(self, by: StaffId) -> bool:
        """Whether somebody has not agreed to it yet."""
        return not self.item.agreed_to(by, joining=self.lead is not None)

    @property
    def since(self) -> datetime:
        """When the last of it came: a report of another medium makes what was put aside news."""
        came = (report.fetched_at for report, _ in self.also)
        return max((self.item.fetched_at, *came))


Waiting = Sequence[Case]


async def waiting(tx: Tx, now: datetime) -> Waiting:
    """What waits for moderators, oldest first; nothing of a held source, nothing hidden."""
    found = await items.queued(tx, now, limit=LIMIT)
    told = await reports.of_stories(tx, {item.root for item in found})
    public = [item for item in told if item.state in PUBLISHED]
    standing = await digests.standing(tx, {item.subject for item in (*found, *public)})
    known = await sources.named(tx, {item.source for item in found})
    cases = []
    for item in found:
        source = known[item.source]
        if not source.relays or (item.state in PUBLISHED and item.subject not in standing):
            continue
        leads = (one for one in public if _leads(one, item, now) and one.subject in standing)
        cases.append(Case(item, source, lead=next(leads, None)))
    return cases


async def about(tx: Tx, item: Item, source: Source, now: datetime) -> Case:
    """One item as its story stands, to whomever it is shown."""
    told = [one for one in await reports.of_stories(tx, [item.root]) if one.id != item.id]
    if not told:
        return Case(item, source)
    public = [one for one in told if _leads(one, item, now)]
    standing = await digests.standing(tx, {one.subject for one in public})
    lead = next((one for one in public if one.subject in standing), None)
    known = await sources.named(tx, {one.source for one in told})
    new = [one for one in told if one.state is ItemState.QUEUED and one.source != source.id]
    below = [(one, known[one.source]) for one in new if known[one.source].relays]
    return Case(item, source, also=tuple(below), lead=lead)


def within(by: Staff, found: Waiting, tree: Districts) -> Waiting:
    """What of it this person may decide about, their own approvals included; a story once."""
    theirs = [c for c in found if by.may(May.RELAY_ITEM, c.item.reach(c.source), tree)]
    return grouped(theirs)


def undecided(by: Staff, found: Waiting) -> Waiting:
    """What this person has not approved yet."""
    return [case for case in found if case.waits_for(by.id)]


def grouped(found: Waiting) -> Waiting:
    """The first of each story, with what other media say of it; after an edit each alone."""
    heads: dict[ItemId, Case] = {}
    cases: list[Case] = []
    below: dict[ItemId, list[Report]] = defaultdict(list)
    for case in found:
        new = case.item.state is ItemState.QUEUED and case.lead is None
        head = heads.setdefault(case.item.root, case) if new else case
        if head is not case and head.source.id != case.source.id:
            below[head.item.id].append((case.item, case.source))
        else:
            cases.append(case)
    return [replace(case, also=tuple(below[case.item.id])) for case in cases]


async def corroborate(tx: Tx) -> int:
    """Bring back what waited until another source reports the same; returns how many."""
    found = await reports.corroborated(tx, lock=True)
    for item in found:
        await items.save(tx, item.back())
    return len(found)


def _leads(public: Item, item: Item, now: datetime) -> bool:
    """Whether an item can be named below this one: another medium's, and still of today."""
    fresh = public.sent_at is not None and public.sent_at > now - LIFETIME
    new = item.state is ItemState.QUEUED
    return new and fresh and public.root == item.root and public.source != item.source


@dataclass(frozen=True, slots=True)
class Nudges:
    """Tells moderators that news wait; ``clock`` gives aware UTC."""

    db: Database
    atlas: Atlas
    clock: Callable[[], datetime]

    async def run(self) -> int:
        """Tell whom new items wait for, each once an hour at most; returns how many are told.

        Whoever has a card open sees the queue and is not told.
        """
        now, told = self.clock(), 0
        async with self.db.tx(write=False) as tx:
            back = await reports.corroborated(tx)
        if back:
            async with self.db.tx() as tx:
                await corroborate(tx)
        async with self.db.tx(write=False) as tx:
            if not await waiting(tx, now):
                return 0
        async with self.db.tx() as tx:
            found, last = await waiting(tx, now), await nudges.last(tx)
            for one in await staff.listed(tx):
                mine = undecided(one, within(one, found, self.atlas.tree))
                if _is_news(one.id, mine, last.get(one.id), now):
                    told += await self._tell(tx, one.id, len(mine), now)
        return told

    async def _tell(self, tx: Tx, id: StaffId, count: int, now: datetime) -> int:
        await nudges.note(tx, id, now)
        return await notices.tell(tx, [id], lambda t: view.nudge(count, t), now, cause="queue")


def _is_news(id: StaffId, mine: Waiting, last: datetime | None, now: datetime) -> bool:
    if any(c.item.claimed_by == id and _open(c.item, now) for c in mine):
        return False
    if last is None:
        return bool(mine)
    return now - last >= HOUR and any(case.since > last for case in mine)


def _open(item: Item, now: datetime) -> bool:
    return item.claimed_until is not None and item.claimed_until > now
