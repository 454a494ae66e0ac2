"""Found things: reported by anybody, listed for everybody."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.lostfound import Find, found
from storage import lostfound
from storage.db import Database

SHOWN = 10


@dataclass(frozen=True, slots=True)
class LostFound:
    """The use cases of found things."""

    db: Database
    clock: Callable[[], datetime]

    async def report(self, typed: str) -> None:
        """Keep what somebody found; raises what ``bot.domain.lostfound.found`` raises."""
        find = found(typed, self.clock())
        async with self.db.tx() as tx:
            await lostfound.add(tx, find)

    async def latest(self) -> list[Find]:
        """The newest finds."""
        async with self.db.tx(write=False) as tx:
            return await lostfound.newest(tx, limit=SHOWN)
