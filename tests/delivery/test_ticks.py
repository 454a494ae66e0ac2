"""Heartbeats: at once, again, never twice at a time, and not stopped by a failure."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import pytest

from bot.ticks import Every, Tick, Ticks

SOON = timedelta(milliseconds=30)


class Counter:
    """Counts its beats; the first one may fail, each may take a while."""

    def __init__(self, *, fails: bool = False, takes: float = 0.0) -> None:
        self.beats, self.at_once, self.most = 0, 0, 0
        self.fails, self.takes = fails, takes
        self.cancelled = False

    async def __call__(self) -> None:
        """One beat."""
        self.beats += 1
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            await asyncio.sleep(self.takes)
            if self.fails:
                raise ValueError("of the chat 123456789")
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        finally:
            self.at_once -= 1

    async def reached(self, beats: int) -> None:
        """Wait for so many beats."""
        async with asyncio.timeout(30):
            while self.beats < beats:
                await asyncio.sleep(0.01)


async def test_the_first_beat_comes_right_after_the_start() -> None:
    counter = Counter()
    ticks = Ticks([Tick("often", timedelta(days=1), counter)])
    await ticks.start()
    await counter.reached(1)
    await ticks.stop()
    assert counter.beats == 1


async def test_beats_follow_and_end_with_stop() -> None:
    counter = Counter()
    ticks = Ticks([Tick("often", SOON, counter)])
    await ticks.start()
    await counter.reached(3)
    await ticks.stop()
    seen = counter.beats
    await asyncio.sleep(0.1)
    assert counter.beats == seen


async def test_a_slow_beat_is_never_joined_by_a_second_one() -> None:
    counter = Counter(takes=0.1)
    ticks = Ticks([Tick("slow", SOON, counter)])
    await ticks.start()
    await counter.reached(3)
    await ticks.stop()
    assert counter.most == 1


async def test_a_failing_beat_is_told_without_its_values_and_beats_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    counter = Counter(fails=True)
    ticks = Ticks([Tick("broken", SOON, counter)])
    with caplog.at_level(logging.ERROR):
        await ticks.start()
        await counter.reached(2)
        await ticks.stop()
    assert "tick broken failed: ValueError" in caplog.text
    assert "123456789" not in caplog.text


async def test_a_clock_that_is_set_back_silences_no_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.ticks.LOOK", 0.05)
    counter = Counter()
    ticks = Ticks([Tick("rare", timedelta(seconds=1), counter)])
    await ticks.start()
    await counter.reached(1)
    assert ticks._scheduler is not None
    job = ticks._scheduler.get_job("rare")
    job.modify(next_run_time=job.next_run_time + timedelta(hours=1))
    await counter.reached(2)
    await ticks.stop()


def test_a_clock_that_is_set_forward_makes_up_one_beat() -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    trigger = Every(timedelta(seconds=5))
    assert trigger.get_next_fire_time(now - timedelta(days=3650), now) == now + trigger.span


async def test_stop_ends_a_beat_under_way() -> None:
    counter = Counter(takes=60)
    ticks = Ticks([Tick("endless", SOON, counter)])
    await ticks.start()
    await counter.reached(1)
    await ticks.stop()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert counter.cancelled


async def test_stopping_what_never_started_changes_nothing() -> None:
    counter = Counter()
    await Ticks([Tick("never", SOON, counter)]).stop()
    assert counter.beats == 0
