"""Answers that come at about the same time are stored together.

A transaction of sixteen costs little more than one of one: most of what storing costs is asked of
the database once, not per source. One that cannot be stored is stored alone, and harms nobody.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from bot.domain.sources import SourceId
from bot.services.reading import Read
from feeds.fetch import Unchanged

MOST = 16
"""Answers in one transaction; others who write wait for it."""
MOST_ENTRIES = 120
"""Entries read in them: the price of looking them up grows with the product of both."""
LINGER = 0.03
"""Seconds for which what is ready waits for what is being read just now."""

Answer = Read | Unchanged
Store = Callable[[Mapping[SourceId, Answer]], Awaitable[Collection[SourceId]]]
"""Stores answers in one transaction; returns the sources that must be read whole first."""

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Waiting:
    source: SourceId
    answer: Answer
    done: bool = False
    stored: bool = False
    problem: Exception | None = None

    @property
    def entries(self) -> int:
        return len(self.answer.document.entries) if isinstance(self.answer, Read) else 0


class Gathering:
    """Whoever comes first stores what the others brought meanwhile as well."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._waiting: list[_Waiting] = []
        self._coming = 0
        self._enough = asyncio.Event()

    @contextmanager
    def coming(self) -> Iterator[None]:
        """An answer is on its way: others that are ready may wait for it a little."""
        self._coming += 1
        try:
            yield
        finally:
            self._coming -= 1
            self._count()

    async def take(self, source: SourceId, answer: Answer, store: Store) -> bool:
        """Have an answer stored, and return when it is; raises what ``store`` raised for it.

        False says that its document must be read whole first.
        """
        mine = _Waiting(source, answer)
        self._waiting.append(mine)
        self._count()
        try:
            async with self._turn:
                if not mine.done:
                    await self._linger()
                    await self._store(self._batch(mine), store)
        finally:
            if not mine.done:
                self._waiting.remove(mine)
        if mine.problem is not None:
            raise mine.problem
        return mine.stored

    async def _linger(self) -> None:
        self._enough.clear()
        self._count()
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER):
                await self._enough.wait()

    def _count(self) -> None:
        ready = len(self._waiting)
        if ready >= MOST or ready >= self._coming:
            self._enough.set()

    def _batch(self, mine: _Waiting) -> list[_Waiting]:
        """One answer and the longest waiting of the others, one of each source."""
        batch, entries = {mine.source: mine}, mine.entries
        for one in self._waiting:
            fits = len(batch) < MOST and entries + one.entries <= MOST_ENTRIES
            if fits and one.source not in batch:
                batch[one.source] = one
                entries += one.entries
        return list(batch.values())

    async def _store(self, batch: list[_Waiting], store: Store) -> None:
        try:
            unread = await store({one.source: one.answer for one in batch})
        except Exception as problem:
            if len(batch) > 1:
                log.warning("%d answers are stored singly: %s", len(batch), type(problem).__name__)
                for one in batch:
                    await self._store([one], store)
                return
            batch[0].problem = problem
            unread = ()
        for one in batch:
            one.done, one.stored = True, one.source not in unread
            self._waiting.remove(one)
