"""Polling: due sources are read; what is new is queued in the transaction that stores it."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.domain.sources import Hold, Source, SourceId
from bot.domain.staff import May
from bot.i18n import Translator
from bot.services import arrivals, moderators, suspension
from bot.services.atlas import Atlas
from bot.services.reading import Marks, Read, host_of, parsed, read
from bot.views import notices
from bot.views.message import Message
from feeds.failures import FeedRefused, ParserDown, Unreachable
from feeds.fetch import Fetcher, Unchanged
from feeds.headers import Validators
from feeds.parse import Parser
from feeds.rhythm import Asked, Rhythm, is_our_outage, next_poll
from storage import ledger, polls, sources
from storage.db import Database, Tx
from storage.polls import Poll

ROUND = 200
"""Sources read per round; the rest is due in the next one."""
DOWN = 5
"""Failures in a row after which moderators hear of it."""
_GOLDEN = 0.6180339887
"""Its multiples spread evenly: neighbours in the table are not polled together."""
_NO_ANSWER = ("dns", "connection")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Failure:
    """A source that could not be read, and why."""

    poll: Poll
    why: FeedRefused

    @property
    def silent(self) -> bool:
        """Whether no answer came at all: perhaps our own outage."""
        return isinstance(self.why, Unreachable) and self.why.reason in _NO_ANSWER

    @property
    def ours(self) -> bool:
        """Whether it failed on our side for certain: no reader, no database."""
        return isinstance(self.why, ParserDown) or type(self.why) is FeedRefused


@dataclass(frozen=True, slots=True)
class Polling:
    """Reads sources when they are due. ``rhythm`` bounds how often."""

    db: Database
    atlas: Atlas
    clock: Callable[[], datetime]
    fetcher: Fetcher
    parser: Parser
    rhythm: Rhythm
    marks: Marks = field(default_factory=Marks)

    async def round(self) -> int:
        """Read everything that is due, returns how many; one's failure never stops the others."""
        async with self.db.tx(write=False) as tx:
            due = await polls.due(tx, self.clock(), limit=ROUND)
        visits = await asyncio.gather(*(self._visit(poll) for poll in due))
        failures = [failure for failure in visits if failure is not None]
        ours = is_our_outage(
            failed=[host_of(f.poll.address) for f in failures if f.silent],
            polled=[host_of(poll.address) for poll in due],
        )
        for failure in failures:
            await self._note(failure, counts=not (failure.ours or (ours and failure.silent)))
        return len(due)

    async def one(self, source: SourceId) -> None:
        """Read one source now, whenever it would be due."""
        async with self.db.tx(write=False) as tx:
            poll = await polls.get(tx, source)
        failure = await self._visit(poll) if poll is not None else None
        if failure is not None:
            await self._note(failure, counts=not failure.ours)

    async def _visit(self, poll: Poll) -> Failure | None:
        known = Validators(poll.etag, poll.last_modified, poll.body_hash)
        try:
            seen = self.marks.of(poll.source)
            answer = await read(self.fetcher, self.parser, poll.address, known, seen=seen)
            try:
                await self._take(poll.source, answer)
            except arrivals.Forgotten:
                assert isinstance(answer, Read)
                self.marks.forget(poll.source)
                await self._take(poll.source, await parsed(self.parser, answer.fetched))
        except FeedRefused as no:
            return Failure(poll, no)
        except Exception as problem:
            # Only its type: a driver's error quotes what it could not store, which is feed text.
            log.warning("source %d could not be read: %s", poll.source, type(problem).__name__)
            return Failure(poll, FeedRefused())
        return None

    async def _take(self, id: SourceId, answer: Read | Unchanged) -> None:
        """Validators, keys and items in one transaction: a crash in between hides nothing."""
        now = self.clock()
        async with self.db.tx() as tx:
            watched = await self._watched(tx, id)
            if watched is None:
                return
            source, poll = watched
            if poll.told:
                await self._tell(tx, source, notices.back, _cause("back", source, now), now)
            well = replace(poll, polled_at=now, failures=0, failing=None, told=False)
            if isinstance(answer, Unchanged):
                hints = answer.hints
                wish = Asked(well.ttl, hints.max_age or well.max_age, hints.retry_after)
                done = replace(_validated(well, answer.validators), moved=answer.moved)
            else:
                hints = answer.fetched.hints
                wish = Asked(answer.document.hints.ttl, hints.max_age, hints.retry_after)
                done = await self._sort(tx, source, well, answer, now)
            await polls.save(tx, self._paced(done, wish, now))

    async def _sort(self, tx: Tx, source: Source, poll: Poll, answer: Read, now: datetime) -> Poll:
        """A document from another domain than the pinned one is not even looked into."""
        if answer.domain != source.domain:
            await self._hold(tx, source, Hold.DOMAIN, now)
            return poll
        outcome = await arrivals.store(tx, source, poll, answer.document, now)
        self.marks.keep(source.id, outcome.marks)
        if outcome.edited:
            edited = len(outcome.edited)
            cause = _cause("edit", source, now)
            await self._tell(tx, source, lambda s, t: notices.edited(s, edited, t), cause, now)
        if outcome.flood is not None:
            await self._hold(tx, source, outcome.flood, now)
        return replace(
            _validated(outcome.poll, answer.fetched.validators), moved=answer.fetched.moved
        )

    async def _hold(self, tx: Tx, source: Source, why: Hold, now: datetime) -> None:
        """What is held already stays so, and nobody is told again."""
        if not source.relays:
            return
        held = await sources.save(tx, source.held(why, now))
        sent = await suspension.suspend(tx, held.id, now)
        await ledger.add(tx, "source.held", f"source:{held.id}", 0, now)
        cause = f"held:{held.id}:{held.version}"
        await self._tell(tx, held, lambda s, t: notices.held(s, sent, t), cause, now)

    async def _note(self, failure: Failure, *, counts: bool) -> None:
        now = self.clock()
        async with self.db.tx() as tx:
            watched = await self._watched(tx, failure.poll.source)
            if watched is None:
                return
            source, poll = watched
            failures = poll.failures + counts
            down = failures >= DOWN and not poll.told
            noted = replace(
                poll,
                failures=failures,
                failing=(failure.why.key, _plain(failure.why.args_)),
                told=poll.told or down,
            )
            wish = Asked(poll.ttl, poll.max_age, failure.why.hints.retry_after)
            await polls.save(tx, self._paced(noted, wish, now))
            if down:
                cause = _cause("down", source, now)
                await self._tell(tx, source, lambda s, t: notices.down(s, noted, t), cause, now)

    async def _watched(self, tx: Tx, id: SourceId) -> tuple[Source, Poll] | None:
        """The source and its polling, locked; ``None`` when it was let go meanwhile."""
        poll = await polls.get(tx, id, lock=True)
        source = await sources.get(tx, id, lock=True)
        if poll is None or source is None or not source.watched:
            return None
        return source, poll

    def _paced(self, poll: Poll, wish: Asked, now: datetime) -> Poll:
        due = next_poll(
            now,
            rhythm=self.rhythm,
            asked=wish,
            failures=poll.failures,
            spread=poll.source * _GOLDEN % 1,
        )
        return replace(poll, ttl=wish.ttl, max_age=wish.max_age, next_poll=due)

    async def _tell(
        self,
        tx: Tx,
        source: Source,
        render: Callable[[Source, Translator], Message],
        cause: str,
        now: datetime,
    ) -> None:
        await moderators.tell(
            tx,
            lambda t: render(source, t),
            may=May.VET_SOURCE,
            districts=source.districts,
            tree=self.atlas.tree,
            cause=cause,
            now=now,
        )


def _validated(poll: Poll, validators: Validators) -> Poll:
    return replace(
        poll,
        etag=validators.etag,
        last_modified=validators.last_modified,
        body_hash=validators.body_hash,
    )


def _plain(details: Mapping[str, object]) -> dict[str, str | int]:
    """What of a refusal's details may be kept and shown: numbers and our own words."""
    return {name: value for name, value in details.items() if isinstance(value, str | int)}


def _cause(what: str, source: Source, now: datetime) -> str:
    return f"{what}:{source.id}:{int(now.timestamp())}"
