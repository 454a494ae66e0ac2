"""News items: the moderators' queue, publication, and what a reader asks about them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.canonical import canonical
from bot.domain.districts import District, DistrictId
from bot.domain.errors import Gone
from bot.domain.items import CLAIM, LIFETIME, PUBLISHED, Item, ItemId, ItemState
from bot.domain.outbox import Lane
from bot.domain.publications import Audience, Kind, State, Want
from bot.domain.sources import Source
from bot.domain.staff import May, Staff
from bot.i18n import LANGUAGES, translator
from bot.services import moderators, publications, queue
from bot.services.acting import acting
from bot.services.atlas import Atlas
from bot.services.progress import forecast
from bot.services.publications import Draft
from bot.views import items as view
from bot.views.items import Queue
from bot.views.message import Message
from storage import digests, items, ledger, sources, staff
from storage import publications as published
from storage.db import Database, Tx

RECENT = 200
"""Published items searched for a reader's districts."""
SHOWN = 5


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
        if item is None or source is None or len(item.approved) + 1 < source.people_needed:
            return opened
        async with self.db.tx(write=False) as tx:
            takes = await forecast(tx, self.atlas, _audience(source), self.rate)
        return replace(opened, forecast=takes)

    async def _claimed(self, by: Staff, after: ItemId | None) -> Queue:
        by.require_anywhere(May.RELAY_ITEM)
        now = self.clock()
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            await items.release(tx, by.id)
            theirs = queue.within(by, await queue.waiting(tx, now), self.atlas.tree)
            mine = queue.undecided(by, theirs)
            oldest = mine[0][0].fetched_at if mine else None
            for position, (item, source) in enumerate(mine, start=1):
                if after is not None and item.id <= after:
                    continue
                if await items.claim(tx, item.id, by=by.id, until=now + CLAIM, now=now):
                    return Queue(len(mine), oldest, position, item, source)
        return Queue(len(mine), oldest, approved=len(theirs) - len(mine))

    async def publish(self, by: Staff, id: ItemId, edition: int) -> Item:
        """Approve exactly this edition; the last one needed publishes it in the same transaction.

        The result is SENT, or still QUEUED while a second person is needed.
        """
        now = self.clock()
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            item, source = await self._theirs(tx, by, id)
            agreed = await moderators.entitled(
                tx, item.approved, May.RELAY_ITEM, source.districts, self.atlas.tree
            )
            done = item.approve(
                by,
                edition=edition,
                source=source,
                agreed=agreed,
                branches=await staff.branches(tx),
                now=now,
            )
            if done.state is ItemState.APPROVED:
                done = await self._send(tx, done, source, now)
            await items.save(tx, done)
        return done

    async def reject(self, by: Staff, id: ItemId, edition: int) -> Item:
        """Keep an item from being published."""
        now = self.clock()
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            item, _ = await self._theirs(tx, by, id)
            rejected = item.reject(by, edition=edition, now=now)
            await items.save(tx, rejected)
            await ledger.add(tx, "item.rejected", item.subject, 1, now)
        return rejected

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
            pairs = [(i, s) for i, s in pairs if mine & tree.concerned(s.districts)]
        return pairs[:SHOWN]

    async def why(self, id: ItemId) -> tuple[Item, Source]:
        """A published item with its source, for anybody, unless it is hidden or taken back."""
        async with self.db.tx(write=False) as tx:
            item = await items.get(tx, id)
            source = await sources.get(tx, item.source) if item is not None else None
            sent = await published.newest(tx, item.subject, kind=Kind.ITEM) if item else None
        if item is None or source is None or item.state not in PUBLISHED:
            raise Gone
        if sent is not None and sent.state in (State.MASKED, State.RECALLED):
            raise Gone
        return item, source

    async def expire_due(self) -> int:
        """The heartbeat: let go what waited 72 hours; returns how many."""
        async with self.db.tx() as tx:
            return await items.expire(tx, self.clock())

    def city(self, source: Source) -> District:
        """The city whose wall clock is shown with times of a source."""
        return view.city_of(source, self.atlas.tree)

    async def _theirs(self, tx: Tx, by: Staff, id: ItemId) -> tuple[Item, Source]:
        item = await items.get(tx, id)
        source = await sources.get(tx, item.source, lock=True) if item is not None else None
        if item is None or source is None:
            raise Gone
        by.require(May.RELAY_ITEM, source.districts, self.atlas.tree)
        return item, source

    async def _send(self, tx: Tx, item: Item, source: Source, now: datetime) -> Item:
        content = canonical(f"{item.title}\n{item.summary}\n{item.link}").encode()
        sent = item.sent(publications.mint(tx.keys, item.subject, content), now)
        city = self.city(source)
        draft = Draft(
            kind=Kind.ITEM,
            subject=sent.subject,
            code=sent.code,
            lane=Lane.NEWS,
            audience=_audience(source),
            texts=_texts(sent, source, city),
            expires_at=now + LIFETIME,
        )
        await publications.accept(tx, draft, now)
        await ledger.add(tx, "item.published", sent.subject, len(sent.approved), now)
        return sent


def _audience(source: Source) -> Audience:
    return Audience(source.districts, Want.NEWS)


def _texts(item: Item, source: Source, city: District) -> dict[str, Message]:
    """Each language in full, and short for those who chose that."""
    texts = {}
    for t in map(translator, LANGUAGES):
        texts[t.lang] = view.published(item, source, city, t)
        texts[f"{t.lang}.lite"] = view.lite(item, source, t)
    return texts
