"""A fifth of all calls fails, in every way there is: all is delivered, and nobody is pestered."""

import asyncio
from collections import Counter
from itertools import pairwise

import pytest

from bot.delivery.pace import Pace
from bot.domain.outbox import Lane
from bot.domain.publications import PublicationId
from storage import receipts
from storage.db import Database
from storage.outbox import Stage
from tests.delivery.faulty import Call, Reply, Telegram, limited, listening, weather
from tests.delivery.house import now
from tests.delivery.wire import (
    FIRST,
    announce,
    lined,
    open_at,
    rows,
    settle_in,
    unbounded,
    until,
)

PEOPLE = 2500
"""Each of whom gets an alert and a piece of news."""
PATIENCE = 1.0
"""Seconds the bot waits for an answer: with enough in flight nobody waits for those that do."""
IN_FLIGHT = 128
FUZZ = 0.001
"""What may arrive twice beyond what nobody can know."""
SEED = 20261124
CLOSED = 2
"""Seconds for which a chat is closed."""


async def through(db: Database) -> None:
    """Wait until nothing waits any more, due or not."""
    async with asyncio.timeout(100):
        while await open_at(db, now()) or any(r.stage == Stage.WAITING for r in await rows(db)):
            await asyncio.sleep(0.1)


async def received(db: Database, id: PublicationId) -> int:
    """How many copies the bot knows to have arrived."""
    async with db.tx(write=False) as tx:
        return await receipts.count(tx, id)


def ambiguous(telegram: Telegram) -> int:
    """Messages that arrived without the bot being able to know."""
    return sum(count for reply, count in telegram.replies.items() if reply.ambiguous)


async def test_everything_arrives_through_every_kind_of_fault(sqlite: Database) -> None:
    place = await settle_in(sqlite, PEOPLE)
    async with (
        listening(weather(SEED)) as telegram,
        lined(
            sqlite, telegram.api, pace=unbounded(), timeout=PATIENCE, in_flight=IN_FLIGHT
        ) as line,
    ):
        alert = await announce(sqlite, place, "alert")
        news = await announce(sqlite, place, "news", lane=Lane.NEWS)
        await line.engine.start()
        await through(sqlite)
        aside = Counter(row.stage for row in await rows(sqlite))
        known = [await received(sqlite, id) for id in (alert, news)]
    wanted = {(FIRST + n, text) for n in range(PEOPLE) for text in ("alert", "news")}
    twice = telegram.accepted.total() - len(wanted)
    faults = Counter(r.status if r.after == 0 else -1 for r in telegram.replies.elements())
    assert min(faults[status] for status in (-1, 0, 429, 500, 502)) > 10, "all kinds happened"
    assert set(telegram.accepted) == wanted
    assert telegram.early == 0
    assert twice <= ambiguous(telegram) + FUZZ * len(wanted)
    assert max(telegram.accepted.values()) <= 3
    assert all(n == 1 for (_, text), n in telegram.accepted.items() if text == "news")
    assert set(aside) <= {Stage.UNKNOWN}
    assert sum(known) + aside[Stage.UNKNOWN] == len(wanted)


@pytest.mark.parametrize("rate", [25.0, 250.0])
async def test_a_chat_that_is_closed_holds_up_nobody_else(sqlite: Database, rate: float) -> None:
    closed: list[Call] = []

    def close_one(call: Call) -> Reply | None:
        if not closed and len(telegram.calls) > rate:
            closed.append(call)
            return limited(CLOSED)
        return None

    people = round(rate * (CLOSED + 2))
    place = await settle_in(sqlite, people)
    async with (
        listening(close_one) as telegram,
        lined(sqlite, telegram.api, pace=Pace(rate, limit=1000, chat_gap=0.0)) as line,
    ):
        await announce(sqlite, place, "alert")
        await line.engine.start()
        await until(lambda: len(telegram.accepted) == people)
    (victim,) = closed
    opens = victim.at + CLOSED
    others = [c.at for c in telegram.calls if victim.at <= c.at <= opens and c.chat != victim.chat]
    again = [c.at for c in telegram.calls if c.chat == victim.chat and c.at > victim.at]
    assert telegram.early == 0
    assert len(again) == 1
    assert again[0] - opens <= 1.0
    assert max(b - a for a, b in pairwise([victim.at, *others])) <= 1.0
    assert set(telegram.accepted.values()) == {1}
