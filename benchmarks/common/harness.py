"""Running a benchmark of several parts: ``python -m benchmarks.NAME [PART|all] [--quick]``.

Prints one table, and the same as one JSON line last. A figure that falls short is reported as
short; only a measurement that broke ends with 1.
"""

import argparse
import json
import os
import platform
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.common.bars import Bar, Part, record, table
from benchmarks.common.programs import end_tidily, folder, say

Parts = Mapping[str, Callable[[], Part]]


class Registry(Protocol):
    """How each part is measured, in a folder that goes afterwards; ``quick`` for trying it."""

    def __call__(self, inside: Path, *, quick: bool) -> Parts:
        """One callable per name."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What is run: the names of its parts in order, and the figures that are asked of them."""

    name: str
    parts: Sequence[str]
    bars: Sequence[Bar]
    registry: Registry


def run(benchmark: Benchmark) -> int:
    """Measure, print; 1 when a part broke."""
    asked = argparse.ArgumentParser(prog=f"python -m benchmarks.{benchmark.name}")
    asked.add_argument("part", nargs="?", default="all", choices=(*benchmark.parts, "all"))
    asked.add_argument("--quick", action="store_true", help="small sizes: figures without value")
    given = asked.parse_args()
    end_tidily()
    names = benchmark.parts if given.part == "all" else (given.part,)
    began = time.monotonic()
    found = _measured(benchmark, names, quick=given.quick)
    figures = {
        bar.key: found[bar.part].figures[bar.key] if bar.part in found else None
        for bar in benchmark.bars
        if bar.part in names
    }
    facts = {name: fact for part in found.values() for name, fact in part.facts.items()}
    facts |= {
        "Python": platform.python_version(),
        "cores": os.cpu_count() or 0,
        "seconds": round(time.monotonic() - began),
        "sizes": "quick" if given.quick else "full",
    }
    print("\n".join(table(benchmark.bars, figures, facts)))
    print(json.dumps(record(benchmark.name, benchmark.bars, figures, facts)))
    return int(len(found) < len(names))


def _measured(benchmark: Benchmark, names: Sequence[str], *, quick: bool) -> dict[str, Part]:
    """What each part found; a part that broke is told and missing."""
    with folder() as inside:
        work = benchmark.registry(inside, quick=quick)
        found = {}
        for name in names:
            try:
                found[name] = work[name]()
            except (RuntimeError, OSError, subprocess.SubprocessError) as problem:
                say(f"{name} broke: {problem}")
    return found
