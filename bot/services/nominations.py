"""The operator's hand on sources: proposes and holds. Vetting is for two of staff, never theirs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.districts import DistrictId
from bot.domain.errors import Gone
from bot.domain.sources import Found, Hold, Source, SourceId
from bot.domain.staff import May
from bot.i18n import Translator
from bot.services import moderators, suspension
from bot.services.atlas import Atlas
from bot.services.looking import look
from bot.views import notices
from bot.views.message import Message
from feeds.addresses import Address
from feeds.fetch import Fetcher
from feeds.parse import Parser
from storage import ledger, sources
from storage.db import Database, Tx


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
            await tell(
                tx,
                self.atlas,
                source,
                lambda s, t: notices.nominated(s, found, t),
                "nominated",
                now,
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
        held = await sources.save(tx, source.held(Hold.OPERATOR, now))
        sent = await suspension.suspend(tx, id, now)
        await ledger.add(tx, "source.held", f"source:{id}", 0, now)
        cause = f"held:{id}:{held.version}"
        await tell(tx, atlas, held, lambda s, t: notices.held(s, sent, t), cause, now)
    return held, sent


async def tell(
    tx: Tx,
    atlas: Atlas,
    source: Source,
    render: Callable[[Source, Translator], Message],
    cause: str,
    now: datetime,
) -> None:
    """Write to whoever decides about the source."""
    await moderators.tell(
        tx,
        lambda t: render(source, t),
        may=May.VET_SOURCE,
        districts=source.districts,
        tree=atlas.tree,
        cause=cause,
        now=now,
    )
