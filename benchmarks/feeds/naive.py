"""A whole round, one source in twenty changed: ours beside feed bots as usually written."""

import asyncio
import io
import sqlite3
import statistics
import time
from pathlib import Path
from typing import Any

from benchmarks.common.bars import Part
from benchmarks.common.programs import child, folder, say, serving
from benchmarks.feeds.scale import Scale

CHANGED = 20
"""One source in so many has a new item in each round: 95 % are unchanged."""
AT_ONCE = 64


async def ours(order: dict[str, Any]) -> dict[str, float]:
    """Read everybody twice, then once more while the clock runs."""
    from benchmarks.feeds import newsroom

    addresses = order["addresses"]
    with folder() as inside:
        path = inside / "ours.db"
        await newsroom.gather(path, addresses)
        async with newsroom.opened(path) as room:
            await newsroom.unsighted(room.db)
            await room.sweep()
            _turn(order)
            await room.sweep()
            _turn(order)
            began = time.perf_counter()
            done = await room.sweep()
            took = time.perf_counter() - began
    if done != len(addresses):
        raise RuntimeError(f"{done} polls instead of {len(addresses)}")
    return {"rate": done / took}


async def theirs(order: dict[str, Any]) -> dict[str, float]:
    """Fetch all with httpx, parse all with feedparser, look each entry up, one commit per feed."""
    import feedparser
    import httpx

    from benchmarks.feeds.documents import rss
    from benchmarks.feeds.publisher import BASE

    addresses = order["addresses"]
    with folder() as inside:
        store = sqlite3.connect(inside / "theirs.db")
        store.execute("CREATE TABLE seen (source TEXT, guid TEXT, PRIMARY KEY (source, guid))")
        room = asyncio.Semaphore(AT_ONCE)
        async with httpx.AsyncClient() as client:

            async def read(address: str) -> None:
                async with room:
                    answer = await client.get(address)
                document = feedparser.parse(io.BytesIO(answer.content))
                for entry in document.entries:
                    row = (address, entry.id)
                    if not store.execute(
                        "SELECT 1 FROM seen WHERE source = ? AND guid = ?", row
                    ).fetchone():
                        store.execute("INSERT INTO seen VALUES (?, ?)", row)
                store.commit()

            known = feedparser.parse(io.BytesIO(rss(BASE))).entries
            for address in addresses:
                rows = [(address, entry.id) for entry in known]
                store.executemany("INSERT INTO seen VALUES (?, ?)", rows)
            store.commit()
            _turn(order)
            began = time.perf_counter()
            await asyncio.gather(*map(read, addresses))
            took = time.perf_counter() - began
        store.close()
    return {"rate": len(addresses) / took}


def run(scale: Scale, _inside: Path) -> Part:
    """The median of ratios within a round."""
    from benchmarks.feeds.newsroom import address

    rates: dict[str, list[float]] = {"ours": [], "theirs": []}
    for number in range(scale.naive_rounds):
        with serving("benchmarks.feeds.publisher", {}) as port:
            where = [address(port, n) for n in range(scale.naive_sources)]
            for side in ("ours", "theirs")[:: -1 if number % 2 else 1]:
                found = child(f"feeds.naive.{side}", port=port, addresses=where)
                rates[side].append(found["rate"])
        ratio = rates["ours"][-1] / rates["theirs"][-1]
        say(f"naive, round {number + 1} of {scale.naive_rounds}: {ratio:.1f} ×")
    ratios = [mine / other for mine, other in zip(rates["ours"], rates["theirs"], strict=True)]
    return Part(
        {"vs_naive": statistics.median(ratios)},
        {
            "95 % unchanged, ours, polls/s": statistics.median(rates["ours"]),
            "95 % unchanged, httpx and feedparser": statistics.median(rates["theirs"]),
        },
    )


def _turn(order: dict[str, Any]) -> None:
    from benchmarks.feeds.publisher import turn

    turn(order["port"], every=CHANGED, of=len(order["addresses"]))
