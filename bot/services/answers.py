"""What an answer of a source, or the want of one, changes: each time in one transaction."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.sources import Hold, Source, SourceId, SourceState
from bot.domain.staff import May
from bot.i18n import Translator
from bot.services import arrivals, moderators, relay, sentinel
from bot.services.arrivals import Brought, Outcome
from bot.services.atlas import Atlas
from bot.services.reading import Marks, Read, domain_of, domain_seen
from bot.views import notices
from bot.views.message import Message
from feeds.certificates import Certificate
from feeds.failures import FeedRefused, ParserDown, Unreachable
from feeds.fetch import Fetched, Unchanged
from feeds.headers import Validators
from feeds.rhythm import Asked, Rhythm, listened, next_poll, pulse_of, skips_in
from storage import polls, sources
from storage.db import Database, Tx
from storage.polls import Poll, Quiet
from storage.sources import LONGEST_ADDRESS

DOWN = 5
"""Failures in a row after which moderators hear of it."""
ASLEEP = timedelta(days=1)
"""So seldom a source is read that has said nothing for two months."""
_GOLDEN = 0.6180339887
"""Its multiples spread evenly: neighbours in the table are not polled together."""
_NO_ANSWER = ("dns", "connection")


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
class Answers:
    """Takes what came, and says when each source is asked again."""

    db: Database
    atlas: Atlas
    clock: Callable[[], datetime]
    rhythm: Rhythm
    marks: Marks

    def quiet(self, poll: Poll, answer: Unchanged, now: datetime) -> Quiet | None:
        """What to write of a poll that brought nothing; ``None`` where there is more to say."""
        troubled = poll.failures or poll.told or poll.failing is not None
        if troubled or answer.moved or poll.moved or _changed(poll, answer.certificate):
            return None
        if answer.address != poll.address and domain_of(answer.address) != domain_of(poll.address):
            return None
        hints, found = answer.hints, answer.validators
        max_age = hints.max_age or poll.max_age
        wish = Asked(poll.ttl, max_age, hints.retry_after, poll.skips)
        due = self._due(poll, wish, now)
        return Quiet(
            poll.source, poll.next_poll, due, now, found.etag, found.last_modified, max_age
        )

    async def take(self, came: Mapping[SourceId, Read | Unchanged]) -> Collection[SourceId]:
        """Validators, keys and items in one transaction: a crash in between hides nothing.

        Returns the sources whose documents must be read whole first; nothing of them is stored.
        """
        now = self.clock()
        async with self.db.tx() as tx:
            watched = await self._watched(tx, came)
            brought = [
                Brought(source, _well(poll), answer.document)
                for source, poll in watched
                if isinstance(answer := came[source.id], Read) and _is_there(answer, source)
            ]
            outcomes = await arrivals.store(tx, brought, now)
            forgotten = {one.source.id for one in brought} - outcomes.keys()
            done = [
                await self._take(tx, source, poll, came[source.id], outcomes.get(source.id), now)
                for source, poll in watched
                if source.id not in forgotten
            ]
            await polls.save(tx, *done)
        for id, outcome in outcomes.items():
            self.marks.keep(id, outcome.marks)
        return forgotten

    async def _take(
        self,
        tx: Tx,
        source: Source,
        poll: Poll,
        answer: Read | Unchanged,
        outcome: Outcome | None,
        now: datetime,
    ) -> Poll:
        """What one answer changes besides what it brought, which is ``outcome``."""
        if poll.told:
            await self._tell(tx, source, notices.back, _cause("back", source, now), now)
        source = await self._drifted(tx, source, poll, answer, now)
        if isinstance(answer, Unchanged):
            came: Fetched | Unchanged = answer
            wish = Asked(poll.ttl, came.hints.max_age or poll.max_age, skips=poll.skips)
            done = _validated(_well(poll), came.validators)
        else:
            came, asks = answer.fetched, answer.document.hints
            wish = Asked(asks.ttl, came.hints.max_age, skips=skips_in(asks))
            if outcome is None:
                done = _well(poll)
            else:
                done = await self._sorted(tx, source, outcome, answer, now)
                when = [entry.published or entry.updated for entry in answer.document.entries]
                told = [at for at in when if poll.sighted or at is not None]
                beats, gap = listened(poll.beats, told, now)
                done = replace(done, beats=beats, gap=gap)
        done = await self._moves(tx, source, _certified(done, came.certificate), came, now)
        wish = replace(wish, retry_after=came.hints.retry_after)
        return self._paced(done, wish, now, polled_at=now)

    async def note(self, failure: Failure, *, counts: bool) -> None:
        """Nothing came. Moderators hear of it when it happens again and again, or is for good."""
        now = self.clock()
        async with self.db.tx() as tx:
            watched = await self._watched(tx, [failure.poll.source])
            if not watched:
                return
            ((source, poll),) = watched
            failures, gone = poll.failures + counts, failure.why.gone
            down = (gone or failures >= DOWN) and not poll.told
            noted = replace(
                poll,
                failures=failures,
                failing=(failure.why.key, _plain(failure.why.args_)),
                told=poll.told or down,
            )
            wait = self.rhythm.longest_wait if gone else failure.why.hints.retry_after
            wish = Asked(poll.ttl, poll.max_age, wait, poll.skips)
            await polls.save(tx, self._paced(noted, wish, now, polled_at=poll.polled_at))
            if down:
                cause, told = _cause("down", source, now), notices.gone if gone else notices.down
                await self._tell(tx, source, lambda s, t: told(s, noted, t), cause, now)

    async def _sorted(
        self, tx: Tx, source: Source, outcome: Outcome, answer: Read, now: datetime
    ) -> Poll:
        edited = outcome.edited
        if outcome.hold is not None:
            await self._hold(tx, source, outcome.hold, now)
        else:
            edited = await relay.follow(tx, self.atlas, source, edited, now)
        if edited:
            count, cause = len(edited), _cause("edit", source, now)
            await self._tell(tx, source, lambda s, t: notices.edited(s, count, t), cause, now)
        return _validated(outcome.poll, answer.fetched.validators)

    async def _drifted(
        self, tx: Tx, source: Source, poll: Poll, answer: Read | Unchanged, now: datetime
    ) -> Source:
        """Hold a source whose server is no longer the vetted one.

        A document that came from another domain is not even looked into.
        """
        came = answer.fetched if isinstance(answer, Read) else answer
        why = await sentinel.watch(tx, source, came, poll.issuer)
        return source if why is None else await self._hold(tx, source, why, now)

    async def _moves(
        self, tx: Tx, source: Source, poll: Poll, came: Fetched | Unchanged, now: datetime
    ) -> Poll:
        """Keep where the server says the feed went; said twice in a row it is worth a notice.

        Nothing follows it by itself: the address is pinned, and people adopt another one.
        """
        moved = came.moved if len(came.moved) <= LONGEST_ADDRESS else ""
        again = moved and moved == poll.moved and moved != poll.moved_told
        if again:
            cause = _cause("moved", source, now)
            await self._tell(tx, source, lambda s, t: notices.moved(s, moved, t), cause, now)
        if not (moved or poll.moved):
            return poll
        return replace(poll, moved=moved, moved_told=moved if again else poll.moved_told)

    async def _hold(self, tx: Tx, source: Source, why: Hold, now: datetime) -> Source:
        """What is held already stays so, and nobody is told again."""
        if source.state is SourceState.HELD:
            return source
        return await sentinel.hold(tx, self.atlas.tree, source, why, now)

    async def _watched(self, tx: Tx, ids: Collection[SourceId]) -> list[tuple[Source, Poll]]:
        """The sources and their polling, locked, less those that were let go meanwhile."""
        polled = await polls.named(tx, ids, lock=True)
        named = await sources.named(tx, polled, lock=True)
        return [(source, polled[id]) for id, source in named.items() if source.watched]

    def _paced(self, poll: Poll, wish: Asked, now: datetime, *, polled_at: datetime | None) -> Poll:
        return replace(
            poll,
            ttl=wish.ttl,
            max_age=wish.max_age,
            skips=wish.skips,
            next_poll=self._due(poll, wish, now),
            polled_at=polled_at,
        )

    def _due(self, poll: Poll, wish: Asked, now: datetime) -> datetime:
        planned = next_poll(
            now,
            rhythm=self.rhythm,
            asked=wish,
            failures=poll.failures,
            spread=poll.source * _GOLDEN % 1,
            urgent=poll.urgent,
            pulse=pulse_of(poll.beats, poll.gap, now),
        )
        return max(planned, now + ASLEEP) if poll.dormant else planned

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


def _is_there(answer: Read, source: Source) -> bool:
    return domain_seen(answer.fetched.address, source) == source.domain


def _changed(poll: Poll, shown: Certificate | None) -> bool:
    return shown is not None and (shown.issuer, shown.key) != (poll.issuer, poll.leaf)


def _certified(poll: Poll, shown: Certificate | None) -> Poll:
    return poll if shown is None else replace(poll, issuer=shown.issuer, leaf=shown.key)


def _validated(poll: Poll, validators: Validators) -> Poll:
    return replace(
        poll,
        etag=validators.etag,
        last_modified=validators.last_modified,
        body_hash=validators.body_hash,
    )


def _well(poll: Poll) -> Poll:
    """It answered: whatever failed before is over."""
    return replace(poll, failures=0, failing=None, told=False)


def _plain(details: Mapping[str, object]) -> dict[str, str | int]:
    """What of a refusal's details may be kept and shown: numbers and our own words."""
    return {name: value for name, value in details.items() if isinstance(value, str | int)}


def _cause(what: str, source: Source, now: datetime) -> str:
    return f"{what}:{source.id}:{int(now.timestamp())}"
