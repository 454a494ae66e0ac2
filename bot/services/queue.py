"""The queue of news as each moderator has it, and the quiet word that something waits there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.districts import Districts
from bot.domain.items import Item
from bot.domain.sources import Source
from bot.domain.staff import May, Staff, StaffId
from bot.services import notices
from bot.services.atlas import Atlas
from bot.views import items as view
from storage import items, nudges, sources, staff
from storage.db import Database, Tx

LIMIT = 500
"""Items of the queue looked at for one card."""
HOUR = timedelta(hours=1)
Waiting = Sequence[tuple[Item, Source]]


async def waiting(tx: Tx, now: datetime) -> Waiting:
    """What waits for moderators, oldest first, with its source; nothing of a held one."""
    found = await items.queued(tx, now, limit=LIMIT)
    known = await sources.named(tx, {item.source for item in found})
    return [(item, known[item.source]) for item in found if known[item.source].relays]


def within(by: Staff, found: Waiting, tree: Districts) -> Waiting:
    """What of it this person may decide about, their own approvals included."""
    return [(i, s) for i, s in found if by.may(May.RELAY_ITEM, s.districts, tree)]


def undecided(by: Staff, found: Waiting) -> Waiting:
    """What this person has not approved yet."""
    return [(item, source) for item, source in found if by.id not in item.approved]


@dataclass(frozen=True, slots=True)
class Nudges:
    """Tells moderators that news wait; ``clock`` gives aware UTC."""

    db: Database
    atlas: Atlas
    clock: Callable[[], datetime]

    async def run(self) -> int:
        """Tell whom new items wait for, each once an hour at most; returns how many are told.

        Whoever has a card open sees the queue and is not told.
        """
        now, told = self.clock(), 0
        async with self.db.tx(write=False) as tx:
            if not await waiting(tx, now):
                return 0
        async with self.db.tx() as tx:
            found, last = await waiting(tx, now), await nudges.last(tx)
            for one in await staff.listed(tx):
                mine = undecided(one, within(one, found, self.atlas.tree))
                if _is_news(one.id, mine, last.get(one.id), now):
                    told += await self._tell(tx, one.id, len(mine), now)
        return told

    async def _tell(self, tx: Tx, id: StaffId, count: int, now: datetime) -> int:
        await nudges.note(tx, id, now)
        return await notices.tell(tx, [id], lambda t: view.nudge(count, t), now, cause="queue")


def _is_news(id: StaffId, mine: Waiting, last: datetime | None, now: datetime) -> bool:
    if any(i.claimed_by == id and i.claimed_until and i.claimed_until > now for i, _ in mine):
        return False
    if last is None:
        return bool(mine)
    return now - last >= HOUR and any(item.fetched_at > last for item, _ in mine)
