"""What is urgent beside a backlog of a million at 30/s: alerts and replies, one by one."""

import asyncio
import random
import time
from pathlib import Path
from typing import Any

from benchmarks.common.bars import Part
from benchmarks.common.gauge import percentile
from benchmarks.common.programs import child, say
from benchmarks.delivery.arrivals import arrival
from benchmarks.delivery.programs import stub
from benchmarks.delivery.scale import Scale
from benchmarks.delivery.stub import TEXT

RATE = 30
SLOT = 1 / RATE
"""Seconds in which nothing may leave after what left last: no order of sending avoids these."""
ASKERS = 700_000_000
"""First chat id of the people who get replies; they follow nothing."""


async def measure(order: dict[str, Any]) -> dict[str, list[float]]:
    """Seconds until each reply (idle), each reply and each alert (beside the backlog) arrived."""
    from benchmarks.delivery import crowd, house
    from bot.domain.outbox import Lane

    path, url, chance = Path(order["path"]), order["url"], random.Random(5)
    places = await crowd.places_of(path)
    asked = 0
    async with house.opened(path, url, rate=RATE) as mine:

        async def reply() -> float:
            """From before it is queued: its transaction may have to wait as well."""
            nonlocal asked
            asked += 1
            began = time.monotonic()
            await mine.reply(ASKERS + asked, f"mark-reply{asked} {TEXT.decode()}")
            return await arrival(url, f"mark-reply{asked}") - began

        async def alert(number: int) -> float:
            """From when it is queued."""
            place, text = places[f"alert{number}"], f"mark-alert{number} {TEXT.decode()}"
            await mine.publish(place, f"broadcast:{number}", text, lane=Lane.ALERT)
            began = time.monotonic()
            return await arrival(url, f"mark-alert{number}") - began

        async def breathe() -> None:
            """At no fixed place between two slots, and longer than one."""
            await asyncio.sleep(chance.uniform(1.5, 3.5) * SLOT)

        idle, busy, alerts = [], [], []
        for _ in range(order["replies"]):
            idle.append(await reply())
            await breathe()
        await mine.publish(places["everybody"], "item:1", f"mark-backlog {TEXT.decode()}")
        await arrival(url, "mark-backlog")
        for number in range(max(order["alerts"], order["replies"])):
            if number < order["alerts"]:
                alerts.append(await alert(number))
                await breathe()
            if number < order["replies"]:
                busy.append(await reply())
                await breathe()
    return {"idle": idle, "busy": busy, "alerts": alerts}


def run(scale: Scale, town: Path) -> Part:
    """``town``: a database that this run may change."""
    say(f"lanes: alerts and replies beside a backlog of {scale.everybody:,}")
    with stub() as server:
        order = {"url": server.url, "alerts": scale.alerts, "replies": scale.replies}
        found = child("delivery.lanes.measure", path=str(town), **order)
    idle, busy, alerts = found["idle"], found["busy"], found["alerts"]
    return Part(
        {
            "overtake_p99_ms": (percentile(alerts, 0.99) - SLOT) * 1000,
            "reply_ratio": (percentile(busy, 0.95) - SLOT) / percentile(idle, 0.95),
        },
        {
            "alert p50, slot included, ms": percentile(alerts, 0.5) * 1000,
            "reply p50, idle, ms": percentile(idle, 0.5) * 1000,
            "reply p95, idle, ms": percentile(idle, 0.95) * 1000,
            "reply p50, beside it, ms": percentile(busy, 0.5) * 1000,
            "reply p95, beside it, ms": percentile(busy, 0.95) * 1000,
        },
    )
