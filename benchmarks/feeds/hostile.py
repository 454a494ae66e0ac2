"""What hostile documents cost the bot itself: its loop's lag, its memory, and the longest wait."""

import asyncio
import time
from pathlib import Path
from typing import Any

from benchmarks.common.bars import Part
from benchmarks.common.gauge import peak, percentile
from benchmarks.common.programs import child, say
from benchmarks.feeds.scale import Scale

EVERY = 0.005


async def measure(order: dict[str, Any]) -> dict[str, float]:
    """Read all hostile documents and so many mutated ones, as many at once as in the program."""
    from feeds.failures import FeedRefused
    from feeds.parse import Parser
    from tests.feeds.hostile import DOCUMENTS, item, mutated

    worst, unhandled, read = 0.0, 0, 0
    lags = list[float]()

    async def look() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(EVERY)
            lags.append(time.perf_counter() - before - EVERY)

    async def one(parser: Parser, body: bytes) -> None:
        nonlocal worst, unhandled, read
        began = time.perf_counter()
        try:
            await parser.parse(body, address="https://feeds.example.org/x")
            read += 1
        except FeedRefused:
            pass
        except Exception as problem:
            unhandled += 1
            say(f"unhandled: {type(problem).__name__}")
        worst = max(worst, time.perf_counter() - began)

    async def all_of(parser: Parser, bodies: list[bytes]) -> None:
        left = iter(bodies)

        async def lane() -> None:
            for body in left:
                await one(parser, body)

        await asyncio.gather(lane(), lane())

    bodies = [*DOCUMENTS.values(), *mutated(order["mutated"])]
    async with Parser() as parser:
        await parser.parse(item("<title>t</title>"))
        async with peak(every=EVERY) as memory, asyncio.TaskGroup() as group:
            looking = group.create_task(look())
            await all_of(parser, bodies)
            looking.cancel()
    return {
        "p99": percentile(lags, 0.99),
        "most": max(lags),
        "worst": worst,
        "memory": memory.growth,
        "unhandled": unhandled,
        "documents": len(bodies),
        "read": read,
    }


def run(scale: Scale, _inside: Path) -> Part:
    """Once: a document that takes too long takes seconds."""
    found = child("feeds.hostile.measure", mutated=scale.mutated)
    return Part(
        {
            "loop_lag_p99_ms": found["p99"] * 1000,
            "hostile_worst_s": found["worst"],
            "hostile_mb": found["memory"],
            "unhandled": found["unhandled"],
        },
        {
            "hostile and mutated documents": found["documents"],
            "of them read": found["read"],
            "loop lag at most, ms": found["most"] * 1000,
        },
    )
