"""Transactions: all or nothing, writers in order, readers never waiting, trouble translated."""

import asyncio
import random
import threading
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError, StatementError

from bot.domain.privacy import TelegramId
from storage import forms, inbox, migrate, outbox
from storage.crypto import Keyring
from storage.db import Database, StorageUnavailable, connect, insert_once, upsert
from storage.forms import Form
from storage.retention import purge
from storage.sqlite import PRAGMA_VALUES
from tests.clock import Clock
from tests.conftest import NEEDS_POSTGRES

VERA = TelegramId(700700700)


async def count(db: Database) -> int:
    """Forms in the database."""
    async with db.tx(write=False) as tx:
        return len((await tx.execute(select(forms.table))).all())


async def test_a_failed_transaction_leaves_nothing(db: Database, clock: Clock) -> None:
    with suppress(ZeroDivisionError):
        async with db.tx() as tx:
            await forms.save(tx, VERA, Form("x", b""), clock())
            _ = 1 / 0
    assert await count(db) == 0


async def test_what_one_connection_committed_another_sees(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        await forms.save(tx, VERA, Form("x", b""), clock())
    assert await count(db) == 1


async def test_many_writers_at_once_lose_no_increment(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        await inbox.receive(tx, 1, chat=VERA, payload=b"{}", now=clock())

    async def increment() -> None:
        for _ in range(10):
            async with db.tx() as tx:
                await inbox.tried(tx, 1)

    await asyncio.gather(*(increment() for _ in range(8)))
    async with db.tx(write=False) as tx:
        (one,) = await inbox.waiting(tx, limit=1)
    assert one.attempts == 80


async def test_a_reader_does_not_wait_for_a_writer(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        await forms.save(tx, VERA, Form("x", b""), clock())
        async with asyncio.timeout(60):
            assert await count(db) == 0
    assert await count(db) == 1


async def test_upsert_overwrites_and_insert_once_does_not(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        tag = tx.keys.tag(VERA)
        sealed = tx.keys.seal(b"x", aad=b"")
        row = {"tag": tag, "answers": sealed, "saved_at": clock()}
        await upsert(tx, forms.table, kind="one", **row)
        await upsert(tx, forms.table, kind="two", **row)
        assert not await insert_once(tx, forms.table, kind="three", **row)
        assert (await tx.execute(select(forms.table.c.kind))).scalar_one() == "two"


async def test_sqlite_runs_with_the_pragmas_that_keep_its_promises(sqlite: Database) -> None:
    async with sqlite.tx(write=False) as tx:
        for name, value in PRAGMA_VALUES.items():
            found = await tx.connection.exec_driver_sql(f"PRAGMA {name}")
            assert found.scalar_one() == value, name


async def test_a_database_that_cannot_be_opened_is_unavailable(
    tmp_path: Path, keys: Keyring
) -> None:
    before = set(threading.enumerate())
    lost = connect(f"sqlite+aiosqlite:///{tmp_path / 'missing' / 'x.db'}", keys)
    with pytest.raises(StorageUnavailable):
        async with lost.tx():
            raise AssertionError("never reached")
    await lost.close()
    while set(threading.enumerate()) - before:  # aiosqlite's still reports to this loop
        await asyncio.sleep(0.01)


async def test_a_server_that_does_not_listen_is_unavailable(keys: Keyring) -> None:
    lost = connect("postgresql+asyncpg://nobody@127.0.0.1:9/none", keys)
    with pytest.raises(StorageUnavailable):
        async with lost.tx():
            raise AssertionError("never reached")
    await lost.close()


async def test_a_full_disk_is_unavailable_and_hurts_nothing(sqlite: Database, clock: Clock) -> None:
    with pytest.raises(StorageUnavailable):
        await write_too_much(sqlite, clock)
    async with sqlite.tx(write=False) as tx:
        check = await tx.connection.exec_driver_sql("PRAGMA quick_check")
        assert check.scalar_one() == "ok"
    assert await count(sqlite) == 0


async def write_too_much(db: Database, clock: Clock) -> None:
    """Fill a database that may not grow."""
    async with db.tx() as tx:
        await tx.connection.exec_driver_sql("PRAGMA max_page_count=200")
        await forms.save(tx, VERA, Form("x", b"y" * 3_000_000), clock())


STATES = ("25006", "40P01", "53100", "53300", "55P03", "57014", "58030")
"""Read-only, deadlock, no space, too many connections, no lock, cancelled, a failing disk."""


@pytest.mark.parametrize("state", [pytest.param(s, marks=NEEDS_POSTGRES) for s in STATES])
async def test_what_postgresql_refuses_for_a_while_is_unavailable(
    postgres_url: str, keys: Keyring, state: str
) -> None:
    db = connect(postgres_url, keys)
    raising = f"raise exception 'on purpose' using errcode = '{state}'"
    with pytest.raises(StorageUnavailable, match="on purpose"):
        async with db.tx() as tx:
            await tx.connection.exec_driver_sql(f"do $$ begin {raising}; end $$")
    with pytest.raises(ProgrammingError):
        async with db.tx() as tx:
            await tx.connection.exec_driver_sql("selec")
    await db.close()


@pytest.mark.parametrize("name", [pytest.param("tocsin_nowhere", marks=NEEDS_POSTGRES)])
async def test_a_server_without_the_database_is_unavailable(
    postgres_url: str, keys: Keyring, name: str
) -> None:
    url = make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    db = connect(url, keys)
    with pytest.raises(StorageUnavailable, match="does not exist"):
        async with db.tx():
            pass
    await db.close()
    with pytest.raises(StorageUnavailable, match="does not exist"):
        await migrate.check(url)


async def test_a_damaged_file_is_unavailable(tmp_path: Path, keys: Keyring) -> None:
    path = tmp_path / "damaged.db"
    path.write_bytes(b"SQLite format 3\0" + b"\1" * 8192)
    db = connect(f"sqlite+aiosqlite:///{path}", keys)
    with pytest.raises(StorageUnavailable):
        async with db.tx():
            pass
    await db.close()


async def test_naive_times_plain_ids_and_unsealed_values_do_not_fit(
    db: Database, clock: Clock
) -> None:
    naive = datetime(2026, 11, 21)  # noqa: DTZ001  # that is the point
    for values in (
        {"saved_at": naive, "tag": b"x" * 16, "answers": b"x" * 40},
        {"saved_at": clock(), "tag": b"700700700", "answers": b"x" * 40},
        {"saved_at": clock(), "tag": b"x" * 16, "answers": b"plain"},
    ):
        with pytest.raises(StatementError):
            async with db.tx() as tx:
                await tx.execute(forms.table.insert().values(kind="x", **values))
    assert await count(db) == 0


async def test_times_come_back_aware_and_equal(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        await forms.save(tx, VERA, Form("x", b""), clock())
        saved = (await tx.execute(select(forms.table.c.saved_at))).scalar_one()
    assert saved == clock()
    assert saved.utcoffset() == timedelta(0)


async def test_the_purge_says_what_it_removed(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        await forms.save(tx, VERA, Form("x", b""), clock())
        assert await purge(tx, clock() + timedelta(hours=23)) == {}
        assert await purge(tx, clock() + timedelta(hours=24)) == {"forms": 1}
        assert await purge(tx, clock() + timedelta(hours=24)) == {}
    assert outbox.table.info["retention"].column is None


async def test_a_task_that_is_cancelled_amid_a_statement_leaves_no_lock_behind(
    sqlite: Database,
) -> None:
    """The connection of the cancelled one is closed at once; its cursor may live longer."""
    rng = random.Random(7)

    async def write() -> None:
        while True:
            async with sqlite.tx() as tx:
                await tx.execute(text("insert into cut values (1)"), [{}] * 50)
                (await tx.execute(text("select x from cut limit 200"))).all()

    async with sqlite.tx() as tx:
        await tx.execute(text("create table cut (x int)"))
    for _ in range(150):
        task = asyncio.create_task(write())  # noqa: TID251  # cancelled below
        await asyncio.sleep(rng.uniform(0.0005, 0.01))
        task.cancel()
        await asyncio.wait([task])
        async with sqlite.tx() as tx:
            await tx.execute(text("insert into cut values (2)"))
