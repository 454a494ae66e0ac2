"""One program per database: two copies would send the same rows, each taking the other for dead."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from storage.db import Database, StorageUnavailable

_LOCK = 7_003_313
"""Number of the advisory lock; PostgreSQL lets go of it when the connection ends."""
TRIES = 10
"""Seconds in which the server notices that a copy before this one was killed."""


@asynccontextmanager
async def alone(db: Database, *, tries: int = TRIES) -> AsyncIterator[None]:
    """Hold a PostgreSQL database for as long as the block runs, wherever other copies run.

    An SQLite file is held by the lock on its folder. Raises ``StorageUnavailable``.
    """
    if db.engine.dialect.name == "sqlite":
        yield
        return
    async with db.engine.connect() as raw:
        connection = await raw.execution_options(isolation_level="AUTOCOMMIT")
        for left in reversed(range(tries)):
            if (await connection.execute(select(func.pg_try_advisory_lock(_LOCK)))).scalar_one():
                break
            if not left:
                raise StorageUnavailable("locked by another copy of Tocsin")
            await asyncio.sleep(1)
        try:
            yield
        finally:
            with contextlib.suppress(DBAPIError):  # the server went away, and the lock with it
                await connection.execute(select(func.pg_advisory_unlock(_LOCK)))
