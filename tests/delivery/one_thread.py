"""Time that leaps, and SQLite without a thread: hours pass in seconds, and always in the same way.

An event loop that has nothing to do at present goes to the next instant at which it has. That needs
a program that waits for nothing but time, which is why the database answers at once.
"""

import asyncio
import selectors
import sqlite3
from collections.abc import Callable, Coroutine, Generator
from datetime import datetime, timedelta
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

import aiosqlite
from sqlalchemy import StaticPool, event
from sqlalchemy.ext.asyncio import create_async_engine

from storage.crypto import Keyring
from storage.db import Database, connect

T = TypeVar("T")


class Stuck(Exception):
    """Everything waits, and nothing will ever come."""


class _Leaping(selectors.SelectSelector):
    """Waits by moving the clock of its loop."""

    loop: "LeapingLoop"

    def select(self, timeout: float | None = None) -> list[Any]:
        """Nothing comes from outside."""
        if timeout is None or timeout > 0:
            self.loop.leap(timeout)
        return []


class LeapingLoop(asyncio.SelectorEventLoop):
    """Its time starts at 0 and passes in leaps, or (``pause``, ``advance``) as a test says."""

    def __init__(self) -> None:
        selector = _Leaping()
        selector.loop = self
        self._now, self._until = 0.0, float("inf")
        super().__init__(selector)

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self._now

    def leap(self, seconds: float | None) -> None:
        """Go to the next instant at which there is something to do, or as far as is allowed."""
        if self._until == float("inf"):
            if seconds is None:
                raise Stuck
            self._now += seconds
        elif seconds is None or self._now + seconds > self._until:
            self._now = self._until
            self.stop()
        else:
            self._now += seconds

    def advance(self, seconds: float) -> None:
        """Run whatever happens in so many seconds; with 0 what can happen without any passing."""
        self._until = self._now + seconds
        try:
            self.run_forever()
        finally:
            self._until = float("inf")

    def finish(self, work: Coroutine[Any, Any, T]) -> T:
        """Run ``work`` to its end, as long as that takes, and then what it made possible."""
        done = self.run_until_complete(work)
        self.advance(0.0)
        return done

    def clock(self, start: datetime) -> Callable[[], datetime]:
        """The wall clock that stood at ``start`` when the loop was made."""
        return lambda: start + timedelta(seconds=self._now)


class _Now(SimpleQueue[Any]):
    """Carries out at once what SQLAlchemy leaves for the thread."""

    def put_nowait(self, item: tuple["asyncio.Future[Any]", Callable[[], Any]]) -> None:
        future, function = item
        future.set_result(function())


class Inline(aiosqlite.Connection):
    """Carries out every statement where it is asked for."""

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, 64)
        self._tx = _Now()

    async def _execute(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        return fn(*args, **kwargs)

    async def _connect(self) -> "Inline":
        if self._connection is None:
            self._connection = self._connector()
        return self

    def __await__(self) -> Generator[Any, None, "Inline"]:
        return self._connect().__await__()

    def stop(self) -> None:
        """There is no thread to stop."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def close(self) -> None:
        """Close the file."""
        self.stop()


def in_memory(template: Path, keys: Keyring) -> Database:
    """A copy of a database file that is kept nowhere."""

    def made() -> sqlite3.Connection:
        copy = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        with sqlite3.connect(template) as source:
            source.backup(copy)
        source.close()
        copy.execute("PRAGMA foreign_keys=ON")
        return copy

    async def opened(*_args: Any, **_kwargs: Any) -> Inline:
        return await Inline(made)

    engine = create_async_engine(
        "sqlite+aiosqlite://", poolclass=StaticPool, async_creator=opened, hide_parameters=True
    )
    event.listen(engine.sync_engine, "begin", lambda c: c.exec_driver_sql("BEGIN IMMEDIATE"))
    return Database(engine, keys)


def in_file(path: Path, keys: Keyring) -> Database:
    """A database file as the program opens it, but for the waits: for the disk and for threads."""
    db = connect(f"sqlite+aiosqlite:///{path}", keys)

    def opened(_dialect: Any, _record: Any, args: Any, options: dict[str, Any]) -> None:
        options["async_creator_fn"] = lambda *_args, **_options: Inline(
            lambda: sqlite3.connect(path, check_same_thread=False)
        )

    def hasten(raw: Any, _record: object) -> None:
        cursor = raw.cursor()
        cursor.execute("PRAGMA synchronous=OFF")
        cursor.close()

    event.listen(db.engine.sync_engine, "do_connect", opened)
    event.listen(db.engine.sync_engine, "connect", hasten)
    return db
