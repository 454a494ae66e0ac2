"""The one owner of detached tasks: keeps them alive, says when one dies, ends them all."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from bot.redaction import describe

log = logging.getLogger(__name__)


class Tasks:
    """Start tasks here and nowhere else; a task without an owner may vanish unnoticed."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        """How many tasks run."""
        return len(self._running)

    def start(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run ``work`` beside the caller; ``name`` is what the log calls it."""
        task = asyncio.create_task(work, name=name)  # noqa: TID251  # this is the one place
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    async def end(self, task: asyncio.Task[Any] | None) -> None:
        """Cancel one task and wait until it is gone."""
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait([task])

    async def close(self) -> None:
        """Cancel whatever still runs and wait for it."""
        running = [task for task in self._running if not task.done()]
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (death := task.exception()) is not None:
            log.error("task %s died: %s", task.get_name(), describe(death))
