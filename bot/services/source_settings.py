"""How a source is read and where its items go: set by one person who may vet it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.districts import DistrictId
from bot.domain.errors import Gone, Stale
from bot.domain.routes import MOST_ROUTES, TooManyRoutes
from bot.domain.sources import Route, Source, SourceChanged, SourceId, SourceState
from bot.domain.staff import May, Staff
from bot.domain.topics import TOPICS
from bot.services.acting import acting
from bot.services.atlas import Atlas
from storage import ledger, polls, sources
from storage.db import Database

_CLOSED = (SourceState.REVOKED, SourceState.REJECTED)


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """The use cases; each is one transaction."""

    db: Database
    atlas: Atlas
    clock: Callable[[], datetime]

    async def urgent(self, by: Staff, id: SourceId, *, on: bool) -> Source:
        """Read it every minute, from now on."""
        changed = await self._change(by, id, lambda s: replace(s, urgent=on))
        if on:
            async with self.db.tx() as tx:
                await polls.hurry(tx, id, self.clock())
        return changed

    async def pictures(self, by: Staff, id: SourceId, *, on: bool) -> Source:
        """Show one picture of an item, by reference."""
        return await self._change(by, id, lambda s: replace(s, pictures=on))

    async def language(self, by: Staff, id: SourceId, tag: str) -> Source:
        """What language its items are in, whatever its documents say; empty: as they say."""
        return await self._change(by, id, lambda s: replace(s, language=tag))

    async def topic(self, by: Staff, id: SourceId, name: str, *, on: bool) -> Source:
        """What it is about; what an imported list brought can only be taken away."""
        if on and name not in TOPICS:
            raise Gone

        def change(source: Source) -> Source:
            topics = source.topics | {name} if on else source.topics - {name}
            return replace(source, topics=topics)

        return await self._change(by, id, change)

    async def add_route(
        self, by: Staff, id: SourceId, words: frozenset[str], district: DistrictId
    ) -> Source:
        """Items with one of these words concern a district; the same words twice make one route."""
        by.require(May.VET_SOURCE, [self.atlas.tree.get(district).id], self.atlas.tree)

        def change(source: Source) -> Source:
            places = frozenset({district})
            others = []
            for route in source.routes:
                if route.words == words:
                    places |= route.districts
                else:
                    others.append(route)
            if len(others) >= MOST_ROUTES:
                raise TooManyRoutes(n=MOST_ROUTES)
            return replace(source, routes=(*others, Route(words, places)))

        return await self._change(by, id, change)

    async def drop_route(self, by: Staff, id: SourceId, number: int, version: int) -> Source:
        """Remove the route with this number, as it was when the list was shown."""

        def change(source: Source) -> Source:
            if source.version != version or not 0 <= number < len(source.routes):
                raise Stale
            kept = (*source.routes[:number], *source.routes[number + 1 :])
            return replace(source, routes=kept)

        return await self._change(by, id, change)

    async def _change(self, by: Staff, id: SourceId, change: Callable[[Source], Source]) -> Source:
        now = self.clock()
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            source = await sources.get(tx, id, lock=True)
            if source is None:
                raise Gone
            by.require(May.VET_SOURCE, source.districts, self.atlas.tree)
            if source.state in _CLOSED:
                raise SourceChanged
            changed = change(source)
            if changed == source:
                return source
            saved = await sources.save(tx, changed)
            await ledger.add(tx, "source.settings", f"source:{id}", 1, now)
        return saved
