"""The operator's hand on sources: proposes and holds. Vetting is for two of staff, never theirs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.districts import DistrictId
from bot.domain.errors import Gone
from bot.domain.items import LIFETIME
from bot.domain.sources import Found, Hold, Source, SourceId
from bot.services import moderators, sentinel
from bot.services.atlas import Atlas
from bot.services.looking import look
from bot.views import notices
from feeds.addresses import Address
from feeds.fetch import Fetcher
from feeds.parse import Parser
from storage import items, ledger, sources
from storage.db import Database, Tx

_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Nominations:
    """Proposes sources for nobody of staff: none of the two who vet."""

    db: Database
    atlas: Atlas
    clock: Callable[[], datetime]
    fetcher: Fetcher
    parser: Parser

    async def add(
        self, address: Address, districts: frozenset[DistrictId], topics: frozenset[str]
    ) -> tuple[Source, Found]:
        """Read a feed and nominate it; moderators of its districts are told."""
        found = await look(self.db, self.fetcher, self.parser, address)
        now = self.clock()
        async with self.db.tx() as tx:
            source = await nominate(tx, found, districts, topics, now)
            await moderators.about(
                tx, source, lambda s, t: notices.nominated(s, found, t), self.atlas.tree, now
            )
        return source, found


async def nominate(
    tx: Tx,
    found: Found,
    districts: frozenset[DistrictId],
    topics: frozenset[str],
    now: datetime,
) -> Source:
    """Remember a source that waits for two people; raises ``SourceKnown``."""
    source = await sources.add(
        tx, found, districts=districts, by=None, agreed=(), now=now, topics=topics
    )
    await ledger.add(tx, "source.nominated", f"source:{source.id}", 0, now)
    return source


async def hold(db: Database, atlas: Atlas, id: SourceId, now: datetime) -> tuple[Source, int]:
    """Stop relaying a source at once; returns it and how many recent items that concerns."""
    async with db.tx() as tx:
        source = await sources.get(tx, id, lock=True)
        if source is None:
            raise Gone
        held = await sentinel.hold(tx, atlas.tree, source, Hold.OPERATOR, now)
        recent = await items.published(tx, source=id, since=now - LIFETIME, limit=_MOST)
    return held, len(recent)
