"""Does what is due: reminders, the reveal of a place, start, end and purge of rallies."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.districts import Districts
from bot.domain.dues import Due, What, still_reminds
from bot.domain.errors import Gone
from bot.domain.publications import State
from bot.domain.rallies import OPEN, UPCOMING, Rally, RallyId, Stage
from bot.services import rally_desk as desk
from bot.services.atlas import Atlas
from bot.views.rallies import Notice
from storage import dues, publications, rallies
from storage.db import Database, Tx


@dataclass(frozen=True, slots=True)
class Reminders:
    """Runs the dated rows; ``clock`` gives aware UTC."""

    db: Database
    atlas: Atlas
    clock: Callable[[], datetime]

    async def run_due(self) -> int:
        """Do everything that is due, oldest first, each exactly once; returns how many rows.

        A row is taken and acted on in one transaction: a crash in between leaves it due.
        """
        done = 0
        while await self._run_one(self.clock()):
            done += 1
        return done

    async def _run_one(self, now: datetime) -> bool:
        async with self.db.tx() as tx:
            due = await dues.claim(tx, now)
            if due is None:
                return False
            try:
                rally = await rallies.get(tx, RallyId(int(due.subject.partition(":")[2])))
            except Gone:
                return True
            await _act(tx, due, rally, self.atlas.tree, now)
        return True


async def _act(tx: Tx, due: Due, rally: Rally, tree: Districts, now: datetime) -> None:
    match due.what:
        case What.EVE | What.SHORTLY:
            if still_reminds(due.what, rally, now):
                await desk.remind(tx, rally, tree, now, urgent=due.what is What.SHORTLY)
        case What.REVEAL:
            if rally.stage in UPCOMING and rally.hides_place:
                shown = await desk.keep(tx, desk.coded(tx.keys, rally.reveal()), now)
                await desk.publish(tx, shown, Notice.REVEALED, tree, now)
        case What.START:
            if rally.stage in UPCOMING or rally.stage is Stage.SUSPENDED:
                await rallies.save(tx, rally.start(), now)
        case What.END:
            if rally.stage in OPEN:
                await rallies.save(tx, rally.end(), now)
                await publications.mark(tx, rally.subject, State.ENDED)
        case What.PURGE:
            await rallies.remove(tx, rally.id)
