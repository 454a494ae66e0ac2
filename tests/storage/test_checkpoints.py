"""What was committed reaches the file by itself beside the writers; nothing is left running."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.checkpoints import EVERY, Checkpoints
from storage.crypto import Keyring
from storage.db import Database, connect


@pytest.fixture
async def noted(tmp_path: Path, keys: Keyring) -> AsyncIterator[Database]:
    """A database with one table in its file ``noted.db``."""
    db = connect(f"sqlite+aiosqlite:///{tmp_path / 'noted.db'}", keys)
    async with db.tx() as tx:
        await tx.execute(text("CREATE TABLE noted (n INTEGER)"))
    yield db
    await db.close()


async def _write(db: Database, *values: int) -> None:
    async with db.tx() as tx:
        await tx.execute(text("INSERT INTO noted VALUES (:n)"), [{"n": n} for n in values])


def _in_the_file(path: Path) -> list[int]:
    """What stands in the file alone, whatever its log says."""
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as connection:
        try:
            return [n for (n,) in connection.execute("SELECT n FROM noted")]
        except sqlite3.OperationalError:
            return []


async def _until_there(path: Path, wanted: list[int]) -> None:
    async with asyncio.timeout(20 * EVERY + 5):
        while _in_the_file(path) != wanted:
            await asyncio.sleep(EVERY / 5)


def _running() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "checkpoints"]


async def test_commits_reach_the_file_while_it_is_open(noted: Database, tmp_path: Path) -> None:
    await _write(noted, 1, 2)
    await _until_there(tmp_path / "noted.db", [1, 2])
    await _write(noted, 3)
    await _until_there(tmp_path / "noted.db", [1, 2, 3])


async def test_a_log_that_is_written_all_the_time_begins_anew(
    noted: Database, tmp_path: Path
) -> None:
    log = tmp_path / "noted.db-wal"
    for n in range(600):
        await _write(noted, *range(n * 100, n * 100 + 100))
        await asyncio.sleep(EVERY / 50)
    assert log.stat().st_size < 2**21, "half of what was written, at least"


async def test_readers_start_nothing(noted: Database) -> None:
    await noted.close()
    async with noted.tx(write=False) as tx:
        await tx.execute(text("SELECT n FROM noted"))
    assert _running() == []


async def test_nothing_is_left_running_and_it_may_be_opened_again(
    noted: Database, tmp_path: Path
) -> None:
    await _write(noted, 1)
    assert len(_running()) == 1
    await noted.close()
    assert _running() == []
    await _write(noted, 2)
    assert len(_running()) == 1


def test_a_file_that_is_gone_or_none_harms_nobody(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database at all")
    for name in ("gone.db", "text.db"):
        checkpoints = Checkpoints(tmp_path / name)
        checkpoints.committed()
        time.sleep(2 * EVERY)
        checkpoints.committed()
        checkpoints.close()
        assert not (tmp_path / "gone.db").exists()
