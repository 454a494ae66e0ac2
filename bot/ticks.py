"""The table of heartbeats: what is looked after again and again, and how often.

APScheduler only beats. Everything that has a date is a row with its due instant, so a beat that
comes late or never loses nothing.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from bot.redaction import describe

LOOK = 5.0
"""Seconds between two looks at the clock, which somebody may have set back."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tick:
    """One heartbeat: ``run`` is awaited ``every`` so often and never twice at a time."""

    name: str
    every: timedelta
    run: Callable[[], Awaitable[object]]

    async def beat(self) -> None:
        """One beat. A failure is told without its values, and the next beat comes all the same."""
        try:
            await self.run()
        except Exception as error:
            log.error("tick %s failed: %s", self.name, describe(error, deep=True))  # noqa: TRY400  # no values


class Every(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """So long after now, whatever was due before: a clock set forward by years makes up one beat,

    where APScheduler's own interval would first list them all in memory.
    """

    def __init__(self, span: timedelta) -> None:
        self.span = span

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        """As APScheduler asks for it."""
        return now + self.span


class Ticks:
    """Runs the table. Late beats are made up once (coalesced), however late."""

    def __init__(self, ticks: Sequence[Tick]) -> None:
        self._ticks = ticks
        self._scheduler: AsyncIOScheduler | None = None
        self._looking: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Beat for the first time right away, then on schedule."""
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        beating = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=beating)
        for tick in self._ticks:
            self._scheduler.add_job(
                tick.beat,
                Every(tick.every),
                id=tick.name,
                next_run_time=datetime.now(UTC),
            )
        self._scheduler.start()
        self._look()

    async def stop(self) -> None:
        """Stop beating; a beat under way is cancelled."""
        if self._looking is not None:
            self._looking.cancel()
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None

    def _look(self) -> None:
        """Beat now where the next beat lies further off than any can: the clock was set back."""
        assert self._scheduler is not None
        now = datetime.now(UTC)
        for tick in self._ticks:
            job = self._scheduler.get_job(tick.name)
            if job is not None and job.next_run_time > now + tick.every + timedelta(seconds=LOOK):
                job.modify(next_run_time=now)
        self._looking = asyncio.get_running_loop().call_later(LOOK, self._look)
