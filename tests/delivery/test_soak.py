"""A day of everything, in the time of a cup of tea: nothing grows, nothing is left over."""

import asyncio
import gc
import os
import random
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.domain.outbox import Lane
from bot.domain.publications import Kind, Revision, Want
from storage.crypto import Keyring
from tests.delivery.ledger import Issue
from tests.delivery.one_thread import LeapingLoop, in_file
from tests.delivery.small_world import World
from tests.delivery.telegram_in_memory import Call, Fate, Watch

HOURS = 24 if "TOCSIN_NIGHTLY" in os.environ else 8
READERS = 100
WARM = 2
"""The hour from which on nothing may grow: what is kept for speed has been filled by then."""
GROWTH = 1.05
PROMPT = 10.0
"""Seconds that an answer to a person may take, whatever else is sent: twice what a fault costs."""
STATUS = Path("/proc/self/status")


class Traffic(Watch):
    """Counts, keeping nothing of what it saw."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.seen: Counter[str] = Counter()
        self.slowest = 0.0

    def decided(self, call: Call, fate: Fate) -> None:
        """See the base."""
        self.seen[fate.name] += 1
        reader = self.world.ledger.readers[call.chat]
        if fate is Fate.DONE and self.world.telegram.chats[call.chat].blocked and reader.there:
            self.world.ledger.forgotten(reader)
            self.seen["blocked"] += 1

    def carried_out(self, call: Call, message: int, fate: Fate) -> None:
        """See the base."""
        self.seen[call.method] += 1
        if call.text.startswith("answer"):
            self.seen["answer"] += 1
            self.slowest = max(self.slowest, call.at - float(call.text.split()[1]))


class Server:
    """Takes 20 to 120 ms; refuses beyond 30 in a second, and now and then for no reason."""

    def __init__(self) -> None:
        self.chance = random.Random(1)
        self._second: list[float] = []

    async def __call__(self, call: Call) -> Fate:
        self._second = [at for at in self._second if at > call.at - 1.0]
        if len(self._second) >= 30:
            return Fate.TOO_MANY
        self._second.append(call.at)
        await asyncio.sleep(self.chance.uniform(0.02, 0.12))
        luck = self.chance.random()
        if luck < 0.005:
            return Fate.TOO_MANY
        if luck < 0.008:
            return Fate.FAULT
        return Fate.LOST_AFTER if luck < 0.009 else Fate.DONE


class Day:
    """What happens in which minute; everything rests at the end of an hour."""

    def __init__(self, world: World) -> None:
        self.world, self.chance = world, random.Random(2)
        self.rally: Issue | None = None
        self.news: Issue | None = None

    def hour(self, hour: int) -> None:
        """Sixty minutes, of which the last ten bring nothing new."""
        for minute in range(50):
            self._minute(hour, minute)
            self.world.loop.advance(60.0)
        self.world.loop.advance(600.0)

    def _minute(self, hour: int, minute: int) -> None:
        world = self.world
        for _ in range(2):
            reader = self.chance.choice(world.readers)
            if reader.there:
                world.answer(reader, f"answer {world.loop.time():.3f}")
        if minute % 10 == 0:
            self.news = self._publish(Kind.ITEM, Lane.NEWS, Want.NEWS)
        if minute == 5:
            self.rally = self._publish(Kind.RALLY, Lane.RALLY, Want.RALLIES)
        if minute == 15 and hour % 3 == 0 and self.rally is not None:
            self._change(self.rally)
        if minute == 25 and hour % 2 == 0:
            self._publish(Kind.BROADCAST, Lane.ALERT, Want.CHANGES)
        if minute == 31 and self.news is not None:
            kind = Revision.RECALL if hour % 6 == 5 else Revision.CORRECT
            world.revise(self.news, kind)
        if minute in (12, 42):
            self._come_and_go()

    def _publish(self, kind: Kind, lane: Lane, want: Want) -> Issue:
        subject = f"{kind}:{len(self.world.ledger.issues) + 1}"
        small = kind is Kind.ITEM
        place = self.chance.choice(self.world.quarters) if small else self.world.city
        issue = self.world.publish(kind, subject, lane, want, place)
        issue.due.clear()
        return issue

    def _change(self, rally: Issue) -> None:
        where = self.world.city
        self.world.publish(Kind.RALLY, rally.subject, Lane.RALLY, Want.CHANGES, where).due.clear()

    def _come_and_go(self) -> None:
        world, one = self.world, self.chance.choice(self.world.readers)
        if not one.there:
            world.follow(one, world.quarters[0])
        elif one.paused:
            world.resume(one)
        elif self.chance.random() < 0.5:
            world.stop(one)
        else:
            world.forget(one)
        world.block(self.chance.choice(world.readers[: READERS // 10]))


@pytest.fixture
def world(
    template: Path, keys: Keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """A file that nobody else writes to, and readers of both quarters."""
    monkeypatch.setattr("bot.delivery.outbox.LOOK", 60.0)
    path = Path(shutil.copy(template, tmp_path / "soak.db"))
    made = World(LeapingLoop(), in_file(path, keys), people=READERS, keep=20)
    made.telegram.decide, made.telegram.watch = Server(), Traffic(made)
    for n, reader in enumerate(made.readers):
        made.follow(reader, made.quarters[n % 2])
    yield made
    made.close()


def test_a_day_leaves_nothing_behind(world: World) -> None:
    day, traffic = Day(world), world.telegram.watch
    assert isinstance(traffic, Traffic)
    memory, blocks, tasks = list[int](), list[int](), list[int]()
    for hour in range(HOURS):
        day.hour(hour)
        _nothing_is_left(world)
        memory.append(_resident())
        blocks.append(sys.getallocatedblocks())
        tasks.append(len(asyncio.all_tasks(world.loop)))
    print(
        f"{traffic.seen}; slowest answer {traffic.slowest:.1f} s; "
        f"by hour: resident kB {memory}, blocks {blocks}"
    )
    assert len(set(tasks)) == 1
    assert memory[-1] <= memory[WARM - 1] * GROWTH
    assert blocks[-1] <= blocks[WARM - 1] * GROWTH  # memory freed by tests before would hide it
    assert traffic.seen["answer"] > 60 * HOURS
    assert traffic.slowest < PROMPT
    assert traffic.seen["sendMessage"] > 300 * HOURS
    assert traffic.seen["editMessageText"] > 10 * HOURS


def _nothing_is_left(world: World) -> None:
    """Every lane came to its end, and the engine remembers of it what it may."""
    assert not world.loop.finish(world.busy())
    engine = world.engine
    work, flights, pace = engine.work, engine.flights, engine.pace
    left = {
        "flights": len(flights) + len(flights.chats) + len(flights._courses),
        "reached": len(flights._reached) + len(flights._subjects) + len(work.reached),
        "work": len(work.walks) + len(work.revisions) + len(work.shut) + len(work._blocked),
        "landed": len(engine._landed),
        "pace": len(pace._chats) - 1 + len(pace._leaving) - 1,
    }
    assert not any(count > 2 for count in left.values()), left


def _resident() -> int:
    """Memory in kB; 0 where the system does not tell."""
    gc.collect()
    if not STATUS.exists():
        return 0
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1])
