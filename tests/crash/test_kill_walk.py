"""kill -9 at random points of publications to thousands: nobody is left out.

``TOCSIN_KILLS`` and ``TOCSIN_DELIVERIES`` make it longer than a daily run has time for; see
``make nightly``.
"""

import asyncio
import os
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from bot.domain.districts import DistrictId
from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from bot.views.message import Message, Say, encode
from storage import outbox
from storage.crypto import Keyring
from storage.db import Database, connect
from tests.crash.nursery import Nursery, nursery
from tests.crash.outside import sound
from tests.delivery.faulty import TOKEN, Telegram, listening
from tests.delivery.house import now
from tests.delivery.wire import CHANNEL, FIRST, announce, drained, settle_in

KILLS = int(os.environ.get("TOCSIN_KILLS", "15"))
DELIVERIES = int(os.environ.get("TOCSIN_DELIVERIES", "1500"))
ALERTS, NEWS = ("alert one", "alert two", "alert three"), ("news one", "news two")
PEOPLE = DELIVERIES // len(ALERTS + NEWS)
CHANNELS = 3
REPLIES = 4
"""Answers that are queued between two kills."""
IN_FLIGHT = 3
"""Messages on their way at a time: as many may arrive twice per kill."""
STARTLED = 5
"""Every so many kills one comes while the bot starts."""
REST = 60.0
"""Seconds by which the clock of bots moves on after ten kills, and to see the last ones through."""
SLOW_PEOPLE, SLOW_KILLS = 150, 12
DISTANCE = 0.1
"""Seconds there and back, at the usual pace: 2 to 3 messages are on their way then."""
SLOW_IN_FLIGHT = 6
"""The same on a machine that is too busy to hear an answer for another 140 ms."""
SEED = 20261123


@dataclass(slots=True)
class Siege:
    """What is to arrive, and what the bot has suffered."""

    db: Database
    place: DistrictId
    expected: list[tuple[int, str]] = field(default_factory=list)
    in_flight: int = IN_FLIGHT
    kills: int = 0
    broken: int = 0

    async def say(self, text: str, lane: Lane, people: int) -> None:
        """Publish to everybody."""
        await announce(self.db, self.place, text, lane=lane)
        chats = [*(FIRST + n for n in range(people)), *(CHANNEL - n for n in range(CHANNELS))]
        self.expected += [(chat, text) for chat in chats]

    async def answer(self, people: int) -> None:
        """Queue replies."""
        async with self.db.tx() as tx:
            for n in range(REPLIES):
                chat, text = FIRST + (7 * self.kills + n) % people, f"reply {self.kills} {n}"
                task = encode(Say(Message(text)))
                await outbox.add(tx, lane=Lane.REPLY, chat=TelegramId(chat), task=task, now=now())
                self.expected.append((chat, text))

    async def finish(self, bots: Nursery, order: dict[str, object], ahead: float) -> None:
        """Let bots live until nothing is left, with doubts and leases outwaited by their clock."""
        while await _left(self.db):
            ahead += REST
            await bots.bear({**order, "ahead": ahead})
            await drained(self.db, partial(_later, ahead))
            await bots.kill()

    def judge(self, accepted: Counter[tuple[int, str]], log: Path) -> None:
        """Everything arrived, little of it twice."""
        copies = accepted.total() - len(accepted)
        told = f"kills={self.kills} messages={len(self.expected)} twice={copies}"
        print(f"{told} per_kill={copies / self.kills:.2f} most={max(accepted.values())}")
        assert (self.broken, log.read_text()) == (0, "")
        assert set(self.expected) - set(accepted) == set(), "lost"
        assert set(accepted) - set(self.expected) == set(), "never said"
        assert copies <= self.in_flight * self.kills
        assert max(accepted.values()) <= 3


def _later(seconds: float) -> datetime:
    return now() + timedelta(seconds=seconds)


async def _left(db: Database) -> bool:
    """Whether anything is left to be done, now or later."""
    async with db.tx(write=False) as tx:
        ask = "select count(*) from outbox where stage <> 'unknown'"
        queued = (await tx.connection.exec_driver_sql(ask)).scalar_one()
        walks = await tx.connection.exec_driver_sql(
            "select count(*) from publications where not walked"
        )
        return bool(queued or walks.scalar_one())


async def _strike(bots: Nursery, telegram: Telegram, at: int, chance: random.Random) -> None:
    """Kill at a point of the delivery, or in between, or while the bot starts."""
    if at >= 0:
        await telegram.reach(at)
    await asyncio.sleep(chance.uniform(0.0, 0.02))
    await bots.kill()


async def test_nobody_is_lost_when_the_engine_is_killed_in_the_middle_of_walks(
    database_url: str, tmp_path: Path, keys: Keyring
) -> None:
    db, log, chance = connect(database_url, keys), tmp_path / "log", random.Random(SEED)
    points = sorted(chance.sample(range(int(DELIVERIES * 0.9)), KILLS))
    order: dict[str, object] = {"kind": "engine", "db": database_url, "key": bytes(range(32)).hex()}
    siege, ahead = Siege(db, await settle_in(db, PEOPLE, in_channels=CHANNELS)), 0.0
    async with listening() as telegram, nursery(log) as bots:
        order |= {"token": TOKEN, "api": telegram.api, "in_flight": IN_FLIGHT, "rate": 4000.0}
        for text in (*ALERTS[:2], *NEWS):
            await siege.say(text, Lane.NEWS if text in NEWS else Lane.ALERT, PEOPLE)
        for point in points:
            await bots.bear({**order, "ahead": ahead})
            await siege.answer(PEOPLE)
            startled = siege.kills % STARTLED == STARTLED - 1
            await _strike(bots, telegram, -1 if startled else point, chance)
            siege.kills += 1
            siege.broken += database_url.startswith("sqlite") and not sound(tmp_path / "test.db")
            if siege.kills == KILLS // 2:
                await siege.say(ALERTS[2], Lane.ALERT, PEOPLE)
            if siege.kills % 10 == 0:
                ahead += REST
        await siege.finish(bots, order, ahead)
    await db.close()
    siege.judge(telegram.accepted, log)


async def test_at_the_usual_pace_a_kill_repeats_a_few_messages(
    sqlite_url: str, tmp_path: Path, keys: Keyring
) -> None:
    db, log, chance = connect(sqlite_url, keys), tmp_path / "log", random.Random(SEED)
    order: dict[str, object] = {"kind": "engine", "db": sqlite_url, "key": bytes(range(32)).hex()}
    place = await settle_in(db, SLOW_PEOPLE, in_channels=CHANNELS)
    siege = Siege(db, place, in_flight=SLOW_IN_FLIGHT)
    async with listening(way=DISTANCE / 2) as telegram, nursery(log) as bots:
        order |= {"token": TOKEN, "api": telegram.api, "in_flight": None, "rate": 25.0}
        await siege.say(ALERTS[0], Lane.ALERT, SLOW_PEOPLE)
        for _ in range(SLOW_KILLS):
            await bots.bear({**order, "ahead": 0.0})
            await telegram.reach(telegram.accepted.total() + 4)
            await asyncio.sleep(chance.uniform(0.0, 0.3))
            await bots.kill()
            siege.kills += 1
            siege.broken += not sound(tmp_path / "test.db")
        await siege.finish(bots, order, 0.0)
    await db.close()
    siege.judge(telegram.accepted, log)
