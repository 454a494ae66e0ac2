"""Waiting out trouble: growing pauses, a database that refuses, a network that is gone."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from telegram.error import InvalidToken, TelegramError

from bot.redaction import describe
from storage.db import StorageUnavailable

T = TypeVar("T")
LONGEST = timedelta(seconds=60)
log = logging.getLogger(__name__)


def back_off(attempts: int) -> timedelta:
    """1, 2, 4 ... seconds after so many failures, at most a minute."""
    return min(timedelta(seconds=2 ** min(attempts, 10)), LONGEST)


async def insist(work: Callable[[], Awaitable[T]]) -> T:
    """Do ``work`` again and again until the database takes it; says so once."""
    failures = 0
    while True:
        try:
            done = await work()
        except StorageUnavailable as problem:
            if failures == 0:
                log.error("waiting for the database: %s", describe(problem))  # noqa: TRY400  # no values
            await asyncio.sleep(back_off(failures).total_seconds())
            failures += 1
        else:
            if failures:
                log.warning("the database works again")
            return done


async def reach(connect: Callable[[], Awaitable[None]]) -> None:
    """Meet Telegram for the first time. A lost network is said once and waited out.

    Raises ``InvalidToken``: waiting would not mend that.
    """
    failures = 0
    while True:
        try:
            await connect()
        except InvalidToken:
            raise
        except TelegramError as problem:
            if failures == 0:
                told = describe(problem)
                log.warning("Telegram cannot be reached (%s); trying again until it can", told)
            await asyncio.sleep(back_off(failures).total_seconds())
            failures += 1
        else:
            return


async def endure(work: Callable[[], Awaitable[None]], name: str) -> None:
    """Run a loop that must never end: whatever ends it is told, and it begins again."""
    failures = 0
    while True:
        try:
            await work()
        except Exception as error:
            log.error("%s failed: %s", name, describe(error, deep=True))  # noqa: TRY400  # no values
        await asyncio.sleep(back_off(failures).total_seconds())
        failures += 1


async def until(bell: asyncio.Event, seconds: float) -> None:
    """Wait until the bell rings, at most so many seconds."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await bell.wait()
