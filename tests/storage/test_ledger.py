"""The ledger is a chain: what is changed, left out or put in shows."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from storage import ledger
from storage.db import Database
from tests.clock import Clock

ENTRIES = 5


async def fill(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        for n in range(ENTRIES):
            await ledger.add(tx, "rally-cancelled", f"rally:{n}", 2, clock.move(timedelta(days=1)))


async def test_a_whole_chain_verifies_and_keeps_time_to_the_hour(
    db: Database, clock: Clock
) -> None:
    async with db.tx(write=False) as tx:
        assert await ledger.verify(tx) is None
    await fill(db, clock)
    async with db.tx(write=False) as tx:
        assert await ledger.verify(tx) is None
        rows = (await tx.execute(select(ledger.table))).all()
    assert [row.id for row in rows] == list(range(1, ENTRIES + 1))
    assert {(row.at.minute, row.at.second) for row in rows} == {(0, 0)}


@pytest.mark.parametrize(
    "change", [{"subject": "rally:9"}, {"people": 3}, {"action": "x"}, {"digest": bytes(32)}]
)
async def test_a_changed_entry_shows(db: Database, clock: Clock, change: dict[str, object]) -> None:
    await fill(db, clock)
    async with db.tx() as tx:
        await tx.execute(update(ledger.table).where(ledger.table.c.id == 3).values(**change))
        assert await ledger.verify(tx) == 3


async def test_a_missing_entry_shows(db: Database, clock: Clock) -> None:
    await fill(db, clock)
    async with db.tx() as tx:
        await tx.execute(delete(ledger.table).where(ledger.table.c.id == 2))
        assert await ledger.verify(tx) == 2


async def test_entries_written_at_the_same_time_stand_in_a_row(db: Database, clock: Clock) -> None:
    async def one(n: int) -> None:
        async with db.tx() as tx:
            await ledger.add(tx, "hold", f"source:{n}", 1, clock())

    await asyncio.gather(*(one(n) for n in range(20)))
    async with db.tx(write=False) as tx:
        assert await ledger.verify(tx) is None
        assert len((await tx.execute(select(ledger.table))).all()) == 20
