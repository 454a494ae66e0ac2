"""What a poll costs, and what a source needs of memory, when there are a hundred times as many."""

import statistics
import time
from pathlib import Path
from typing import Any

from benchmarks.common.bars import Part
from benchmarks.common.programs import child, folder, say, serving
from benchmarks.feeds.scale import Scale

HOSTS = 100
"""As many hosts in both sizes, so that connections are used alike."""
POLLS = 20_000
"""Measured polls in either size."""


async def measure(order: dict[str, Any]) -> dict[str, float]:
    """CPU seconds per unchanged poll, and megabytes of this process at the end."""
    from benchmarks.common.gauge import resident
    from benchmarks.feeds import newsroom

    with folder() as inside:
        path, addresses = inside / "ours.db", order["addresses"]
        await newsroom.gather(path, addresses)
        async with newsroom.opened(path) as room:
            await room.sweep()
            cpu, polls = time.process_time(), 0
            while polls < order["polls"]:
                polls += await room.sweep()
            cpu = time.process_time() - cpu
            memory = resident()
    return {"cpu": cpu / polls, "mb": memory}


def run(scale: Scale, _inside: Path) -> Part:
    """Medians of what each pair says."""
    from benchmarks.feeds.newsroom import address

    growth, each, costs = [], [], dict[int, list[float]]()
    for number in range(scale.growth_rounds):
        with serving("benchmarks.feeds.publisher", {}) as port:
            found = {}
            for size in (scale.few, scale.many)[:: -1 if number % 2 else 1]:
                where = [address(port, n, hosts=HOSTS) for n in range(size)]
                polls = min(POLLS, 2 * scale.many)
                found[size] = child("feeds.growth.measure", addresses=where, polls=polls)
                costs.setdefault(size, []).append(found[size]["cpu"] * 1000)
        few, many = found[scale.few], found[scale.many]
        growth.append(many["cpu"] / few["cpu"])
        each.append((many["mb"] - few["mb"]) * 1024 / (scale.many - scale.few))
        say(f"growth, round {number + 1} of {scale.growth_rounds}: {growth[-1]:.2f} ×")
    return Part(
        {"growth": statistics.median(growth), "kb_per_source": statistics.median(each)},
        {
            f"CPU ms per poll, {size:,} sources": statistics.median(values)
            for size, values in sorted(costs.items())
        },
    )
