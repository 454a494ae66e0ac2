"""From the last byte of a changed document to the first request that posts its news, unpaced.

Publisher, fetch, child, decision, storage, publication and engine are real. A person approves
every item of the product; here somebody does at once, by the same use case, within the figure.
"""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.common.bars import Part
from benchmarks.common.gauge import percentile
from benchmarks.common.programs import child, folder, say, serving
from benchmarks.feeds.scale import Scale

WARM_UP = 5
APART = 1.1
"""Seconds between two items."""


async def measure(order: dict[str, Any]) -> dict[str, list[float]]:
    """Seconds of each item."""
    from benchmarks.delivery import crowd, house
    from benchmarks.delivery.arrivals import arrival
    from benchmarks.feeds import newsroom
    from benchmarks.feeds.publisher import turn
    from bot.services.items import Items
    from feeds.fetch import Fetched, Fetcher, Unchanged
    from feeds.headers import NOTHING_KNOWN, Validators
    from storage import items, polls, staff

    class Timed(Fetcher):
        """Says when the last byte was there."""

        at = 0.0

        async def fetch(
            self, address: str, *, known: Validators = NOTHING_KNOWN
        ) -> Fetched | Unchanged:
            answer = await super().fetch(address, known=known)
            self.at = time.monotonic()
            return answer

    took = []
    with folder() as inside:
        path = inside / "town.db"
        places = await crowd.gather(path, {"town": 1})
        await newsroom.gather(path, [order["address"]], place=places["town"])
        async with newsroom.opened(path) as room, house.opened(path, order["url"]) as sending:
            await newsroom.unsighted(room.db)
            async with Timed(user_agent="benchmark", allow=newsroom.LOOPBACK) as fetcher:
                polling = replace(room.polling, db=sending.db, clock=house.now, fetcher=fetcher)
                desk = Items(sending.db, room.polling.atlas, house.now)
                async with sending.db.tx(write=False) as tx:
                    editor = await staff.by_person(tx, newsroom.SOMEBODY)
                assert editor is not None
                for number in range(order["arrivals"] + WARM_UP + 1):
                    async with sending.db.tx() as tx:
                        due = house.now() - timedelta(seconds=1)
                        await tx.execute(polls.table.update().values(next_poll=due))
                    await polling.round()
                    async with sending.db.tx(write=False) as tx:
                        queued = await items.queued(tx, house.now(), limit=5)
                    for item in queued:
                        await desk.publish(editor, item.id, item.edition)
                        sending.engine.wake()
                        mark = item.title.rpartition(" ")[2]
                        at = await arrival(order["url"], mark)
                        if number > WARM_UP:
                            took.append(at - fetcher.at)
                    turn(order["port"], of=1)
                    # One chat gets one message a second, whatever the pace of all together.
                    await asyncio.sleep(APART)
    return {"took": took}


def run(scale: Scale, _inside: Path) -> Part:
    """The 95th percentile of all."""
    from benchmarks.delivery.programs import stub
    from benchmarks.feeds.newsroom import address

    say(f"arrival: {scale.arrivals} items, one by one")
    with serving("benchmarks.feeds.publisher", {}) as port, stub() as server:
        found = child(
            "feeds.arrival.measure",
            address=address(port, 0, kind="told"),
            port=port,
            url=server.url,
            arrivals=scale.arrivals,
        )
    took = found["took"]
    if len(took) < scale.arrivals:
        raise RuntimeError(f"{len(took)} of {scale.arrivals} items arrived")
    return Part(
        {"fetch_to_request_p95_ms": percentile(took, 0.95) * 1000},
        {"fetched to posted, p50, ms": percentile(took, 0.5) * 1000},
    )
