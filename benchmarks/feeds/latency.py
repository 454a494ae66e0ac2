"""A simulated day of an urgent source: from publication to when it is stored and may be posted.

The polling, its rhythm, its storage are real; the clock, the publisher and the reader are not. The
clock goes from beat to beat of the tick; a fetch takes no time.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from benchmarks.common.bars import Part
from benchmarks.common.gauge import percentile
from benchmarks.common.programs import child, folder, say
from benchmarks.feeds.rhythms import DAY, RHYTHMS, day
from benchmarks.feeds.scale import Scale

BEAT = 2
"""Seconds between two beats of the tick."""
POSTED = 0.1
"""Seconds from the fetch to the request that posts it: the bar of ``fetch_to_request_p95_ms``."""
WINDOW = 30
"""Items in the feed."""


@dataclass(slots=True)
class Medium:
    """Stands in for fetching and parsing; notes when it was asked."""

    begin: datetime
    published: list[int]
    clock: Any
    asked: list[float] = field(default_factory=list)

    async def fetch(self, address: str, *, known: Any) -> Any:
        """What the server would answer now."""
        from feeds.failures import NO_HINTS
        from feeds.fetch import Fetched, Unchanged
        from feeds.headers import Validators

        now = (self.clock() - self.begin).total_seconds()
        self.asked.append(now)
        count = sum(at <= now for at in self.published)
        found = Validators(etag=str(count), body_hash=str(count).encode())
        if known.etag == found.etag:
            return Unchanged(known, NO_HINTS, address)
        return Fetched(str(count).encode(), "", address, found, NO_HINTS)

    async def parse(self, body: bytes, **_: Any) -> Any:
        """What reading it would give."""
        from bot.domain.entries import Entry, FeedDocument

        count = int(body)
        entries = [
            Entry(f"{n}", f"https://paper.example/{n}", f"Report {n}", f"What report {n} says")
            for n in range(max(0, count - WINDOW), count)
        ]
        dated = [self._dated(entry) for entry in entries]
        return FeedDocument("Paper", "en", "", tuple(reversed(dated)), items_in_document=WINDOW)

    def _dated(self, entry: Any) -> Any:
        at = self.begin + timedelta(seconds=self.published[int(entry.guid)])
        return replace(entry, published=at)


async def measure(order: dict[str, Any]) -> dict[str, Any]:
    """Seconds from publication to storage of each item, and between any two requests."""
    from benchmarks.feeds import newsroom
    from bot.services.polls import Polling
    from feeds.rhythm import Rhythm
    from storage import items, polls

    begin = datetime(2026, 11, 21, tzinfo=UTC)
    with folder() as inside:
        path = inside / "day.db"
        await newsroom.gather(path, ["https://paper.example/feed"])
        async with newsroom.opened(path) as room:
            await newsroom.unsighted(room.db)
            clock, published = room.clock, day(tuple(order["gaps"]))
            clock.at = begin
            medium: Any = Medium(begin, published, clock)
            polling = Polling(room.db, room.polling.atlas, clock, medium, medium, Rhythm())
            async with room.db.tx() as tx:
                await tx.execute(polls.table.update().values(next_poll=begin))
            while (now := (clock() - begin).total_seconds()) < DAY:
                await polling.round()
                async with room.db.tx(write=False) as tx:
                    due = (await tx.execute(select(func.min(polls.table.c.next_poll)))).scalar_one()
                wait = (due - begin).total_seconds() - now
                clock.at += timedelta(seconds=max(1, -(-wait // BEAT)) * BEAT)
            async with room.db.tx(write=False) as tx:
                rows = await tx.execute(select(items.table.c.published, items.table.c.fetched_at))
                waits = [(fetched - at).total_seconds() for at, fetched in rows]
    return {"waits": waits, "asked": medium.asked, "published": len(published)}


def run(_scale: Scale, _inside: Path) -> Part:
    """Every item of each rhythm's day."""
    waits, facts, closest = list[float](), dict[str, float](), float(DAY)
    for name, gaps in RHYTHMS.items():
        found = child("feeds.latency.measure", gaps=gaps)
        waits += [wait + POSTED for wait in found["waits"]]
        closest = min(closest, *(b - a for a, b in pairwise(found["asked"])))
        facts[f"{name}, items of a day"] = found["published"]
        facts[f"{name}, requests of a day"] = len(found["asked"])
        facts[f"{name}, latency p50, s"] = percentile(found["waits"], 0.5) + POSTED
        say(f"latency, {name}: {facts[f'{name}, latency p50, s']:.0f} s")
    facts["seconds between two requests, least"] = closest
    if closest < 60:
        raise RuntimeError(f"two requests within {closest} s")
    return Part(
        {
            "latency_p50_s": percentile(waits, 0.5),
            "latency_p95_s": percentile(waits, 0.95),
        },
        facts,
    )
