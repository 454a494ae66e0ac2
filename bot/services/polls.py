"""Polling: due sources are read; what is new is queued in the transaction that stores it."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.domain.sources import SourceId
from bot.services.answers import Answers, Failure
from bot.services.atlas import Atlas
from bot.services.bookkeeping import BATCH, Books
from bot.services.gathering import Gathering
from bot.services.reading import Marks, Read, host_of, parsed
from feeds.failures import FeedRefused
from feeds.fetch import Fetched, Fetcher, Unchanged
from feeds.headers import Validators
from feeds.parse import Parser
from feeds.rhythm import Rhythm, is_our_outage
from storage import polls
from storage.db import Database
from storage.polls import Poll

ROUND = 1000
"""Sources taken per round; the rest is due in the next one."""
LANES = 64
"""Hosts asked at a time."""
PATIENCE = 4.0
"""Seconds after which a round no longer waits for slow hosts; those are finished beside it."""

Spawn = Callable[[Coroutine[Any, Any, None], str], "asyncio.Task[None]"]

log = logging.getLogger(__name__)


def _nothing() -> None:
    """Nobody waits to be woken."""


@dataclass(frozen=True, slots=True)
class Polling:
    """Reads sources when they are due. ``rhythm`` bounds how often.

    ``wake`` is called when something was stored. With ``spawn`` a round leaves slow hosts behind
    to a task of their own, so that they delay nobody; without it waits for all.
    """

    db: Database
    atlas: Atlas
    clock: Callable[[], datetime]
    fetcher: Fetcher
    parser: Parser
    rhythm: Rhythm
    marks: Marks = field(default_factory=Marks)
    wake: Callable[[], None] = _nothing
    spawn: Spawn | None = None
    books: Books = field(default_factory=Books)
    gathering: Gathering = field(default_factory=Gathering)

    async def round(self) -> int:
        """Read everything that is due, returns how many; one's failure never stops the others."""
        now = self.clock()
        await self._write()
        async with self.db.tx(write=False) as tx:
            due = await polls.due(tx, now, limit=ROUND)
        taken = self.books.take(due, now)
        if taken and self.spawn is not None:
            await asyncio.wait([self.spawn(self._read(taken), "polling")], timeout=PATIENCE)
        elif taken:
            await self._read(taken)
        return sum(len(group) for _, group in taken)

    async def one(self, source: SourceId) -> None:
        """Read one source now, whenever it would be due."""
        async with self.db.tx(write=False) as tx:
            poll = await polls.get(tx, source)
        failure = await self._visit(poll) if poll is not None else None
        await self._write()
        if failure is not None:
            await self._answers.note(failure, counts=not failure.ours)

    async def _read(self, taken: list[tuple[str, list[Poll]]]) -> None:
        left, failures = iter(taken), list[Failure]()
        try:
            async with asyncio.TaskGroup() as lanes:
                for _ in range(min(LANES, len(taken))):
                    lanes.create_task(self._lane(left, failures))
            await self._write()
        except BaseException:
            self.books.give_up(taken)
            raise
        ours = is_our_outage(
            failed=[host_of(f.poll.address) for f in failures if f.silent],
            polled=[host for host, _ in taken],
        )
        for failure in failures:
            await self._note(failure, counts=not (failure.ours or (ours and failure.silent)))

    async def _lane(self, left: Iterator[tuple[str, list[Poll]]], failures: list[Failure]) -> None:
        for host, group in left:
            visits = [await self._visit(poll) for poll in group]
            failed = [failure for failure in visits if failure is not None]
            failures += failed
            self.books.done(host, group, failed={failure.poll.source for failure in failed})
            if len(self.books.quiet) >= BATCH:
                await self._write()

    async def _visit(self, poll: Poll) -> Failure | None:
        known = Validators(poll.etag, poll.last_modified, poll.body_hash)
        try:
            answer = await self.fetcher.fetch(poll.address, known=known)
            if isinstance(answer, Fetched):
                await self._changed(poll, answer)
            elif (quiet := self._answers.quiet(poll, answer, self.clock())) is not None:
                self.books.quiet[poll.source] = quiet
            else:
                with self.gathering.coming():
                    await self._take(poll.source, answer)
        except FeedRefused as no:
            return Failure(poll, no)
        except Exception as problem:
            # Only its type: a driver's error quotes what it could not store, which is feed text.
            log.warning("source %d could not be read: %s", poll.source, type(problem).__name__)
            return Failure(poll, FeedRefused())
        return None

    async def _changed(self, poll: Poll, answer: Fetched) -> None:
        seen = self.marks.of(poll.source)
        with self.gathering.coming():
            if not await self._take(poll.source, await parsed(self.parser, answer, seen=seen)):
                self.marks.forget(poll.source)
                await self._take(poll.source, await parsed(self.parser, answer))
        self.wake()

    async def _take(self, source: SourceId, answer: Read | Unchanged) -> bool:
        return await self.gathering.take(source, answer, self._answers.take)

    async def _note(self, failure: Failure, *, counts: bool) -> None:
        """A failure that cannot be written down is not asked about again at once either."""
        source = failure.poll.source
        try:
            await self._answers.note(failure, counts=counts)
        except Exception as problem:
            log.warning("source %d: nothing can be written: %s", source, type(problem).__name__)
            self.books.later[source] = self.clock() + self.rhythm.floor
        finally:
            self.books.open.discard(source)

    async def _write(self) -> None:
        await self.books.write(self.db, self.clock(), patience=self.rhythm.floor)

    @property
    def _answers(self) -> Answers:
        return Answers(self.db, self.atlas, self.clock, self.rhythm, self.marks)
