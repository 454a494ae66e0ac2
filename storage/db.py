"""The engine and its transactions: SQLite by default, PostgreSQL where it is configured."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CursorResult, Executable, MetaData, Row, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from storage.crypto import Keyring
from storage.sqlite import SettingRefused
from storage.sqlite import engine as sqlite_engine
from storage.types import JSON_CODING

AnyRow = Row[*tuple[Any, ...]]
Rows = CursorResult[*tuple[Any, ...]]

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

TEMPORARY = ("08", "25006", "28", "3D", "40", "53", "55P03", "57", "58")
"""PostgreSQL's SQLSTATEs (appendix A of its manual) that are not the statement's fault: no
connection, read-only, not let in, no such database, deadlock, no space or memory, a lock not given,
a server that stops, a disk that fails.
"""


class StorageUnavailable(Exception):
    """The database refused work: no disk space, a locked or unreadable file, a lost server."""


@dataclass(frozen=True, slots=True)
class Tx:
    """An open transaction together with the keys that seal what it writes."""

    connection: AsyncConnection
    keys: Keyring

    async def execute(self, statement: Executable, parameters: Any = None) -> Rows:
        """Run one statement."""
        result = await self.connection.execute(statement, parameters)
        assert isinstance(result, CursorResult)
        return result

    @property
    def postgres(self) -> bool:
        """Whether this transaction runs on PostgreSQL."""
        return self.connection.dialect.name == "postgresql"


class Database:
    """One engine. On SQLite writers queue for one lock, in order, instead of racing."""

    def __init__(self, engine: AsyncEngine, keys: Keyring) -> None:
        self.engine = engine
        self.keys = keys
        self._writer: AbstractAsyncContextManager[Any] = (
            asyncio.Lock() if engine.dialect.name == "sqlite" else nullcontext()
        )

    @asynccontextmanager
    async def tx(self, *, write: bool = True) -> AsyncIterator[Tx]:
        """All or nothing. A reader says so and never waits for a writer."""
        if write:
            async with self._writer, self._begin(write=True) as tx:
                yield tx
        else:
            async with self._begin(write=False) as tx:
                yield tx

    @asynccontextmanager
    async def _begin(self, *, write: bool) -> AsyncIterator[Tx]:
        try:
            async with self.engine.connect() as connection:
                await connection.execution_options(write=write)
                async with connection.begin():
                    yield Tx(connection, self.keys)
        except Exception as problem:
            if (reason := unavailable(problem)) is None:
                raise
            raise StorageUnavailable(reason) from problem

    async def close(self) -> None:
        """Close every connection; an unclosed one would keep the process from ending."""
        await self.engine.dispose()


def connect(url: str, keys: Keyring) -> Database:
    """Open (without touching) the database at an SQLAlchemy ``url``: sqlite+aiosqlite or
    postgresql+asyncpg."""
    if make_url(url).get_backend_name() != "sqlite":
        made = create_async_engine(url, pool_pre_ping=True, hide_parameters=True, **JSON_CODING)
        return Database(made, keys)
    return Database(sqlite_engine(url), keys)


def unavailable(problem: Exception) -> str | None:
    """Why the database refused work that it may take later; ``None`` when the work is at fault."""
    if isinstance(problem, SettingRefused):
        return str(problem)
    if isinstance(problem, OSError):  # asyncpg, when the server does not listen or does not answer
        return str(problem) or type(problem).__name__
    if not isinstance(problem, DBAPIError):  # asyncpg's own, while it connects
        return str(problem) if _temporary(problem) else None
    refused = isinstance(problem, OperationalError) or problem.connection_invalidated
    damaged = type(problem) is DatabaseError  # SQLite: "malformed", "not a database"
    return str(problem.orig) if refused or damaged or _temporary(problem.orig) else None


def _temporary(problem: BaseException | None) -> bool:
    return str(getattr(problem, "sqlstate", "")).startswith(TEMPORARY)


def insert(tx: Tx, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT of the connected dialect, for ``on_conflict_do_…``."""
    return postgresql.insert(table) if tx.postgres else sqlite.insert(table)


async def upsert(tx: Tx, table: Table, **values: Any) -> None:
    """Insert, or overwrite the row with the same primary key."""
    keys = [column.name for column in table.primary_key]
    statement = insert(tx, table).values(**values)
    changes = {name: statement.excluded[name] for name in values if name not in keys}
    await tx.execute(statement.on_conflict_do_update(index_elements=keys, set_=changes))


async def insert_once(tx: Tx, table: Table, **values: Any) -> bool:
    """Insert unless a unique key already holds the row; says whether it was inserted."""
    statement = insert(tx, table).values(**values).on_conflict_do_nothing()
    return (await tx.execute(statement)).rowcount == 1
