"""``python -m benchmarks.delivery [speed|pace|walk|lanes|all] [--quick]``.

Prints one table, and the same as one JSON line last. A figure that falls short is reported as
short; only a measurement that broke ends with 1.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.delivery import lanes, pace, speed, walk
from benchmarks.delivery.bars import BARS, Part, record, table
from benchmarks.delivery.programs import child, end_tidily, folder, say
from benchmarks.delivery.scale import FULL, QUICK, Scale

PARTS = ("speed", "pace", "walk", "lanes")


def main() -> int:
    """Measure, print; 1 when a part broke."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.delivery")
    asked.add_argument("part", nargs="?", default="all", choices=(*PARTS, "all"))
    asked.add_argument("--quick", action="store_true", help="small sizes: figures without value")
    given = asked.parse_args()
    end_tidily()
    parts = PARTS if given.part == "all" else (given.part,)
    began = time.monotonic()
    found = measured(parts, QUICK if given.quick else FULL)
    figures = {
        bar.key: found[bar.part].figures[bar.key] if bar.part in found else None
        for bar in BARS
        if bar.part in parts
    }
    facts = {name: fact for part in found.values() for name, fact in part.facts.items()}
    facts |= {
        "Python": platform.python_version(),
        "cores": os.cpu_count() or 0,
        "seconds": round(time.monotonic() - began),
        "sizes": "quick" if given.quick else "full",
    }
    print("\n".join(table(figures, facts)))
    print(json.dumps(record(figures, facts)))
    return int(len(found) < len(parts))


def measured(parts: tuple[str, ...], scale: Scale) -> dict[str, Part]:
    """What each part found; a part that broke is told and missing."""
    with folder() as inside:
        town = Town(inside, scale)
        work: dict[str, Callable[[], Part]] = {
            "speed": lambda: speed.run(scale),
            "pace": lambda: pace.run(scale),
            "walk": lambda: walk.run(scale, town.copy()),
            "lanes": lambda: lanes.run(scale, town.copy()),
        }
        found = {}
        for name in parts:
            try:
                found[name] = work[name]()
            except (RuntimeError, OSError, subprocess.SubprocessError) as problem:
                say(f"{name} broke: {problem}")
    return found


class Town:
    """One large database, made when it is first needed. Every part changes a copy of its own."""

    def __init__(self, inside: Path, scale: Scale) -> None:
        self._scale, self._made, self._copy = scale, inside / "town.db", inside / "copy.db"

    def copy(self) -> Path:
        """A fresh copy; the one before it is given up."""
        if not self._made.exists():
            say(f"making a town of {self._scale.everybody:,}")
            child("crowd.measure", path=str(self._made), sizes=self._scale.town())
        for left in self._copy.parent.glob(f"{self._copy.name}*"):
            left.unlink()
        shutil.copyfile(self._made, self._copy)
        return self._copy


if __name__ == "__main__":
    sys.exit(main())
