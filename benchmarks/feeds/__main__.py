"""``python -m benchmarks.feeds [PART|all] [--quick]``: see ``benchmarks.common.harness``."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.common.bars import Part
from benchmarks.common.harness import Benchmark, Parts, run
from benchmarks.feeds import arrival, changed, growth, hostile, latency, naive, unchanged
from benchmarks.feeds.bars import BARS
from benchmarks.feeds.scale import FULL, QUICK, Scale

WORK: dict[str, Callable[[Scale, Path], Part]] = {
    "unchanged": unchanged.run,
    "changed": changed.run,
    "hostile": hostile.run,
    "naive": naive.run,
    "growth": growth.run,
    "latency": latency.run,
    "arrival": arrival.run,
}
"""Each part, by the name that its bars give; it gets a folder that goes afterwards."""


def parts(inside: Path, *, quick: bool) -> Parts:
    """How each part is measured."""
    scale = QUICK if quick else FULL
    return {name: partial(work, scale, inside) for name, work in WORK.items()}


if __name__ == "__main__":
    sys.exit(run(Benchmark("feeds", tuple(WORK), BARS, parts)))
