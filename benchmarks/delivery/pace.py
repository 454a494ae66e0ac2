"""Paced: how much of a permitted rate is used against a strict server that is far away."""

import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from benchmarks.common.bars import Part
from benchmarks.common.programs import child, folder, say
from benchmarks.delivery.arrivals import arrival
from benchmarks.delivery.programs import stub
from benchmarks.delivery.scale import Scale
from benchmarks.delivery.stub import TEXT, Options

WAY, JITTER, BACK = 0.08, 0.1, 0.08
"""Seconds: each request needs 80 ms and 0 to 100 ms more to arrive, its answer 80 ms."""
SETTLING = 2.0
"""Seconds beyond the measured ones in which what was sent last still arrives."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A configured rate, and what the server refuses beyond, both per second."""

    rate: int
    limit: int
    paid: bool = False


TRIALS = (Trial(25, 30), Trial(30, 30), Trial(1000, 1000, paid=True))


async def ours(order: dict[str, Any]) -> dict[str, Any]:
    """The engine at work for so many seconds from the first arrival; the server keeps count."""
    from benchmarks.delivery import crowd, house

    rate, seconds = order["rate"], order["seconds"]
    with folder() as inside:
        path = inside / "ours.db"
        places = await crowd.gather(path, {"place": int(rate * (seconds + 3 * SETTLING))})
        async with house.opened(path, order["url"], rate=rate, paid=order["paid"]) as mine:
            await mine.publish(places["place"], "item:1", f"mark-first {TEXT.decode()}")
            await arrival(order["url"], "mark-first")
            await asyncio.sleep(seconds + SETTLING)  # what is measured is what arrives meanwhile
        return {"check": house.sound(path)}


def use(arrivals: Sequence[float], rate: float, seconds: float) -> float:
    """The share of ``rate`` × ``seconds`` that was accepted in so many seconds from the first."""
    if not arrivals:
        return 0.0
    counted = sum(1 for at in arrivals if at < arrivals[0] + seconds)
    return counted / (rate * seconds)


def run(scale: Scale) -> Part:
    """The slow rates at the same time, since both hardly work; the fast one alone."""
    slow, fast = TRIALS[:2], TRIALS[2]
    with ThreadPoolExecutor(len(slow)) as both:
        found = list(both.map(lambda one: _try(one, scale.slow_seconds), slow))
    found.append(_try(fast, scale.fast_seconds))
    figures = {f"use_{one.rate}": used for one, (used, _) in zip(TRIALS, found, strict=True)}
    refused = {one.rate: refused for one, (_, refused) in zip(TRIALS, found, strict=True)}
    return Part(
        {**figures, "refused_429": sum(refused.values())},
        {f"refusals at {rate}/s": count for rate, count in refused.items()},
    )


def _try(one: Trial, seconds: float) -> tuple[float, int]:
    """Use and refusals of one trial."""
    with stub(Options(limit=one.limit, way=WAY, jitter=JITTER, back=BACK)) as server:
        order = {"url": server.url, "rate": one.rate, "seconds": seconds, "paid": one.paid}
        done = child("delivery.pace.ours", **order)
        report = server.report()
    if done["check"] != "ok" or report["chats"] != report["accepted"]:
        raise RuntimeError(f"{one.rate}/s: copies twice, or a database damaged: {json.dumps(done)}")
    used, refused = use(report["arrivals"], one.rate, seconds), int(report["refused"])
    say(f"pace, {one.rate}/s for {seconds:.0f} s: {used:.3f} used, {refused} refused")
    return used, refused
