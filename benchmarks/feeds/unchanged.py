"""Polls that bring nothing: ours with its bookkeeping beside a bare loop, in alternating rounds."""

import statistics
import time
from pathlib import Path
from typing import Any

from benchmarks.common.bars import Part
from benchmarks.common.programs import child, folder, say, serving
from benchmarks.feeds.scale import Scale

KINDS = {"tagged": "304", "plain": "equal body"}


async def ours(order: dict[str, Any]) -> dict[str, float]:
    """Poll everybody once to warm up, then ``sweeps`` times: CPU seconds per poll, polls/s."""
    from benchmarks.feeds import newsroom

    with folder() as inside:
        path, addresses, sweeps = inside / "ours.db", order["addresses"], order["sweeps"]
        await newsroom.gather(path, addresses)
        async with newsroom.opened(path) as room:
            await room.sweep()
            cpu, began, polls = time.process_time(), time.perf_counter(), 0
            for _ in range(sweeps):
                polls += await room.sweep()
            cpu, took = time.process_time() - cpu, time.perf_counter() - began
    if polls != sweeps * len(addresses):
        raise RuntimeError(f"{polls} polls instead of {sweeps * len(addresses)}")
    return {"cpu": cpu / polls, "rate": polls / took}


def run(scale: Scale, _inside: Path) -> Part:
    """The worse of the two kinds of unchanged polls; each a median of ratios within a round."""
    from benchmarks.feeds.newsroom import address

    ratios: dict[str, list[float]] = {kind: [] for kind in KINDS}
    facts: dict[str, list[float]] = {}
    for number in range(scale.rounds):
        for kind in KINDS:
            with serving("benchmarks.feeds.publisher", {}) as port:
                where = [address(port, n, kind=kind) for n in range(scale.sources)]
                names = ("bare.measure", "unchanged.ours")
                turned = names[::-1] if number % 2 else names
                found = {
                    name: child(f"feeds.{name}", addresses=where, sweeps=scale.sweeps)
                    for name in turned
                }
            ratio = found["unchanged.ours"]["cpu"] / found["bare.measure"]["cpu"]
            ratios[kind].append(ratio)
            for name, title in (("bare.measure", "bare"), ("unchanged.ours", "ours")):
                facts.setdefault(f"{title}, {KINDS[kind]}, CPU ms", []).append(
                    found[name]["cpu"] * 1000
                )
                facts.setdefault(f"{title}, {KINDS[kind]}, polls/s", []).append(found[name]["rate"])
            say(f"unchanged, round {number + 1} of {scale.rounds}, {KINDS[kind]}: {ratio:.2f} ×")
    each = {f"{KINDS[kind]}, ours : bare": statistics.median(ratios[kind]) for kind in KINDS}
    return Part(
        {"unchanged_cpu": max(each.values())},
        each | {name: statistics.median(values) for name, values in facts.items()},
    )
