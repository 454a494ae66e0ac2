"""What a source showed before it was vetted: its newest items, for the queue if moderators want."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.domain.entries import Entry, FeedDocument
from bot.domain.errors import Gone, Refused
from bot.domain.items import LIFETIME
from bot.domain.sources import Source, SourceId
from bot.domain.staff import May, Staff
from bot.services import arrivals, intake, sentinel
from bot.services.acting import acting
from bot.services.atlas import Atlas
from bot.services.intake import News, headline, stated
from bot.services.reading import Read, read
from feeds.decide import decide
from feeds.fetch import Fetcher
from feeds.parse import Parser
from storage import items, ledger, newest, polls, sources
from storage.db import Database, Tx
from storage.polls import Poll

MOST = 3
_NO_DATE = datetime.min.replace(tzinfo=UTC)


class TakenBefore(Refused):
    """They were taken over before: once, so that nobody fills the queue with an archive."""

    key = "newest-before"


class NoNews(Refused):
    """It was vetted so long ago that what was there then is no news."""

    key = "newest-late"


class NotReadYet(Refused):
    """Its feed was not read since it was vetted."""

    key = "newest-unread"


class NothingThere(Refused):
    """Nothing that was there at first sight is there still."""

    key = "newest-none"


class NotAsVetted(Refused):
    """Its server answers otherwise than it was vetted."""

    key = "newest-drift"


@dataclass(frozen=True, slots=True)
class Newest:
    """Takes over what the silent first reading passed by; ``clock`` gives aware UTC."""

    db: Database
    atlas: Atlas
    clock: Callable[[], datetime]
    fetcher: Fetcher
    parser: Parser

    async def offered(self, by: Staff, source: Source) -> bool:
        """Whether there is anything for this person to take over."""
        if not by.may(May.RELAY_ITEM, source.districts, self.atlas.tree):
            return False
        async with self.db.tx(write=False) as tx:
            return self._fresh(source) and not await newest.taken(tx, source.id)

    async def take(self, by: Staff, id: SourceId) -> int:
        """Put the newest of what was there at first sight in the queue; returns how many.

        Raises ``feeds.failures.FeedRefused`` where the feed cannot be read.
        """
        async with self.db.tx(write=False) as tx:
            source, _ = await self._theirs(tx, by, id)
        answer = await read(self.fetcher, self.parser, source.address)
        assert isinstance(answer, Read)
        now = self.clock()
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            source, poll = await self._theirs(tx, by, id, lock=True)
            if await sentinel.watch(tx, source, answer.fetched, poll.issuer) is not None:
                raise NotAsVetted  # the poll will hold it
            there = await _there(tx, source, poll, answer.document, now)
            if not there:
                raise NothingThere
            taken = reversed(there[:MOST])
            news = [News(source, answer.document, entry, identity) for identity, entry in taken]
            await intake.queue(tx, news, now)
            await ledger.add(tx, newest.ACTION, f"source:{id}", 1, now)
        return len(there[:MOST])

    async def _theirs(
        self, tx: Tx, by: Staff, id: SourceId, *, lock: bool = False
    ) -> tuple[Source, Poll]:
        source = await sources.get(tx, id, lock=lock)
        if source is None:
            raise Gone
        by.require(May.RELAY_ITEM, source.districts, self.atlas.tree)
        if not self._fresh(source):
            raise NoNews
        if await newest.taken(tx, id):
            raise TakenBefore
        poll = await polls.get(tx, id)
        if poll is None or not poll.sighted:
            raise NotReadYet
        return source, poll

    def _fresh(self, source: Source) -> bool:
        vetted = source.vetted_at
        return source.relays and vetted is not None and self.clock() < vetted + LIFETIME


async def _there(
    tx: Tx, source: Source, poll: Poll, document: FeedDocument, now: datetime
) -> list[tuple[int, Entry]]:
    """Entries whose keys are known, but no item: with their identities, the newest first."""
    known = await arrivals.known(tx, {source.id: document.entries})
    decision = decide(known[source.id], document, guid_reused=poll.guid_reused)
    sighted = {one.entry: one.item for one in (*decision.same, *decision.changed)}
    shown = [(sighted[entry], entry) for entry in document.entries if entry in sighted]
    quiet = [
        (identity, entry)
        for identity, entry in shown
        if headline(entry) and await items.by_identity(tx, identity) is None
    ]
    # Stable: where nothing is dated, a feed's own order stands.
    return sorted(quiet, key=lambda one: stated(one[1], now) or _NO_DATE, reverse=True)
