"""The history of the schema leads to the tables, loses nothing, and refuses what is ahead."""

import os
import re
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

from storage.crypto import Keyring
from storage.db import Database, StorageUnavailable, connect, metadata
from storage.migrate import (
    KEEP_BACKUPS,
    DatabaseNewer,
    DatabaseOlder,
    backup_of,
    check,
    drop_old_backups,
    head,
    upgrade,
)
from tests.conftest import KINDS

Checks = dict[str, set[tuple[str, str]]]


@pytest.fixture(params=KINDS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of each kind, without tables."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'new' / 'tocsin.db'}"
    url: str = request.getfixturevalue("empty_postgres_url")
    return url


@pytest.fixture
async def migrated(empty_url: str, keys: Keyring) -> AsyncIterator[Database]:
    """A database after all migrations."""
    await upgrade(empty_url)
    made = connect(empty_url, keys)
    yield made
    await made.close()


@pytest.fixture
def created_url(request: pytest.FixtureRequest, empty_url: str) -> str:
    """A database of the same kind as ``empty_url``, made straight from the tables."""
    kind = "sqlite_url" if empty_url.startswith("sqlite") else "postgres_url"
    url: str = request.getfixturevalue(kind)
    return url


@pytest.fixture
async def created(created_url: str, keys: Keyring) -> AsyncIterator[Database]:
    """That database, open."""
    made = connect(created_url, keys)
    yield made
    await made.close()


def differences(connection: Connection) -> list[object]:
    """What autogenerate would still change."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


def checks(connection: Connection) -> Checks:
    """Every CHECK by table, white space aside: autogenerate does not compare them."""
    found = inspect(connection)
    return {
        name: {
            (str(one["name"]), re.sub(r"\s+", " ", one["sqltext"]))
            for one in found.get_check_constraints(name)
        }
        for name in found.get_table_names()
        if name != "alembic_version"
    }


async def test_all_migrations_together_make_exactly_the_tables(migrated: Database) -> None:
    async with migrated.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_all_migrations_together_make_the_same_checks(
    migrated: Database, created: Database
) -> None:
    async with migrated.engine.connect() as left, created.engine.connect() as right:
        assert await left.run_sync(checks) == await right.run_sync(checks)


async def test_a_second_upgrade_changes_nothing(empty_url: str) -> None:
    first = await upgrade(empty_url)
    second = await upgrade(empty_url)
    assert (first.before, first.after, first.changed) == (None, head(), True)
    assert (second.before, second.changed, second.backup) == (head(), False, None)
    await check(empty_url)


async def test_a_database_of_an_unknown_schema_is_refused_untouched(empty_url: str) -> None:
    await upgrade(empty_url)
    await _stamp(empty_url, "9999")
    for look in (upgrade, check):
        with pytest.raises(DatabaseNewer, match=f"schema 9999, this program knows up to {head()}"):
            await look(empty_url)


async def test_a_database_without_tables_is_older(empty_url: str) -> None:
    with pytest.raises(DatabaseOlder, match="has schema none"):
        await check(empty_url)


async def test_a_copy_is_made_before_a_database_with_data_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'tocsin.db'}"
    await upgrade(url)
    await _stamp(url, "0000")
    monkeypatch.setattr("storage.migrate._current", _current_is("0000"))
    monkeypatch.setattr("storage.migrate.steps", lambda *_: None)
    done = await upgrade(url)
    assert done.backup == backup_of(url, "0000")
    assert done.backup is not None
    assert stat.S_IMODE(done.backup.stat().st_mode) == 0o600
    engine = create_engine(f"sqlite:///{done.backup}")
    with engine.connect() as copy:
        assert copy.execute(text("SELECT version_num FROM alembic_version")).scalar() == "0000"
        assert {"subscribers", "staff"} <= set(inspect(copy).get_table_names())
    engine.dispose()


async def test_copies_go_after_a_fortnight(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'tocsin.db'}"
    now = datetime(2026, 11, 21, tzinfo=UTC)
    kept, old = backup_of(url, "0002"), backup_of(url, "0001")
    assert kept is not None
    assert old is not None
    for path, age in ((kept, KEEP_BACKUPS), (old, KEEP_BACKUPS + timedelta(seconds=1))):
        path.touch()
        os.utime(path, ((now - age).timestamp(),) * 2)
    assert drop_old_backups(url, now) == [old]
    assert kept.exists()
    assert not old.exists()


async def test_a_new_database_file_is_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "new" / "tocsin.db"
    await upgrade(f"sqlite+aiosqlite:///{file}")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "url",
    [
        "sqlite+aiosqlite:////proc/no/such/tocsin.db",
        "postgresql+asyncpg://nobody@127.0.0.1:1/none",
    ],
)
async def test_a_database_out_of_reach_is_said_to_be_so(url: str) -> None:
    pytest.importorskip("asyncpg")
    with pytest.raises(StorageUnavailable):
        await upgrade(url)


def _current_is(revision: str) -> Callable[..., Awaitable[str]]:
    async def current(*_: object) -> str:
        return revision

    return current


async def _stamp(url: str, revision: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE alembic_version SET version_num = :r"), {"r": revision}
        )
    await engine.dispose()
