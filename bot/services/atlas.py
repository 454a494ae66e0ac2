"""The tree of districts, held in memory: read at every message, changed hardly ever."""

from dataclasses import dataclass, field

from bot.domain.districts import Districts
from storage import districts
from storage.db import Database


@dataclass(slots=True)
class Atlas:
    """Holds the current tree; ``tree`` is empty until ``load`` ran."""

    db: Database
    tree: Districts = field(default_factory=lambda: Districts.of(()))

    async def load(self) -> Districts:
        """Read the tree again."""
        async with self.db.tx(write=False) as tx:
            self.tree = await districts.load(tx)
        return self.tree
