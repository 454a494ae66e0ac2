"""Fixtures every test may use: a clock that stands still, and each database in turn."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import settings
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

import storage  # noqa: F401  # registers every table
from storage.crypto import Keyring
from storage.db import Database, connect, metadata
from tests.clock import Clock

pytest_plugins = ["tests.leak_watch"]
settings.register_profile("tocsin", deadline=None)
settings.load_profile("tocsin")  # a busy machine is no failure: speed is for benchmarks
POSTGRES = os.environ.get("TOCSIN_TEST_POSTGRES")
"""URL of a server on which databases may be made, postgresql+asyncpg://…"""
NEEDS_POSTGRES = [
    pytest.mark.postgres,
    pytest.mark.skipif(
        not POSTGRES and "postgres" not in os.environ.get("TOCSIN_REQUIRE", ""),
        reason="needs TOCSIN_TEST_POSTGRES",
    ),
]
KINDS = ["sqlite", pytest.param("postgresql", marks=NEEDS_POSTGRES)]


@pytest.fixture
def clock() -> Clock:
    """Saturday 21 November 2026, 11:40 in Brussels (10:40 UTC)."""
    return Clock()


@pytest.fixture(scope="session")
def keys() -> Keyring:
    """One installation's keys."""
    return Keyring(bytes(range(32)))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, keys: Keyring) -> Path:
    """An empty SQLite database with every table, to copy per test."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    asyncio.run(_create(f"sqlite+aiosqlite:///{path}", keys))
    return path


@pytest.fixture(scope="session")
def postgres_url(keys: Keyring) -> Iterator[str]:
    """A PostgreSQL database of this run's own, dropped at its end."""
    assert POSTGRES is not None
    name = f"tocsin_test_{uuid4().hex[:12]}"
    asyncio.run(_administer(f'CREATE DATABASE "{name}"'))
    url = make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
    asyncio.run(_create(url, keys))
    yield url
    asyncio.run(_administer(f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture
def empty_postgres_url() -> Iterator[str]:
    """A PostgreSQL database without tables, dropped after the test."""
    assert POSTGRES is not None
    name = f"tocsin_test_{uuid4().hex[:12]}"
    asyncio.run(_administer(f'CREATE DATABASE "{name}"'))
    yield make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
    asyncio.run(_administer(f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture
def sqlite_url(tmp_path: Path, template: Path) -> str:
    """A fresh SQLite file with every table."""
    return f"sqlite+aiosqlite:///{shutil.copy(template, tmp_path / 'test.db')}"


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """A database of each kind, tables made."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
async def sqlite(sqlite_url: str, keys: Keyring) -> AsyncIterator[Database]:
    """A fresh SQLite database."""
    made = connect(sqlite_url, keys)
    yield made
    await made.close()


@pytest.fixture
async def db(database_url: str, keys: Keyring) -> AsyncIterator[Database]:
    """A fresh database of each kind: the same test runs on both."""
    made = connect(database_url, keys)
    if database_url.startswith("postgresql"):
        async with made.engine.begin() as connection:
            names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
            await connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    yield made
    await made.close()


async def _create(url: str, keys: Keyring) -> None:
    made = connect(url, keys)
    async with made.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await made.close()


async def _administer(statement: str) -> None:
    assert POSTGRES is not None
    engine = create_async_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()
