"""SQLite's log, moved into its file beside those who write.

SQLite does it itself, but within a COMMIT: each time a thousand pages stand in the log, one writer
waits until all of them are on the disk, and everybody who wants to write waits for that one. What
is done here holds nobody; SQLite's own turn comes only where this one cannot keep up. What it is
worth: docs/decisions/0025.
"""

import contextlib
import sqlite3
import threading
from pathlib import Path

EVERY = 0.25
"""Seconds between two while something is written; without commits nothing is done."""
MOST = 4
"""Attempts to reach the end of the log, which others write on: from there it begins anew."""
OWN_TURN = 4000
"""Pages (of 4 KiB) in the log from which SQLite does it itself."""


class Checkpoints:
    """A thread with a connection of its own, from the first commit until it is closed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written, self._closing = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def committed(self) -> None:
        """Something is being committed."""
        self._written.set()
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Let go of the file; a commit opens it again."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._closing.set()
            self._written.set()
            thread.join()
            self._closing.clear()

    def _run(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            # The file is there, or nothing could have been committed to it.
            where = f"{self._path.absolute().as_uri()}?mode=rw"
            with contextlib.closing(sqlite3.connect(where, uri=True)) as connection:
                self._follow(connection)

    def _follow(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA synchronous=FULL")
        while True:
            self._written.wait()
            self._written.clear()
            if self._closing.wait(EVERY):
                return
            with contextlib.suppress(sqlite3.Error):  # a full disk: the log keeps what it has
                self._move(connection)

    def _move(self, connection: sqlite3.Connection) -> None:
        for _ in range(MOST):
            busy, logged, moved = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if busy or moved >= logged:
                return
