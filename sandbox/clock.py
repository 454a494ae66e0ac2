"""The sandbox's own time: the real one plus an offset that tests move."""

import time
from dataclasses import dataclass


@dataclass(slots=True)
class Clock:
    """Unix seconds in UTC. Everything dated asks here and nowhere else."""

    offset: float = 0.0

    def now(self) -> float:
        """Return the moment in Unix seconds, with fractions."""
        return time.time() + self.offset

    def stamp(self) -> int:
        """Return the moment in whole seconds, as Bot API dates are."""
        return int(self.now())

    def move_to(self, instant: float) -> None:
        """Jump to an instant in Unix seconds."""
        self.offset = instant - time.time()
