"""SQLite as this program opens it: its settings, its locks, and one trip to its thread a statement.

aiosqlite's own cursor goes to the thread four times for each: to be made, to execute, to fetch, to
be closed. That was more than half of a short statement's time (``benchmarks/storage.py``).
"""

import contextlib
import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy import Engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage.checkpoints import OWN_TURN, Checkpoints
from storage.types import JSON_CODING

PRAGMAS = {
    "foreign_keys": "ON",
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "busy_timeout": "5000",
    "secure_delete": "ON",
    "wal_autocheckpoint": str(OWN_TURN),
}
PRAGMA_VALUES = {
    "foreign_keys": 1,
    "journal_mode": "wal",
    "synchronous": 2,
    "busy_timeout": 5000,
    "secure_delete": 1,
    "wal_autocheckpoint": OWN_TURN,
}
CHUNK = 64
"""Rows that aiosqlite fetches at a time when it iterates, which nobody here does."""


class SettingRefused(Exception):
    """SQLite keeps another value of a setting than the one that is needed."""


def engine(url: str) -> AsyncEngine:
    """An engine for an ``sqlite+aiosqlite`` address; opens nothing yet."""
    opening = {"async_creator_fn": _opened}  # unlike ``async_creator`` it is told the file
    made = create_async_engine(url, hide_parameters=True, connect_args=opening, **JSON_CODING)
    event.listen(made.sync_engine, "connect", _set_pragmas)
    event.listen(made.sync_engine, "begin", _begin)
    if made.url.database not in (None, "", ":memory:"):
        _follow_commits(made.sync_engine, Checkpoints(Path(made.url.database)))
    return made


def _follow_commits(made: Engine, checkpoints: Checkpoints) -> None:
    def committed(connection: Any) -> None:
        if _writes(connection):
            checkpoints.committed()

    event.listen(made, "commit", committed)
    event.listen(made, "engine_disposed", lambda _: checkpoints.close())


class Cursor:
    """One statement, carried out and read to its end in one go.

    As much of aiosqlite's cursor as SQLAlchemy uses.
    """

    arraysize = 1

    def __init__(self, run: Callable[..., Awaitable[Any]], raw: sqlite3.Connection) -> None:
        self._run, self._raw = run, raw
        self._rows = deque[Any]()
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> "Cursor":
        return self

    async def execute(self, statement: str, parameters: Iterable[Any] = ()) -> "Cursor":
        """Carry out a statement and fetch what it finds."""
        return await self._carry_out(sqlite3.Cursor.execute, statement, parameters)

    async def executemany(self, statement: str, parameters: Iterable[Any]) -> "Cursor":
        """Carry out a statement for each of the parameters."""
        return await self._carry_out(sqlite3.Cursor.executemany, statement, parameters)

    async def fetchall(self) -> Sequence[Any]:
        """What is left of what was found."""
        rows = list(self._rows)
        self._rows.clear()
        return rows

    async def fetchmany(self, size: int | None = None) -> Sequence[Any]:
        """So many of them at most."""
        wanted = self.arraysize if size is None else size
        return [self._rows.popleft() for _ in range(min(wanted, len(self._rows)))]

    async def fetchone(self) -> Any:
        """The next of them, or ``None``."""
        return self._rows.popleft() if self._rows else None

    async def close(self) -> None:
        """SQLite's own cursor is closed already."""
        self._rows.clear()

    async def _carry_out(self, how: Callable[..., Any], *arguments: Any) -> "Cursor":
        await self._run(self._at_once, how, *arguments)
        return self

    def _at_once(self, how: Callable[..., Any], *arguments: Any) -> None:
        with contextlib.closing(self._raw.cursor()) as cursor:
            how(cursor, *arguments)
            self.description = cursor.description
            self._rows = deque(cursor.fetchall() if cursor.description else ())
            self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid


class Connection(aiosqlite.Connection):
    """A connection with a thread of its own, which does not keep the process from ending."""

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, CHUNK)
        self._thread.daemon = True

    def cursor(self) -> Cursor:  # type: ignore[override]  # needs no trip, hence nothing to await
        """For one statement."""
        return Cursor(self._execute, self._conn)


class _LetsGoOfLocks(sqlite3.Connection):
    """Rolls back before it closes, so that nothing unfinished keeps SQLite's locks."""

    def close(self) -> None:
        """End the transaction, whatever is unfinished, and close."""
        with contextlib.suppress(sqlite3.Error):
            self.rollback()
        super().close()


def _opened(*arguments: Any, **options: Any) -> Connection:
    """What SQLAlchemy awaits when it needs one more connection."""
    return Connection(partial(sqlite3.connect, *arguments, factory=_LetsGoOfLocks, **options))


def _set_pragmas(raw: Any, _record: object) -> None:
    raw.isolation_level = None
    cursor = raw.cursor()
    for name, value in PRAGMAS.items():
        cursor.execute(f"PRAGMA {name}={value}")
    for name, expected in PRAGMA_VALUES.items():
        cursor.execute(f"PRAGMA {name}")
        got = cursor.fetchone()[0]
        if got != expected:
            raise SettingRefused(f"SQLite keeps {name}={got}; {expected} is needed")
    cursor.close()


def _begin(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _writes(connection) else "BEGIN")


def _writes(connection: Any) -> bool:
    return bool(connection.get_execution_options().get("write", True))
