"""Two workers on one database: everybody is written to once, and either may go away."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

import pytest

from bot.domain.outbox import Lane
from storage.crypto import Keyring
from storage.db import Database, connect
from storage.leases import LEASE
from tests.clock import Clock
from tests.delivery.faulty import Telegram, listening
from tests.delivery.wire import CHANNEL, FIRST, Line, announce, drained, lined, settle_in, unbounded

PEOPLE = 150
CHANNELS = 2
TEXTS = ("alert one", "alert two", "news")
IN_FLIGHT = 8
SOME = 60
"""Messages after which one of the workers goes away."""
EVERYBODY = {(chat, text) for chat in [*range(FIRST, FIRST + PEOPLE)] for text in TEXTS} | {
    (CHANNEL - n, text) for n in range(CHANNELS) for text in TEXTS
}


@pytest.fixture
async def same(db: Database, database_url: str, keys: Keyring) -> AsyncIterator[Database]:
    """The same database, opened by somebody else."""
    made = connect(database_url, keys)
    yield made
    await made.close()


async def prepare(db: Database, clock: Clock) -> None:
    """Followers, channels and what they are to be told."""
    place = await settle_in(db, PEOPLE, in_channels=CHANNELS)
    for text in TEXTS:
        lane = Lane.NEWS if text == "news" else Lane.ALERT
        await announce(db, place, text, lane=lane, at=clock())


def at_work(db: Database, telegram: Telegram, clock: Clock) -> AbstractAsyncContextManager[Line]:
    """A worker that knows it is not alone."""
    pace = unbounded()
    return lined(db, telegram.api, pace=pace, clock=clock, in_flight=IN_FLIGHT, alone=False)


@asynccontextmanager
async def two(
    db: Database, same: Database, clock: Clock
) -> AsyncIterator[tuple[Telegram, Line, Line]]:
    """Everything that is to be told, Telegram, and two workers who have not begun."""
    await prepare(db, clock)
    async with (
        listening() as telegram,
        at_work(db, telegram, clock) as one,
        at_work(same, telegram, clock) as other,
    ):
        yield telegram, one, other


def twice(telegram: Telegram) -> int:
    """How many messages too many arrived."""
    return telegram.accepted.total() - len(telegram.accepted)


async def test_everybody_gets_one_copy_from_whichever_of_two_workers(
    db: Database, same: Database, clock: Clock
) -> None:
    async with two(db, same, clock) as (telegram, one, other):
        await one.engine.start()
        await other.engine.start()
        await drained(db, clock)
    assert telegram.accepted == Counter(EVERYBODY)


async def test_a_worker_that_stops_hands_over_at_once(
    db: Database, same: Database, clock: Clock
) -> None:
    async with two(db, same, clock) as (telegram, one, other):
        await one.engine.start()
        await telegram.reach(SOME)
        await one.engine.stop()
        done = telegram.accepted.total()
        await other.engine.start()
        await drained(db, clock)
    assert SOME <= done < len(EVERYBODY)
    assert telegram.accepted == Counter(EVERYBODY)


async def test_the_work_of_a_worker_that_died_is_taken_over_after_its_lease(
    db: Database, same: Database, clock: Clock
) -> None:
    async with two(db, same, clock) as (telegram, one, other):
        await one.engine.start()
        await other.engine.start()
        await telegram.reach(SOME)
        await one.die()
        for _ in range(3):  # its walks; what was on its way waits a little; its rows
            clock.move(LEASE + timedelta(minutes=3))
            other.engine.wake()
            await drained(db, clock)
    assert set(telegram.accepted) == EVERYBODY
    assert twice(telegram) <= IN_FLIGHT
