"""Does what is due to sources: probation that is ripe, a review, a long silence."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.sources import SourceId
from bot.domain.upkeep import Happening, pass_time
from bot.services import moderators
from bot.services.atlas import Atlas
from bot.views import notices
from storage import items, ledger, sources
from storage.db import Database

ROUND = 50
_DECIDED = frozenset({Happening.REVIEW, Happening.LAPSED, Happening.DORMANT, Happening.AWAKE})
"""What changes the state of a source, so that the ledger keeps it."""


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Applies the rules of time; ``clock`` gives aware UTC."""

    db: Database
    atlas: Atlas
    clock: Callable[[], datetime]

    async def run_due(self) -> int:
        """The heartbeat: one transaction per source; returns how many were looked at."""
        async with self.db.tx(write=False) as tx:
            late = await sources.due(tx, self.clock(), limit=ROUND)
        for id in late:
            await self._one(id)
        return len(late)

    async def _one(self, id: SourceId) -> None:
        now = self.clock()
        async with self.db.tx() as tx:
            source = await sources.get(tx, id, lock=True)
            if source is None or not source.watched:
                return
            later, happened = pass_time(source, await items.newest(tx, id), now)
            saved = await sources.save(tx, later)
            if happened is None:
                return
            if happened in _DECIDED:
                await ledger.add(tx, f"source.{happened}", f"source:{id}", 0, now)
            said = notices.happened
            await moderators.about(
                tx, saved, lambda s, t: said(s, happened, t), self.atlas.tree, now
            )
