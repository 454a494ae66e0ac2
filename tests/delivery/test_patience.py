"""Trouble is outwaited: growing pauses, no dead loops, no lost tasks."""

import asyncio
from datetime import timedelta

import pytest
from telegram.error import InvalidToken, NetworkError

from bot.delivery import patience
from bot.delivery.patience import back_off, endure, insist, reach, until
from bot.delivery.tasks import Tasks
from storage.db import StorageUnavailable


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for real."""
    monkeypatch.setattr(patience, "LONGEST", timedelta(milliseconds=5))


def test_pauses_double_up_to_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LONGEST", timedelta(seconds=60))
    assert [back_off(n).total_seconds() for n in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert back_off(10_000) == timedelta(seconds=60)


async def test_a_lost_network_at_start_is_said_once_and_waited_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    left: list[Exception | None] = [NetworkError("dns"), NetworkError("dns"), None]

    async def connect() -> None:
        problem = left.pop(0)
        if problem is not None:
            raise problem

    await reach(connect)
    assert left == []
    assert caplog.text.count("Telegram cannot be reached") == 1


async def test_a_wrong_token_is_not_waited_out() -> None:
    async def connect() -> None:
        raise InvalidToken

    with pytest.raises(InvalidToken):
        await reach(connect)


async def test_work_is_repeated_until_the_database_takes_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    left = [StorageUnavailable("full"), StorageUnavailable("full"), None]

    async def work() -> str:
        problem = left.pop(0)
        if problem is not None:
            raise problem
        return "done"

    assert await insist(work) == "done"
    assert caplog.text.count("waiting for the database") == 1
    assert caplog.text.count("works again") == 1


async def test_other_errors_are_not_swallowed() -> None:
    async def work() -> None:
        raise KeyError("bug")

    with pytest.raises(KeyError):
        await insist(work)


async def test_a_loop_that_ends_begins_again(caplog: pytest.LogCaptureFixture) -> None:
    rounds, enough = [], asyncio.Event()

    async def work() -> None:
        rounds.append(1)
        if len(rounds) == 3:
            enough.set()
        raise ValueError("about 700700700")

    tasks = Tasks()
    tasks.start(endure(work, "loop"), "loop")
    await asyncio.wait_for(enough.wait(), 5)
    await tasks.close()
    assert "loop failed: ValueError" in caplog.text
    assert "700700700" not in caplog.text


async def test_a_bell_ends_the_wait_early() -> None:
    bell = asyncio.Event()
    asyncio.get_running_loop().call_soon(bell.set)
    await asyncio.wait_for(until(bell, 60), 5)
    await until(asyncio.Event(), 0.001)
    assert bell.is_set()


async def test_the_death_of_a_task_is_told_without_its_values(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def work() -> None:
        raise ValueError("about 700700700")

    tasks = Tasks()
    await asyncio.wait([tasks.start(work(), "sender")])
    await asyncio.sleep(0)
    assert "task sender died: ValueError" in caplog.text
    assert "700700700" not in caplog.text
    assert len(tasks) == 0


async def test_closing_ends_every_task_and_leaves_none() -> None:
    tasks, ended = Tasks(), []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(1)

    first = tasks.start(work(), "one")
    tasks.start(work(), "two")
    await asyncio.sleep(0)
    await tasks.end(first)
    assert len(ended) == 1
    await tasks.close()
    assert len(ended) == 2
    assert len(tasks) == 0
    await tasks.end(None)
