"""A newsroom for tests: districts, news moderators of two branches, a publisher, the services."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select

from bot.domain.districts import DistrictId
from bot.domain.items import Item
from bot.domain.privacy import TelegramId
from bot.domain.publications import Publication
from bot.domain.sources import Source, SourceId
from bot.domain.staff import Grant, Role, Staff
from bot.domain.subscribers import Settings
from bot.services.atlas import Atlas
from bot.services.items import Items
from bot.services.newest import Newest
from bot.services.polls import Polling
from bot.services.sources import Sources
from bot.views.message import Say, decode
from feeds.fetch import Fetcher
from feeds.parse import Parser
from storage import districts, items, outbox, polls, publications, sources, staff, subscribers
from storage.db import Database, Tx
from tests.clock import Clock
from tests.publisher import Publisher, rss, stories
from tests.vetting import vet

ROOT, ANNA, BORIS, CLAIRE = 1001, 1002, 1003, 1004
"""Chats of staff: the first custodian, and moderators of the branches A, B and again A."""


@dataclass(slots=True)
class Newsroom:
    """Everything a test of news needs; ``anna`` and ``boris`` are of different branches."""

    db: Database
    clock: Clock
    atlas: Atlas
    publisher: Publisher
    sources: Sources
    items: Items
    city: DistrictId
    district: DistrictId
    elsewhere: DistrictId
    staff: dict[int, Staff] = field(default_factory=dict)
    polling: Polling | None = None
    """As the program keeps it: it remembers which entries it read."""

    @property
    def anna(self) -> Staff:
        """Proposes."""
        return self.staff[ANNA]

    @property
    def boris(self) -> Staff:
        """Another branch than Anna."""
        return self.staff[BORIS]

    @property
    def claire(self) -> Staff:
        """The same branch as Anna."""
        return self.staff[CLAIRE]

    @property
    def newest(self) -> Newest:
        """Takes over what a source showed before it was vetted."""
        reading = self.sources.fetcher, self.sources.parser
        return Newest(self.db, self.atlas, self.clock, *reading)

    async def propose(self, path: str = "/feed", *numbers: int) -> Source:
        """Serve numbered stories and let Anna propose the feed for the district."""
        address = self.publisher.put(path, rss(stories(*(numbers or (1, 2, 3)))))
        found = await self.sources.look(self.anna, address)
        return await self.sources.propose(self.anna, found, frozenset({self.district}))

    async def vetted(self, path: str = "/feed", *numbers: int) -> Source:
        """A source on probation."""
        source = await self.propose(path, *numbers)
        return await vet(self.sources, self.boris, source.id)

    async def publish(self, *numbers: int, path: str = "/feed") -> None:
        """The feed now shows these stories, and the bot reads it when it is due."""
        self.publisher.put(path, rss(stories(*numbers)))
        await self.poll()

    async def publish_all(self) -> None:
        """Two people approve whatever waits."""
        for item in await self.queue():
            for by in (self.anna, self.boris):
                await self.items.publish(by, item.id, item.edition)

    async def follow(self, reader: int) -> None:
        """A reader follows the district."""
        async with self.db.tx() as tx:
            await subscribers.save(tx, TelegramId(reader), Settings(lang="en"))
            await subscribers.follow(tx, TelegramId(reader), self.district)

    async def poll(self) -> int:
        """Go forward until everything is due, then read."""
        async with self.db.tx(write=False) as tx:
            latest = (await tx.execute(select(polls.table.c.next_poll))).scalars().all()
        self.clock.move(to=max([self.clock(), *latest]))
        self.polling = self.polling or self.sources.polling
        return await self.polling.round()

    async def source(self, id: SourceId) -> Source:
        """As stored."""
        async with self.db.tx(write=False) as tx:
            found = await sources.get(tx, id)
        assert found is not None
        return found

    async def source_by_address(self, path: str) -> Source:
        """As stored, by the path it is served at."""
        async with self.db.tx(write=False) as tx:
            found = await sources.known(tx, self.publisher.url(path))
        assert found is not None
        return found

    async def queue(self) -> list[Item]:
        """What waits."""
        async with self.db.tx(write=False) as tx:
            return await items.queued(tx, self.clock(), limit=1000)

    async def sent(self) -> list[Publication]:
        """What was accepted for sending."""
        async with self.db.tx(write=False) as tx:
            ids = await tx.execute(select(publications.table.c.id))
            found = [await publications.get(tx, id) for id in ids.scalars()]
        return [publication for publication in found if publication is not None]

    async def told(self) -> list[tuple[int, str]]:
        """Take what was queued for staff: (chat, text), oldest first."""
        async with self.db.tx() as tx:
            table = outbox.table
            rows = (await tx.execute(select(table).order_by(table.c.id))).all()
            await tx.execute(table.delete())
            told = []
            for row in rows:
                task = decode(tx.keys.open(row.task, aad=b"task" + row.tag))
                assert isinstance(task, Say)
                told.append((tx.keys.open_id(row.chat, tag=row.tag).reveal(), task.message.text))
        return told


@asynccontextmanager
async def newsroom(db: Database, clock: Clock) -> AsyncIterator[Newsroom]:
    """Open one on an empty database."""
    atlas = Atlas(db)
    async with db.tx() as tx:
        names = {"en": "Minsk", "ru": "\u041c\u0438\u043d\u0441\u043a"}
        zone = "Europe/Minsk"
        land = await districts.add(tx, slug="by", parent=None, zone=zone, names={"en": "Belarus"})
        city = await districts.add(tx, slug="minsk", parent=land, zone=zone, names=names)
        inner = {"en": "Centre"}
        district = await districts.add(tx, slug="centre", parent=city, zone=zone, names=inner)
        other = {"en": "Zavod"}
        elsewhere = await districts.add(tx, slug="zavod", parent=city, zone=zone, names=other)
        await _enrol(tx)
    await atlas.load()
    async with (
        Publisher() as publisher,
        Fetcher(user_agent="tocsin-tests", allow=publisher.allow) as fetcher,
        Parser(children=1) as parser,
    ):
        room = Newsroom(
            db=db,
            clock=clock,
            atlas=atlas,
            publisher=publisher,
            sources=Sources(db, atlas, clock, fetcher, parser),
            items=Items(db, atlas, clock),
            city=city,
            district=district,
            elsewhere=elsewhere,
        )
        await refresh(room)
        yield room


@pytest.fixture
async def room(db: Database, clock: Clock) -> AsyncIterator[Newsroom]:
    """Moderators, districts and a publisher on each database; no source yet."""
    async with newsroom(db, clock) as opened:
        yield opened


async def refresh(room: Newsroom) -> None:
    """Read the staff again."""
    async with room.db.tx(write=False) as tx:
        for chat in (ROOT, ANNA, BORIS, CLAIRE):
            found = await staff.by_person(tx, TelegramId(chat))
            assert found is not None
            room.staff[chat] = found


async def _enrol(tx: Tx) -> None:
    news = [Grant(Role.NEWS)]
    first = TelegramId(ROOT)
    await staff.add(tx, first, alias="Root", lang="en", inviter=None, held=[Grant(Role.CUSTODIAN)])
    root = await staff.by_person(tx, first)
    for chat, alias, lang in ((ANNA, "Lynx", "en"), (BORIS, "Heron", "ru")):
        await staff.add(tx, TelegramId(chat), alias=alias, lang=lang, inviter=root, held=news)
    anna = await staff.by_person(tx, TelegramId(ANNA))
    await staff.add(tx, TelegramId(CLAIRE), alias="Otter", lang="fr", inviter=anna, held=news)
