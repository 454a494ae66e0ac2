"""Sources: proposed, vetted by a second person, held by one, lifted or revoked by two."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.domain.cascades import Since, cut_at
from bot.domain.districts import DistrictId, UnknownDistrict
from bot.domain.errors import Gone
from bot.domain.evidence import Check
from bot.domain.items import ItemId
from bot.domain.lookalike import lookalike
from bot.domain.outbox import Lane
from bot.domain.sources import (
    Found,
    Hold,
    Motion,
    Reason,
    Source,
    SourceId,
    SourceKnown,
    SourceState,
)
from bot.domain.staff import May, Staff, StaffId
from bot.i18n import Translator
from bot.services import moderators, sentinel, suspension
from bot.services.acting import acting
from bot.services.atlas import Atlas
from bot.services.looking import found_in, look
from bot.services.polls import Polling
from bot.services.reading import Read, domain_of, read
from bot.views import notices
from bot.views.message import Message, Say, encode
from bot.views.sources import PAGE, Entry, Page
from feeds.fetch import Fetcher
from feeds.parse import Parser
from feeds.rhythm import Rhythm
from storage import cascades, evidence, items, ledger, outbox, polls, sources, staff
from storage.db import Database, Tx


@dataclass(frozen=True, slots=True)
class Sources:
    """The use cases of sources. ``fetcher`` and ``parser`` are opened by whoever built them.

    ``wake`` tells delivery of a message that must not wait until the update is handled.
    """

    db: Database
    atlas: Atlas
    clock: Callable[[], datetime]
    fetcher: Fetcher
    parser: Parser
    rhythm: Rhythm = field(default_factory=Rhythm)
    wake: Callable[[], None] = field(default=lambda: None)

    async def look(
        self, by: Staff, typed: str, *, first: Callable[[str], Message] | None = None
    ) -> Found:
        """Read what somebody wants to propose; raises ``feeds.failures.FeedRefused``.

        ``first`` renders a message (given the host) that is sent before the wait.
        """
        by.require_anywhere(May.NOMINATE_SOURCE)
        address = self.fetcher.guard.parse(typed)
        if first is not None:
            await self._say(by, first(address.host))
        return await look(self.db, self.fetcher, self.parser, address)

    async def propose(self, by: Staff, found: Found, districts: frozenset[DistrictId]) -> Source:
        """Nominate what ``look`` found; the proposer is the first of two if they may vet there."""
        if not districts:
            raise UnknownDistrict
        now, tree = self.clock(), self.atlas.tree
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            by.require(May.NOMINATE_SOURCE, districts, tree)
            agreed = (by.id,) if by.may(May.VET_SOURCE, districts, tree) else ()
            source = await sources.add(
                tx, found, districts=districts, by=by.id, agreed=agreed, now=now
            )
            digest = found.digest
            await evidence.add(tx, source.id, Check.ARCHIVE, by=by.id, now=now, digest=digest)
            await evidence.add(tx, source.id, Check.INTEREST, by=by.id, now=now)
            await ledger.add(tx, "source.nominated", f"source:{source.id}", 1, now)
            await self._tell(tx, source, lambda s, t: notices.nominated(s, found, t), by, now)
        return source

    async def move(
        self,
        by: Staff,
        id: SourceId,
        motion: Motion,
        *,
        mark: str = "",
        since: Since = Since.VETTING,
        item: ItemId | None = None,
    ) -> Source:
        """Ask for a motion or, as the second person, carry exactly what ``mark`` names.

        ``since`` (with its ``item``) says from when on a revocation takes back.
        """
        now = self.clock()
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            source = await self._theirs(tx, by, id, May.VET_SOURCE)
            poll = await polls.get(tx, id)
            first = await items.get(tx, item) if item is not None else None
            if first is not None and first.source != id:
                raise Gone
            moved = source.move(
                motion,
                by,
                agreed=await self._agreed(tx, source),
                branches=await staff.branches(tx),
                now=now,
                log=await evidence.log(tx, id),
                target=poll.moved if poll is not None else "",
                cut=cut_at(since, source, first, now),
                mark=mark,
            )
            if moved.address != source.address:
                moved = await self._adopt(tx, source, moved, now)
            saved = await sources.save(tx, moved)
            if saved.motion is not None:
                await self._tell(tx, saved, notices.motion, by, now)
            else:
                await self._carry(tx, saved, motion, now)
                await self._tell(tx, saved, notices.settled, by, now)
        if motion in (Motion.VET, Motion.ADOPT) and saved.motion is None and saved.watched:
            await self.polling.one(id)
        return saved

    async def object(self, by: Staff, id: SourceId) -> Source:
        """Drop the pending motion."""
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            source = await self._theirs(tx, by, id, May.VET_SOURCE)
            return await sources.save(tx, source.object())

    async def hold(self, by: Staff, id: SourceId) -> Source:
        """Stop relaying at once. One person suffices; it stays until two lift or revoke it."""
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            source = await self._theirs(tx, by, id, May.HOLD)
            return await sentinel.hold(
                tx, self.atlas.tree, source, Hold.PERSON, self.clock(), by=by.id
            )

    async def reject(self, by: Staff, id: SourceId, reason: Reason) -> Source:
        """Refuse a nomination; the address and title are forgotten."""
        now = self.clock()
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            source = await self._theirs(tx, by, id, May.VET_SOURCE)
            rejected = await sources.save(tx, source.rejected(reason, now))
            await evidence.forget(tx, id)
            await sources.forget_addresses(tx, id)
            await ledger.add(tx, "source.rejected", f"source:{id}", 1, now)
            title = source.title
            await self._tell(tx, rejected, lambda s, t: notices.rejected(title, s, t), by, now)
        return rejected

    async def test(self, by: Staff, id: SourceId) -> Found:
        """Read a source without storing anything; raises ``feeds.failures.FeedRefused``."""
        async with self.db.tx(write=False) as tx:
            source = await self._theirs(tx, by, id, May.NOMINATE_SOURCE)
        if not source.address:
            raise Gone
        answer = await read(self.fetcher, self.parser, source.address)
        assert isinstance(answer, Read)
        return found_in(answer, source.address)

    async def page(self, by: Staff, number: int) -> Page:
        """The list: what waits for a decision first."""
        _require_sight(by)
        async with self.db.tx(write=False) as tx:
            total = await sources.count(tx)
            number = max(0, min(number, (total - 1) // PAGE))
            found = await sources.page(tx, offset=number * PAGE, limit=PAGE)
            polled = await polls.named(tx, {source.id for source in found})
        return Page(tuple(Entry(s, polled.get(s.id)) for s in found), number, total)

    async def entry(self, by: Staff, id: SourceId) -> Entry:
        """One source with its evidence, how its polling goes and what is being taken back."""
        _require_sight(by)
        async with self.db.tx(write=False) as tx:
            source = await sources.get(tx, id)
            if source is None or source.state is SourceState.REJECTED:
                raise Gone
            log = tuple(await evidence.log(tx, id))
            like = ""
            if source.state is SourceState.NOMINATED:
                like = lookalike(source.domain, await sources.pinned(tx)) or ""
            sent, poll = await items.sent(tx, id), await polls.get(tx, id)
            return Entry(source, poll, sent, log, await cascades.get(tx, id), like)

    @property
    def polling(self) -> Polling:
        """Reads what was vetted, now and whenever it is due."""
        return Polling(self.db, self.atlas, self.clock, self.fetcher, self.parser, self.rhythm)

    async def _theirs(self, tx: Tx, by: Staff, id: SourceId, what: May) -> Source:
        source = await sources.get(tx, id)
        if source is None:
            raise Gone
        by.require(what, source.districts, self.atlas.tree)
        return source

    async def _agreed(self, tx: Tx, source: Source) -> list[Staff]:
        return await moderators.entitled(
            tx, source.agreed, May.VET_SOURCE, source.districts, self.atlas.tree
        )

    async def _carry(self, tx: Tx, source: Source, motion: Motion, now: datetime) -> None:
        match motion:
            case Motion.VET:
                await polls.start(tx, source.id, address=source.address, now=now)
            case Motion.LIFT:
                await suspension.resume(tx, source.id)
            case Motion.REVOKE:
                assert source.cut is not None
                await suspension.cancel(tx, source.id, now)
                await cascades.begin(tx, source.id, source.cut)
                await polls.stop(tx, source.id)
            case Motion.ADOPT:
                await polls.adopt(tx, source.id, address=source.address, now=now)
            case Motion.TRUST | Motion.REVIEW:
                pass
        await ledger.add(tx, f"source.{motion}", f"source:{source.id}", 2, now)

    async def _adopt(self, tx: Tx, before: Source, moved: Source, now: datetime) -> Source:
        """Pin the new address and its domain, unless another source has it."""
        other = await sources.known(tx, moved.address)
        if other is not None and other.id != before.id:
            raise SourceKnown
        await sources.adopt(tx, before.id, before.address)
        return replace(moved, domain=domain_of(moved.address), since=now)

    async def _tell(
        self,
        tx: Tx,
        source: Source,
        render: Callable[[Source, Translator], Message],
        by: Staff,
        now: datetime,
    ) -> None:
        """Tell the others who decide there."""
        await moderators.about(tx, source, render, self.atlas.tree, now, but=by.id)

    async def _say(self, to: Staff, message: Message) -> None:
        async with self.db.tx() as tx:
            chat = await staff.chat_of(tx, StaffId(to.id))
            if chat is not None:
                task = encode(Say(message))
                now = self.clock()
                await outbox.add(tx, lane=Lane.REPLY, chat=chat[0], task=task, now=now)
        self.wake()


def _require_sight(by: Staff) -> None:
    """Whoever may hold a source has to see it."""
    if not by.may_anywhere(May.HOLD):
        by.require_anywhere(May.NOMINATE_SOURCE)
