"""A dry run of one source: read now, sorted as it would be, and everything undone again."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from time import perf_counter

from bot.domain.entries import FeedDocument
from bot.domain.items import Item
from bot.domain.sources import Hold, Source, SourceState
from bot.services import arrivals, relay
from bot.services.arrivals import Brought
from bot.services.atlas import Atlas
from bot.services.looking import found_in
from bot.services.reading import Read, domain_seen, parsed
from bot.views.message import Message
from feeds.addresses import Address
from feeds.fetch import Fetched, Fetcher
from feeds.parse import Parser
from feeds.stopwatch import Laps, Stopwatch
from storage import items, polls, sources
from storage.db import Database, Tx
from storage.polls import Poll

_ALL = 100_000
_CODE = "TEST-ITEM"


@dataclass(frozen=True, slots=True)
class Sorted:
    """What would become of a document. ``hold`` is why the source would be held.

    ``first_sight``: a real first reading would take all of it as seen and relay nothing; ``new``
    are then the items as they would be judged if they came later. ``preview`` is the newest one.
    """

    first_sight: bool
    new: Sequence[Item]
    edited: Sequence[Item]
    hold: Hold | None
    preview: Message | None


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a reading showed. ``source`` is made up where the address is not ``known``.

    ``whole`` (the fetch) and ``parse`` are seconds. ``other_domain``: it came from elsewhere than
    the pinned domain, so that it would not even be looked into.
    """

    source: Source
    known: bool
    fetched: Fetched
    document: FeedDocument
    laps: Laps
    whole: float
    parse: float
    other_domain: bool
    sorted: Sorted


@dataclass(frozen=True, slots=True)
class Rehearsing:
    """Reads and sorts without storing anything. ``stopwatch`` is the fetcher's."""

    db: Database
    atlas: Atlas
    fetcher: Fetcher
    parser: Parser
    stopwatch: Stopwatch

    async def run(self, known: Source | None, address: Address, now: datetime) -> Rehearsal:
        """Read an address, of a source that is known or of nobody's.

        Raises ``feeds.failures.FeedRefused``.
        """
        began = perf_counter()
        fetched = await self.fetcher.fetch(address.url)
        assert isinstance(fetched, Fetched)
        read_at = perf_counter()
        read = await parsed(self.parser, fetched)
        parse = perf_counter() - read_at
        async with _undone(self.db) as tx:
            source = known or await self._stand_in(tx, read, address, now)
            sorted_ = await self._sort(tx, source, read, now)
        return Rehearsal(
            source=source,
            known=known is not None,
            fetched=fetched,
            document=read.document,
            laps=self.stopwatch.laps,
            whole=read_at - began,
            parse=parse,
            other_domain=domain_seen(fetched.address, source) != source.domain,
            sorted=sorted_,
        )

    async def _sort(self, tx: Tx, source: Source, read: Read, now: datetime) -> Sorted:
        relaying = replace(source, state=SourceState.PROBATION, vetted_at=source.vetted_at or now)
        poll = await polls.get(tx, source.id)
        if poll is None:
            await polls.start(tx, source.id, address=source.address, now=now)
            poll = Poll(source.id, source.address, next_poll=now)
        before = {item.id for item in await items.queued(tx, now, limit=_ALL)}
        as_if = replace(poll, sighted=True)
        brought = Brought(relaying, as_if, read.document)
        outcome = (await arrivals.store(tx, [brought], now))[source.id]
        queued = await items.queued(tx, now, limit=_ALL)
        new = [item for item in queued if item.source == source.id and item.id not in before]
        return Sorted(
            first_sight=not poll.sighted,
            new=new,
            edited=outcome.edited,
            hold=outcome.hold if poll.sighted else None,
            preview=self._preview(new[-1], relaying) if new else None,
        )

    async def _stand_in(self, tx: Tx, read: Read, address: Address, now: datetime) -> Source:
        found = found_in(read, address.url)
        places = frozenset(root.id for root in self.atlas.tree.children(None))
        return await sources.add(tx, found, districts=places, by=None, agreed=(), now=now)

    def _preview(self, item: Item, source: Source) -> Message:
        shown = replace(item, code=_CODE)
        return relay.texts(shown, source, (), self.atlas.tree)["en"]


class _Undone(Exception):
    """Ends a transaction without a trace."""


@asynccontextmanager
async def _undone(db: Database) -> AsyncIterator[Tx]:
    """A transaction of which nothing stays."""
    with suppress(_Undone):
        async with db.tx() as tx:
            yield tx
            raise _Undone
