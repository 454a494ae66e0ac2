"""Polls that bring three items of thirty, stored, beside feedparser alone on the same bytes."""

import io
import os
import resource
import statistics
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from benchmarks.common.bars import Part
from benchmarks.common.programs import child, folder, say, serving
from benchmarks.feeds.scale import Scale
from storage import items
from storage.db import Database

NEW = 3
APART = timedelta(hours=2)
"""Between two sweeps: longer than any interval of polling."""


async def ours(order: dict[str, Any]) -> dict[str, float]:
    """Read everybody twice to warm up, then ``sweeps`` times: CPU seconds per poll, all told."""
    from benchmarks.feeds import newsroom
    from benchmarks.feeds.publisher import turn

    with folder() as inside:
        path, addresses, sweeps = inside / "ours.db", order["addresses"], order["sweeps"]
        await newsroom.gather(path, addresses)
        async with newsroom.opened(path) as room:
            await newsroom.unsighted(room.db)
            for number in range(2 + sweeps):
                if number == 2:
                    began, own = _everything(), time.process_time()
                for _ in range(NEW):
                    turn(order["port"], of=len(addresses))
                room.clock.at += APART
                while await room.polling.round():
                    pass
            polls = sweeps * len(addresses)
            spent, own = _everything() - began, time.process_time() - own
            stored = await _stored(room.db)
    if stored < polls * NEW:
        raise RuntimeError(f"{stored} items stored of {polls * NEW}")
    return {"cpu": spent / polls, "own": own / polls}


async def theirs(order: dict[str, Any]) -> dict[str, float]:
    """feedparser with its defaults on as many documents."""
    import feedparser

    from benchmarks.feeds.documents import told

    bodies = [told(number, 1 + number % 9) for number in range(order["documents"] + 2)]
    for body in bodies[:2]:
        feedparser.parse(io.BytesIO(body))
    began = time.process_time()
    for body in bodies[2:]:
        feedparser.parse(io.BytesIO(body))
    return {"cpu": (time.process_time() - began) / order["documents"], "size": len(bodies[-1])}


def run(scale: Scale, _inside: Path) -> Part:
    """The median of ratios within a round."""
    from benchmarks.feeds.newsroom import address

    ratios, facts = [], dict[str, list[float]]()
    for number in range(scale.rounds):
        with serving("benchmarks.feeds.publisher", {}) as port:
            where = [address(port, n, kind="told") for n in range(scale.changed_sources)]
            found: dict[str, dict[str, float]] = {}
            for side in ("ours", "theirs")[:: -1 if number % 2 else 1]:
                order = {"port": port, "addresses": where, "sweeps": scale.sweeps}
                order |= {"documents": scale.changed_sources}
                found[side] = child(f"feeds.changed.{side}", **order)
        ratios.append(found["ours"]["cpu"] / found["theirs"]["cpu"])
        facts.setdefault("changed, ours, CPU ms", []).append(found["ours"]["cpu"] * 1000)
        facts.setdefault("changed, of it the bot's own", []).append(found["ours"]["own"] * 1000)
        facts.setdefault("feedparser, CPU ms", []).append(found["theirs"]["cpu"] * 1000)
        facts.setdefault("document, bytes", []).append(found["theirs"]["size"])
        say(f"changed, round {number + 1} of {scale.rounds}: {ratios[-1]:.2f} ×")
    return Part(
        {"changed_cpu": statistics.median(ratios)},
        {name: statistics.median(values) for name, values in facts.items()},
    )


async def _stored(db: Database) -> int:
    async with db.tx(write=False) as tx:
        found = await tx.execute(select(func.count()).select_from(items.table))
        return int(found.scalar_one())


def _everything() -> float:
    """CPU seconds of this process and all its children so far, those still at work as well."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime + sum(map(_cpu, _children()))


def _children() -> list[str]:
    tasks = Path("/proc/self/task").iterdir()
    return [pid for task in tasks for pid in (task / "children").read_text().split()]


def _cpu(pid: str) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
