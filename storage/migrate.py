"""Brings a database to the schema of this program, and says no to one that is ahead of it."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from storage.db import StorageUnavailable, unavailable

SCRIPTS = Path(__file__).parent / "migrations"
KEEP_BACKUPS = timedelta(days=14)
"""A backup holds sealed rows of people who may have left since, so it must not stay."""
LOCK = 0x746F6373
"""PostgreSQL advisory lock: two copies that start at once migrate one after the other."""


class DatabaseNewer(Exception):
    """The database has a schema that this program does not know: a newer one wrote it."""

    def __init__(self, found: str, known: str, backup: Path | None) -> None:
        super().__init__(f"the database has schema {found}, this program knows up to {known}")
        self.found, self.known, self.backup = found, known, backup


class DatabaseOlder(Exception):
    """The database lacks steps: ``upgrade`` was not run."""

    def __init__(self, found: str | None, wanted: str) -> None:
        super().__init__(f"the database has schema {found or 'none'}, {wanted} is needed")
        self.found, self.wanted = found, wanted


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What ``upgrade`` did. ``before`` is ``None`` for a database that was empty."""

    before: str | None
    after: str
    backup: Path | None

    @property
    def changed(self) -> bool:
        """Whether any step was taken."""
        return self.before != self.after


def head() -> str:
    """The newest schema this program knows: ``0001``, ``0002``, …"""
    found = ScriptDirectory.from_config(alembic_config()).get_current_head()
    assert found is not None
    return found


async def upgrade(url: str) -> Upgrade:
    """Take every missing step in one transaction; an SQLite file that has data is copied first.

    Raises ``DatabaseNewer``, or ``StorageUnavailable`` when the database cannot be reached.
    """
    _make_file(url)
    async with opened(url) as connection:
        before = await _current(connection, url)
        if before == head():
            return Upgrade(before, before, None)
    backup = await _back_up(url, before) if before else None
    async with opened(url) as connection:
        if connection.dialect.name == "postgresql":
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
        await connection.run_sync(steps, lambda config: command.upgrade(config, "head"))
        await _check_references(connection)
    return Upgrade(before, head(), backup)


async def check(url: str) -> None:
    """Raise ``DatabaseNewer`` or ``DatabaseOlder`` unless the schema is exactly this program's."""
    file = sqlite_file(url)
    if file is not None and not file.exists():
        raise DatabaseOlder(None, head())
    async with opened(url) as connection:
        found = await _current(connection, url)
    if found != head():
        raise DatabaseOlder(found, head())


def backup_of(url: str, revision: str) -> Path | None:
    """Where the copy made before leaving ``revision`` lies; PostgreSQL is copied by its owner."""
    file = sqlite_file(url)
    return None if file is None else file.with_name(f"{file.name}.schema-{revision}.bak")


def drop_old_backups(url: str, now: datetime) -> list[Path]:
    """Delete copies older than ``KEEP_BACKUPS``; returns those deleted."""
    file = sqlite_file(url)
    if file is None:
        return []
    limit = (now - KEEP_BACKUPS).timestamp()
    old = [p for p in file.parent.glob(f"{file.name}.schema-*.bak") if p.stat().st_mtime < limit]
    for path in old:
        path.unlink()
    return old


def sqlite_file(url: str) -> Path | None:
    """The database file of an SQLite address."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return None
    return Path(parsed.database)


def alembic_config() -> Config:
    """Alembic's own settings, without its ini file."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[AsyncConnection]:
    """A transaction on an engine of its own, with foreign keys off: SQLite rebuilds tables."""
    engine = _engine(url)
    try:
        async with engine.begin() as connection:
            yield connection
    except Exception as problem:
        reason = str(problem.orig) if isinstance(problem, DBAPIError) else unavailable(problem)
        if reason is None:
            raise
        raise StorageUnavailable(reason) from problem
    finally:
        await engine.dispose()


def _engine(url: str) -> AsyncEngine:
    engine = create_async_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _prepare)
        event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _prepare(raw: Any, _record: object) -> None:
    raw.isolation_level = None
    cursor = raw.cursor()
    for pragma in ("foreign_keys=OFF", "busy_timeout=5000", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


async def _current(connection: AsyncConnection, url: str) -> str | None:
    found = await connection.run_sync(
        lambda sync: MigrationContext.configure(sync).get_current_revision()
    )
    scripts = ScriptDirectory.from_config(alembic_config())
    known = {step.revision for step in scripts.walk_revisions()}
    if found is not None and found not in known:
        backup = backup_of(url, head())
        raise DatabaseNewer(found, head(), backup if backup and backup.exists() else None)
    return found


def steps(connection: Connection, take: Callable[[Config], object]) -> None:
    """Let an Alembic command work inside the caller's transaction."""
    config = alembic_config()
    config.attributes["connection"] = connection
    take(config)


async def _check_references(connection: AsyncConnection) -> None:
    if connection.dialect.name == "sqlite":
        broken = (await connection.execute(text("PRAGMA foreign_key_check"))).all()
        if broken:
            raise StorageUnavailable(f"a step left {len(broken)} rows without what they refer to")


async def _back_up(url: str, revision: str) -> Path | None:
    """Copy the file with VACUUM INTO: consistent, without what was deleted, mode 0600."""
    target = backup_of(url, revision)
    if target is None:
        return None
    unfinished = target.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    engine = create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            await connection.execute(text("VACUUM INTO :target"), {"target": str(unfinished)})
    except DBAPIError as problem:
        unfinished.unlink(missing_ok=True)
        raise StorageUnavailable(str(problem.orig)) from problem
    finally:
        await engine.dispose()
    unfinished.replace(target)
    return target


def _make_file(url: str) -> None:
    """Nobody but the owner may read what SQLite is about to write."""
    file = sqlite_file(url)
    if file is None or file.exists():
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600))
    except OSError as problem:
        raise StorageUnavailable(f"{file}: {problem.strerror}") from problem
