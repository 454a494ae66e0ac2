"""Lists of feeds in and out: an import proposes and never vets, an export holds no people.

An import may be broken off at any moment and begun again: what is known by then is not asked again.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.domain.districts import DistrictId
from bot.domain.sources import SourceKnown, SourceState
from bot.domain.staff import May
from bot.services import moderators
from bot.services.looking import look
from bot.services.nominations import Nominations, nominate
from bot.views import nominations as view
from feeds import opml
from feeds.addresses import Address
from feeds.failures import FeedRefused
from feeds.opml import Outline
from storage import sources
from storage.db import StorageUnavailable, Tx

AT_ONCE = 16
"""Feeds of different hosts read side by side; one host is asked one thing at a time."""
EXPORTED = frozenset(SourceState) - {SourceState.REJECTED, SourceState.REVOKED}
_TITLE = "Tocsin"

log = logging.getLogger(__name__)


class Fate(StrEnum):
    """What became of one outline."""

    NOMINATED = "nominated"
    KNOWN = "known"
    REPEATED = "repeated"
    """The list names the address a second time."""
    REJECTED = "rejected"
    """Moderators refused the address before; it is not put to them again from a list."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Told:
    """An outline and what became of it; ``why`` is set where it failed."""

    outline: Outline
    fate: Fate
    why: FeedRefused | None = None


@dataclass(slots=True)
class Import:
    """One import. ``told`` grows as it goes on, so that whoever breaks it off can read it."""

    desk: Nominations
    districts: frozenset[DistrictId]
    told: list[Told] = field(default_factory=list)

    def count(self, fate: Fate) -> int:
        """How many ended so."""
        return sum(one.fate is fate for one in self.told)

    async def run(self, outlines: Sequence[Outline], advance: Callable[[int], None]) -> None:
        """Propose every feed that is not known; ``advance`` hears of each that is done.

        Moderators get one notice at the end, also when it was broken off.
        """
        room = asyncio.Semaphore(AT_ONCE)

        async def visit(outline: Outline, address: Address) -> None:
            async with room:
                self.told.append(await self._one(outline, address))
            advance(1)

        visits = []
        met: set[str] = set()
        for outline in outlines:
            try:
                address = self.desk.fetcher.guard.parse(outline.address)
            except FeedRefused as no:
                self.told.append(Told(outline, Fate.FAILED, no))
                advance(1)
                continue
            if address.url in met:
                self.told.append(Told(outline, Fate.REPEATED))
                advance(1)
                continue
            met.add(address.url)
            visits.append(visit(outline, address))
        try:
            async with asyncio.TaskGroup() as group:
                for one in visits:
                    group.create_task(one)
        finally:
            await self._tell()

    async def _one(self, outline: Outline, address: Address) -> Told:
        async with self.desk.db.tx(write=False) as tx:
            if await sources.known(tx, address.url) is not None:
                return Told(outline, Fate.KNOWN)
            if await sources.rejection(tx, address.url) is not None:
                return Told(outline, Fate.REJECTED)
        try:
            return await self._nominate(outline, address)
        except SourceKnown:
            return Told(outline, Fate.KNOWN)
        except FeedRefused as no:
            return Told(outline, Fate.FAILED, no)
        except StorageUnavailable:
            raise
        except Exception as problem:
            # One feed that breaks us must not keep the others out. Its type only: see polls.
            log.warning("a feed of the list could not be read: %s", type(problem).__name__)
            return Told(outline, Fate.FAILED, FeedRefused())

    async def _nominate(self, outline: Outline, address: Address) -> Told:
        desk = self.desk
        found = await look(desk.db, desk.fetcher, desk.parser, address)
        if found.rejected is not None:
            return Told(outline, Fate.REJECTED)
        async with desk.db.tx() as tx:
            topics = frozenset(outline.topics)
            source = await nominate(tx, found, self.districts, topics, desk.clock())
            if found.address != address.url:
                # The list goes on naming the old address: it is not asked again.
                await sources.adopt(tx, source.id, address.url)
        return Told(outline, Fate.NOMINATED)

    async def _tell(self) -> None:
        count = self.count(Fate.NOMINATED)
        if not count:
            return
        async with self.desk.db.tx() as tx:
            await moderators.tell(
                tx,
                lambda t: view.listed(count, t),
                may=May.VET_SOURCE,
                districts=self.districts,
                tree=self.desk.atlas.tree,
                cause=f"list:{int(self.desk.clock().timestamp())}",
                now=self.desk.clock(),
            )


async def export(tx: Tx, now: datetime) -> tuple[bytes, int]:
    """The list of sources that were not refused or revoked, and how many they are."""
    listed = await sources.page(tx, offset=0, limit=await sources.count(tx))
    found = sorted((one for one in listed if one.state in EXPORTED), key=lambda one: one.id)
    outlines = [
        Outline(one.address, one.title, tuple(sorted(one.topics)), one.language) for one in found
    ]
    return opml.write(outlines, title=_TITLE, written=now), len(outlines)
