"""What is measured while something works: the writer's holds, memory, time at chosen marks."""

import asyncio
import os
import tempfile
import threading
import time
from array import array
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from storage.db import Database

PAGES = Path("/proc/self/statm")
MB = 1024 * 1024


class Watched(asyncio.Lock):
    """The writer's lock, with a clock: everybody who wants to write waits while it is held.

    ``took`` are the seconds of each hold; ``busiest`` is the most processor time that this process
    used in one: where they differ, others had the processor, or the disk.
    """

    def __init__(self) -> None:
        super().__init__()
        self.begin()
        self._since = self._cpu = 0.0

    def begin(self) -> None:
        """Forget what was."""
        self.took, self.busiest = array("d"), 0.0

    async def acquire(self) -> bool:  # type: ignore[override]  # the stub of the base says Literal[True]
        """Take it."""
        await super().acquire()
        self._since, self._cpu = time.perf_counter(), time.process_time()
        return True

    def release(self) -> None:
        """Give it back, after COMMIT came through."""
        self.took.append(time.perf_counter() - self._since)
        self.busiest = max(self.busiest, time.process_time() - self._cpu)
        super().release()


def watch(db: Database) -> Watched:
    """Time every hold of the writer of an SQLite database from now on."""
    db._writer = watched = Watched()
    return watched


def resident() -> float:
    """Megabytes of memory of this process, now (VmRSS); 0 where there is no /proc."""
    if not PAGES.exists():
        return 0.0
    return int(PAGES.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MB


@dataclass(slots=True)
class Peak:
    """The most memory seen."""

    start: float
    most: float

    @property
    def growth(self) -> float:
        """Megabytes above the start."""
        return self.most - self.start


@asynccontextmanager
async def peak(every: float = 0.25) -> AsyncIterator[Peak]:
    """Look at the memory all through the block."""
    seen = Peak(resident(), resident())

    async def look() -> None:
        while True:
            seen.most = max(seen.most, resident())
            await asyncio.sleep(every)

    async with asyncio.TaskGroup() as tasks:
        looking = tasks.create_task(look())
        try:
            yield seen
        finally:
            looking.cancel()
    seen.most = max(seen.most, resident())


@contextmanager
def disk(folder: Path, every: float = 0.05) -> Iterator[list[float]]:
    """Sync a page of a file in ``folder`` now and then, beside whatever works in the block.

    The list gets the seconds that each took: what the disk itself may make anybody wait.
    """
    took, over = list[float](), threading.Event()

    def sync() -> None:
        with tempfile.TemporaryFile(dir=folder) as file:
            while not over.wait(every):
                os.pwrite(file.fileno(), bytes(4096), 0)
                began = time.perf_counter()
                os.fsync(file.fileno())
                took.append(time.perf_counter() - began)

    thread = threading.Thread(target=sync, daemon=True)
    thread.start()
    try:
        yield took
    finally:
        over.set()
        thread.join()


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share (0–1] of them do not exceed."""
    return sorted(values)[ceil(share * len(values)) - 1]
