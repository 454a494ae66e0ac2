"""A few readers, a group, the real engine and a Telegram in memory, in time that leaps.

Everything is done from outside the loop: between two deeds nothing is half done.
"""

from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import select, update

from bot.delivery.outbox import Engine
from bot.delivery.pace import Pace
from bot.delivery.tasks import Tasks
from bot.domain.districts import DistrictId
from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from bot.domain.publications import Audience, Hold, Kind, PublicationId, Revision, State, Want
from bot.i18n import LANGUAGES
from bot.services.atlas import Atlas
from bot.services.privacy import Privacy
from bot.services.publications import Draft, accept, add_texts
from bot.services.subscriptions import Subscriptions
from bot.views.message import Message, Say, encode
from storage import channels, districts, outbox, publications, revisions, walks
from storage.db import Database, Tx
from storage.outbox import Stage
from tests.delivery.ledger import Issue, Ledger, Reader
from tests.delivery.one_thread import LeapingLoop
from tests.delivery.telegram_in_memory import Call, Fate, Telegram, bot_of

T = TypeVar("T")
START = datetime(2026, 11, 21, 10, 40, tzinfo=UTC)
PATIENCE = 1200
"""Seconds in which everything comes to rest: a minute for a group, several times."""
LANES = {
    Revision.AMEND: Lane.NEWS,
    Revision.CORRECT: Lane.ALERT,
    Revision.MASK: Lane.ALERT,
    Revision.RESTORE: Lane.RALLY,
    Revision.RECALL: Lane.ALERT,
}


