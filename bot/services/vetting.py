"""The checklist of a source: each item ticked by a person, kept in a log that only grows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.errors import Gone
from bot.domain.evidence import Check, NoEvidenceLink, standing
from bot.domain.sources import Source, SourceChanged, SourceId, SourceState
from bot.domain.staff import May, Staff
from bot.services.acting import acting
from bot.services.atlas import Atlas
from feeds import clean
from storage import evidence, sources
from storage.db import Database, Tx

_CLOSED = (SourceState.REVOKED, SourceState.REJECTED)


@dataclass(frozen=True, slots=True)
class Vetting:
    """The use cases of evidence; ``clock`` gives aware UTC."""

    db: Database
    atlas: Atlas
    clock: Callable[[], datetime]

    async def tick(self, by: Staff, id: SourceId, check: Check, *, on: bool) -> bool:
        """Say that a check is done, or take that back; returns whether that changed anything.

        A second press of the same button changes nothing.
        """
        now = self.clock()
        async with self.db.tx() as tx:
            by, source = await self._theirs(tx, by, id)
            held = standing(await evidence.log(tx, id)).get(check, ())
            mine = any(line.by == by.id for line in held)
            if on == (mine if on or check is Check.INTEREST else bool(held)):
                return False
            await evidence.add(tx, source.id, check, by=by.id, now=now, ticked=on)
        return True

    async def link(self, by: Staff, id: SourceId, check: Check, typed: str) -> None:
        """Tick a check with the link that shows it; raises ``NoEvidenceLink``.

        The same rules hold as for links of items: no names of users in it, no bare addresses.
        """
        text = typed.strip()
        shown = clean.link(text if "://" in text else f"https://{text}")
        if not shown or len(text.split()) != 1:
            raise NoEvidenceLink
        now = self.clock()
        async with self.db.tx() as tx:
            by, source = await self._theirs(tx, by, id)
            await evidence.add(tx, source.id, check, by=by.id, now=now, link=shown)

    async def _theirs(self, tx: Tx, by: Staff, id: SourceId) -> tuple[Staff, Source]:
        by = await acting(tx, by)
        source = await sources.get(tx, id, lock=True)
        if source is None:
            raise Gone
        by.require(May.VET_SOURCE, source.districts, self.atlas.tree)
        if source.state in _CLOSED:
            raise SourceChanged
        return by, source
