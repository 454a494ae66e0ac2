"""``python -m benchmarks.delivery [PART|all] [--quick]``: see ``benchmarks.common.harness``."""

import os
import shutil
import sys
from pathlib import Path

from benchmarks.common.harness import Benchmark, Parts, run
from benchmarks.common.programs import child, say
from benchmarks.delivery import lanes, pace, speed, walk
from benchmarks.delivery.bars import BARS
from benchmarks.delivery.scale import FULL, QUICK, Scale

PARTS = ("speed", "pace", "walk", "lanes")


def parts(inside: Path, *, quick: bool) -> Parts:
    """How each part is measured."""
    scale = QUICK if quick else FULL
    town = Town(inside, scale)
    return {
        "speed": lambda: speed.run(scale),
        "pace": lambda: pace.run(scale),
        "walk": lambda: walk.run(scale, town.copy()),
        "lanes": lambda: lanes.run(scale, town.copy()),
    }


class Town:
    """One large database, made when it is first needed. Every part changes a copy of its own."""

    def __init__(self, inside: Path, scale: Scale) -> None:
        self._scale, self._made, self._copy = scale, inside / "town.db", inside / "copy.db"

    def copy(self) -> Path:
        """A fresh copy; the one before it is given up."""
        if not self._made.exists():
            say(f"making a town of {self._scale.everybody:,}")
            child("delivery.crowd.measure", path=str(self._made), sizes=self._scale.town())
        for left in self._copy.parent.glob(f"{self._copy.name}*"):
            left.unlink()
        shutil.copyfile(self._made, self._copy)
        with self._copy.open("rb") as copied:
            # Else the first checkpoint would wait until all of the copy is on the disk.
            os.fsync(copied.fileno())
        return self._copy


if __name__ == "__main__":
    sys.exit(run(Benchmark("delivery", PARTS, BARS, parts)))
