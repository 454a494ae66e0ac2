"""An operating system's lock on the data folder: two copies of the bot would answer twice."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = ".lock"


class AnotherCopy(Exception):
    """A running copy holds the folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"another copy of Tocsin is using {folder}")
        self.folder = folder


@contextmanager
def only_copy(folder: Path) -> Iterator[None]:
    """Hold the folder for as long as the block runs; it is made, for its owner alone, if missing.

    The lock goes with the process, however that ends; a left-over file means nothing.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(folder / NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            _lock(descriptor)
        except OSError:
            raise AnotherCopy(folder) from None
        yield
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
