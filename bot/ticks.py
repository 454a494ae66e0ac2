"""The table of heartbeats: what is looked after again and again, and how often.

APScheduler only beats. Everything that has a date is a row with its due instant, so a beat that
comes late or never loses nothing.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.redaction import describe

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


class Ticks:
    """Runs the table. Late beats are made up once (coalesced), however late."""

    def __init__(self, ticks: Sequence[Tick]) -> None:
        self._ticks = ticks
        self._scheduler: AsyncIOScheduler | None = None

    async def start(self) -> None:
        """Beat for the first time right away, then on schedule."""
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        beating = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=beating)
        for tick in self._ticks:
            self._scheduler.add_job(
                tick.beat,
                IntervalTrigger(seconds=tick.every.total_seconds(), timezone=UTC),
                id=tick.name,
                next_run_time=datetime.now(UTC),
            )
        self._scheduler.start()

    async def stop(self) -> None:
        """Stop beating; a beat under way is cancelled."""
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None