class World:
    """One city with two quarters; person ``n`` has chat ``n``, the group is below zero."""

    def __init__(
        self,
        loop: LeapingLoop,
        db: Database,
        *,
        people: int,
        pace: Callable[[], Pace] = Pace,
        in_flight: int | None = None,
        keep: int | None = None,
    ) -> None:
        self.loop, self.db, self.clock = loop, db, loop.clock(START)
        self.telegram, self.atlas = Telegram(keep=keep), Atlas(db)
        self.ledger = Ledger(self.telegram)
        self.telegram.watch = self.ledger
        self.subscriptions = Subscriptions(db, self.atlas)
        self.privacy = Privacy(db, self.clock)
        self._pace, self._in_flight = pace, in_flight
        self._bot = bot_of(self.telegram)
        self.city, self.quarters = self.loop.finish(self._settle())
        self.readers = [self._reader(n, LANGUAGES[n % 2]) for n in range(1, people + 1)]
        self.group = self._reader(-4000, LANGUAGES[0])
        self.loop.finish(self._link(self.group))
        self.engine, self.tasks = self._begin()

    async def _settle(self) -> tuple[DistrictId, list[DistrictId]]:
        zone = "Europe/Minsk"
        async with self.db.tx() as tx:
            city = await districts.add(tx, slug="a", parent=None, zone=zone, names={"en": "A"})
            quarters = [
                await districts.add(tx, slug=slug, parent=city, zone=zone, names={"en": slug})
                for slug in "bc"
            ]
        await self.atlas.load()
        return city, quarters

    def _reader(self, chat: int, lang: str) -> Reader:
        reader = Reader(chat, lang)
        self.telegram.chat(chat)
        self.ledger.readers[chat] = reader
        return reader

    async def _link(self, group: Reader) -> None:
        async with self.db.tx() as tx:
            await channels.link(
                tx, group.id, title="Group", lang=group.lang, district=self.city, by=None
            )
        group.there = True
        group.places.add(self.city)

    def _begin(self) -> tuple[Engine, Tasks]:
        tasks = Tasks()
        engine = Engine(
            self.db,
            self._bot,
            self.clock,
            self._pace(),
            tasks,
            self.atlas,
            in_flight=self._in_flight,
        )
        self.loop.finish(engine.start())
        return engine, tasks

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Carry out a deed; the engine hears of it."""
        done = self.loop.run_until_complete(work)
        self.engine.wake()
        self.loop.advance(0.0)
        return done

    def follow(self, reader: Reader, place: DistrictId) -> None:
        """Somebody follows a place, perhaps for the first time."""
        self.telegram.chat(reader.chat).blocked = False
        seen = reader.lang
        self.do(self.subscriptions.follow(reader.id, place, picked=seen, seen=seen))
        reader.there = True
        reader.places.add(place)

    def unfollow(self, reader: Reader, place: DistrictId) -> None:
        """Somebody follows a place no longer."""
        self.do(self.subscriptions.unfollow(reader.id, place))
        reader.places.discard(place)
        self.ledger.leaves(reader)

    def stop(self, reader: Reader) -> None:
        """/stop."""
        self.do(_first(self.subscriptions.pause(reader.id), lambda: self._stopped(reader)))

    def _stopped(self, reader: Reader) -> None:
        reader.paused = True
        self.ledger.leaves(reader)

    def resume(self, reader: Reader) -> None:
        """Again, please."""
        self.do(self.subscriptions.resume(reader.id))
        reader.paused = False

    def forget(self, reader: Reader) -> None:
        """/forget."""
        self.do(_first(self.privacy.forget(reader.id), lambda: self.ledger.forgotten(reader)))

    def block(self, reader: Reader) -> None:
        """Somebody blocks the bot, of which it learns when it next writes to them."""
        self.telegram.chat(reader.chat).blocked = True
        self.ledger.leaves(reader)

    def migrate(self) -> None:
        """The group becomes a supergroup."""
        old = self.telegram.chat(self.group.chat)
        old.moved_to = old.id - 1_000_000_000_000
        self.telegram.chat(old.moved_to)
        self.ledger.moved(self.group, old.moved_to)

    def publish(self, kind: Kind, subject: str, lane: Lane, want: Want, place: DistrictId) -> Issue:
        """Accept a publication."""
        number = len(self.ledger.issues) + 1
        issue = Issue(number, PublicationId(0), subject, want, set())
        reach = self.atlas.tree.concerned([place])
        readers = {r for r in self.ledger.readers.values() if r.places & reach}
        draft = Draft(
            kind=kind,
            subject=subject,
            code="AAAA-AAAA",
            lane=lane,
            audience=Audience(frozenset({place}), want),
            texts={lang: Message(issue.text(lang)) for lang in LANGUAGES},
            expires_at=self.clock() + timedelta(days=1),
            urgent=want is Want.CHANGES,
        )

        async def accepted() -> None:
            async with self.db.tx() as tx:
                issue.id = await accept(tx, draft, self.clock())

        self.do(_first(accepted(), lambda: self.ledger.published(issue, readers)))
        return issue

    def revise(self, issue: Issue, kind: Revision) -> None:
        """Accept a later version of a publication."""
        number, version = issue.number, issue.version + 1
        texts = {lang: Message(f"{number}.{version}.{lang}") for lang in LANGUAGES}

        async def revised() -> None:
            async with self.db.tx() as tx:
                await _revise(tx, issue.id, kind, texts, self.clock())

        self.do(_first(revised(), lambda: self.ledger.revised(issue, kind, version)))

    def answer(self, reader: Reader, text: str) -> None:
        """Say something to one person, in the lane of replies."""
        self.do(self._reply(reader, text))

    async def _reply(self, reader: Reader, text: str) -> None:
        async with self.db.tx() as tx:
            task = encode(Say(Message(text)))
            await outbox.add(tx, lane=Lane.REPLY, chat=reader.id, task=task, now=self.clock())

    def crash(self, arrived: Callable[[Call], bool]) -> None:
        """End without a word, and begin again. ``arrived``: which calls came to Telegram."""
        flying = list(self.telegram.waiting)
        self.loop.finish(self.tasks.close())
        for call in flying:
            self.telegram.perish(call, Fate.LOST_AFTER if arrived(call) else Fate.LOST_BEFORE)
        self.engine, self.tasks = self._begin()

    def restart(self) -> None:
        """End in good order, and begin again."""
        self.loop.finish(self.engine.stop())
        assert not self.telegram.waiting
        self.engine, self.tasks = self._begin()

    def rest(self, fate: Callable[[Call], Awaitable[Fate]], *, within: float = PATIENCE) -> None:
        """Let everything come to rest, while calls fare like this; then look at all of it."""
        self.telegram.decide = fate
        for call in list(self.telegram.waiting):
            call.tell(Fate.DONE)
        until = self.loop.time() + within
        while self.loop.finish(self.busy()):
            assert self.loop.time() < until, "it never comes to rest"
            self.loop.advance(20.0)
        assert not self.ledger.broken, self.ledger.broken
        self.ledger.check(self.loop.finish(self._left_to_people()))

    async def busy(self) -> bool:
        """Whether anything is on its way or waits for its time."""
        if self.engine.flights or self.telegram.waiting:
            return True
        async with self.db.tx(write=False) as tx:
            stage = outbox.table.c.stage.in_((Stage.WAITING, Stage.SENDING))
            rows = await tx.execute(select(outbox.table.c.id).where(stage).limit(1))
            walking = await walks.unfinished(tx) or await revisions.unfinished(tx)
            return walking or rows.first() is not None

    async def _left_to_people(self) -> set[tuple[PublicationId, int]]:
        known = self.ledger.readers.items()  # by the old number of a group as well
        tags = {self.db.keys.tag(TelegramId(number)): reader.chat for number, reader in known}
        async with self.db.tx(write=False) as tx:
            rows = outbox.table.c
            query = select(rows.publication, rows.tag).where(rows.stage == Stage.UNKNOWN)
            found = (await tx.execute(query)).all()
            failed = select(rows.id).where(rows.stage == Stage.FAILED)
            assert (await tx.execute(failed)).first() is None
        return {(PublicationId(id), tags[tag]) for id, tag in found if id is not None}

    def close(self) -> None:
        """End everything."""
        self.loop.finish(self.tasks.close())
        self.loop.finish(self.db.close())
        self.loop.close()


async def _first(work: Coroutine[Any, Any, T], then: Callable[[], None]) -> T:
    """Take account of a deed before anybody else hears of it."""
    done = await work
    then()
    return done


async def _revise(
    tx: Tx, id: PublicationId, kind: Revision, texts: dict[str, Message], now: datetime
) -> None:
    version = await revisions.add(tx, id, kind=kind, lane=LANES[kind], now=now)
    assert version is not None
    await add_texts(tx, id, texts, version=version)
    if kind is Revision.MASK:
        await publications.hold(tx, id, Hold.MASKED)
    elif kind is Revision.RESTORE:
        await publications.hold(tx, id, None)
        held = (outbox.table.c.publication == id) & (outbox.table.c.stage == Stage.HELD)
        await tx.execute(update(outbox.table).where(held).values(stage=Stage.WAITING))
    elif kind is Revision.RECALL:
        await publications.stop(tx, id)
        await publications.set_state(tx, id, State.RECALLED)
        await publications.hold(tx, id, None)
        await outbox.withdraw(tx, [id])
