"""Dated rows: replaced whole, claimed once, in order."""

import asyncio
from datetime import timedelta

import pytest

from bot.domain.dues import Due, What
from storage import dues
from storage.db import Database
from tests.rallies import START


def due(what: What, subject: str = "rally:1", hours: float = 0) -> Due:
    """Due some hours after 14:00 in Minsk."""
    return Due(what, subject, START + timedelta(hours=hours), "Europe/Minsk", "2026-11-28T14:00")


async def test_what_is_wanted_replaces_all_that_was_due(db: Database) -> None:
    async with db.tx() as tx:
        await dues.replace_all(tx, "rally:1", [due(What.START), due(What.END, hours=3)])
        await dues.replace_all(tx, "rally:2", [due(What.START, "rally:2")])
        await dues.replace_all(tx, "rally:1", [due(What.PURGE, hours=9), due(What.END, hours=4)])
    async with db.tx(write=False) as tx:
        left = await dues.about(tx, "rally:1")
        assert left == [due(What.END, hours=4), due(What.PURGE, hours=9)]
        assert len(await dues.about(tx, "rally:2")) == 1


async def test_nothing_is_claimed_before_its_time_and_the_oldest_comes_first(db: Database) -> None:
    async with db.tx() as tx:
        await dues.replace_all(tx, "rally:1", [due(What.END, hours=3), due(What.START)])
        assert await dues.claim(tx, START - timedelta(seconds=1)) is None
        assert await dues.claim(tx, START + timedelta(hours=9)) == due(What.START)
        assert await dues.claim(tx, START + timedelta(hours=9)) == due(What.END, hours=3)
        assert await dues.claim(tx, START + timedelta(hours=9)) is None


async def test_a_claim_that_fails_leaves_the_row(db: Database) -> None:
    async with db.tx() as tx:
        await dues.replace_all(tx, "rally:1", [due(What.START)])
    with pytest.raises(ZeroDivisionError):
        await _claim_and_fail(db)
    async with db.tx() as tx:
        assert await dues.claim(tx, START) == due(What.START)


async def _claim_and_fail(db: Database) -> None:
    async with db.tx() as tx:
        assert await dues.claim(tx, START) is not None
        raise ZeroDivisionError


async def test_workers_at_the_same_time_never_claim_the_same_row(db: Database) -> None:
    wanted = [due(What.START, f"rally:{n}") for n in range(12)]
    async with db.tx() as tx:
        for one in wanted:
            await dues.replace_all(tx, one.subject, [one])

    async def work() -> list[str]:
        found: list[str] = []
        while True:
            async with db.tx() as tx:
                one = await dues.claim(tx, START)
                if one is None:
                    return found
                found.append(one.subject)
                await asyncio.sleep(0.005)

    claimed = await asyncio.gather(work(), work(), work())
    everything = [subject for one in claimed for subject in one]
    assert sorted(everything) == sorted(one.subject for one in wanted)
