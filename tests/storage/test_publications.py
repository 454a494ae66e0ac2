"""Publications reach everybody they concern once, whatever happens while they are walked."""

import shutil
import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from bot.domain.districts import DistrictId
from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from bot.domain.publications import Audience, Kind, PublicationId, State, Want
from bot.domain.subscribers import Settings
from bot.i18n import LANGUAGES
from bot.services.atlas import Atlas
from bot.services.publications import Draft, accept
from bot.views.message import Message
from storage import channels, claims, districts, outbox, publications, subscribers
from storage.channels import ChannelState
from storage.crypto import Keyring
from storage.db import Database, Tx, connect
from storage.outbox import Stage
from tests.clock import Clock
from tests.walking import arrived, page, walk

CITY, EAST, WEST = "minsk", "east", "west"
DAY = timedelta(days=1)


@dataclass(slots=True)
class Town:
    """A city with two districts and the means to publish in it."""

    db: Database
    clock: Clock
    atlas: Atlas
    places: dict[str, DistrictId]
    got: Counter[TelegramId] = field(default_factory=Counter)

    async def follower(self, id: int, *slugs: str, chosen: Settings | None = None) -> TelegramId:
        """Somebody who follows districts."""
        person = TelegramId(id)
        async with self.db.tx() as tx:
            await subscribers.save(tx, person, chosen or Settings())
            for slug in slugs:
                await subscribers.follow(tx, person, self.places[slug])
        return person

    async def channel(self, id: int, slug: str) -> TelegramId:
        """A linked channel."""
        chat = TelegramId(-id)
        async with self.db.tx() as tx:
            place = self.places[slug]
            await channels.link(tx, chat, title="@c", lang="ru", district=place, by=None)
        return chat

    async def publish(
        self, *slugs: str, want: Want = Want.RALLIES, kind: Kind = Kind.RALLY, subject: str = "r:1"
    ) -> PublicationId:
        """Accept a publication."""
        audience = Audience(frozenset(self.places[slug] for slug in slugs), want)
        texts = {lang: Message(f"{subject} {want}") for lang in LANGUAGES}
        draft = Draft(kind, subject, "AAAA-AAAA", Lane.RALLY, audience, texts, self.clock() + DAY)
        async with self.db.tx() as tx:
            return await accept(tx, draft, self.clock())

    async def queued(self, id: PublicationId) -> set[TelegramId]:
        """Whose copy waits."""
        async with self.db.tx(write=False) as tx:
            mine = outbox.table.c.publication == id
            rows = (await tx.execute(select(outbox.table).where(mine))).all()
            return {tx.keys.open_id(row.chat, tag=row.tag) for row in rows}

    async def walk(self) -> int:
        """Walk everything to its end."""
        return await walk(self.db, self.atlas, self.clock)

    async def send(self, limit: int = 1000) -> list[TelegramId]:
        """Send what waits, as the engine would."""
        async with self.db.tx() as tx:
            lease = timedelta(minutes=1)
            parcels = await claims.claim(tx, self.clock(), lease=lease, limit=limit)
            for parcel in parcels:
                await arrived(tx, parcel, self.clock() + DAY)
        chats = [parcel.chat for parcel in parcels]
        self.got.update(chats)
        return chats


async def found(db: Database, clock: Clock) -> Town:
    """Make the town."""
    places: dict[str, DistrictId] = {}
    async with db.tx() as tx:
        for slug, above in ((CITY, None), (EAST, CITY), (WEST, CITY)):
            parent = places[above] if above else None
            names = {"en": slug}
            places[slug] = await districts.add(
                tx, slug=slug, parent=parent, zone="Europe/Minsk", names=names
            )
    atlas = Atlas(db)
    await atlas.load()
    return Town(db, clock, atlas, places)


@pytest.fixture
async def town(db: Database, clock: Clock) -> Town:
    """A town in each database."""
    return await found(db, clock)


async def test_followers_of_the_district_and_of_what_lies_inside_get_a_copy(town: Town) -> None:
    city = await town.follower(1, CITY)
    east = await town.follower(2, EAST)
    both = await town.follower(3, EAST, WEST)
    await town.follower(4)
    id = await town.publish(CITY)
    assert await town.walk() == 3
    assert await town.queued(id) == {city, east, both}


async def test_what_concerns_a_district_also_reaches_who_follows_the_city_but_no_neighbour(
    town: Town,
) -> None:
    city = await town.follower(1, CITY)
    east = await town.follower(2, EAST)
    await town.follower(3, WEST)
    id = await town.publish(EAST)
    await town.walk()
    assert await town.queued(id) == {city, east}


async def test_channels_are_queued_ahead_of_people(town: Town) -> None:
    await town.follower(1, EAST)
    chat = await town.channel(9, EAST)
    await town.publish(EAST)
    await town.walk()
    assert (await town.send(1)) == [chat]


async def test_walking_again_queues_nothing(town: Town) -> None:
    await town.follower(1, EAST)
    await town.publish(EAST)
    assert await town.walk() == 1
    assert await town.walk() == 0


async def test_a_newer_publication_withdraws_what_has_not_left(town: Town) -> None:
    vera = await town.follower(1, EAST)
    old = await town.publish(EAST)
    await town.walk()
    new = await town.publish(EAST, want=Want.CHANGES)
    await town.walk()
    assert await town.queued(old) == set()
    assert await town.queued(new) == {vera}
    async with town.db.tx(write=False) as tx:
        replaced = await publications.get(tx, old)
    assert replaced is not None
    assert replaced.state is State.SUPERSEDED


async def test_a_newer_publication_stops_the_walk_of_the_older(town: Town) -> None:
    for n in range(1, 6):
        await town.follower(n, EAST)
    old = await town.publish(EAST)
    await page(town.db, town.atlas, old, town.clock(), size=2)
    await town.publish(EAST, want=Want.CHANGES)
    await town.walk()
    assert await town.queued(old) == set()
    assert len(await town.send()) == 5


async def test_a_reminder_replaces_nothing(town: Town) -> None:
    await town.follower(1, EAST)
    old = await town.publish(EAST)
    await town.publish(EAST, kind=Kind.REMINDER, want=Want.REMINDERS)
    await town.walk()
    assert len(await town.queued(old)) == 1
    assert len(await town.send()) == 2


async def test_a_change_also_reaches_who_got_the_announcement_and_left_the_district(
    town: Town,
) -> None:
    vera, ivan = await town.follower(1, EAST), await town.follower(2, EAST)
    chat = await town.channel(9, EAST)
    await town.publish(EAST)
    await town.walk()
    await town.send()
    async with town.db.tx() as tx:
        await subscribers.unfollow(tx, vera, town.places[EAST])
        await tx.execute(delete(channels.districts))
    change = await town.publish(EAST, want=Want.CHANGES)
    await town.walk()
    assert await town.queued(change) == {vera, ivan, chat}


async def test_other_news_does_not_follow_those_who_left(town: Town) -> None:
    vera = await town.follower(1, EAST)
    await town.publish(EAST)
    await town.walk()
    await town.send()
    async with town.db.tx() as tx:
        await subscribers.unfollow(tx, vera, town.places[EAST])
    again = await town.publish(EAST)
    await town.walk()
    assert await town.queued(again) == set()


async def test_a_change_spares_who_paused_or_was_forgotten(town: Town) -> None:
    vera, ivan = await town.follower(1, EAST), await town.follower(2, EAST)
    chat = await town.channel(9, EAST)
    await town.publish(EAST)
    await town.walk()
    await town.send()
    async with town.db.tx() as tx:
        await subscribers.save(tx, vera, Settings(paused=True))
        await subscribers.forget(tx, tx.keys.tag(ivan))
        await outbox.forget(tx, tx.keys.tag(ivan))
        await channels.set_state(tx, tx.keys.tag(chat), ChannelState.PAUSED)
    change = await town.publish(EAST, want=Want.CHANGES)
    await town.walk()
    assert await town.queued(change) == set()


async def test_a_change_reaches_whose_copy_is_in_flight_or_in_doubt(town: Town) -> None:
    people = [await town.follower(n, EAST) for n in (1, 2)]
    await town.publish(EAST)
    await town.walk()
    async with town.db.tx() as tx:
        _, doubtful = await claims.claim(tx, town.clock(), lease=timedelta(minutes=1), limit=2)
        assert doubtful.id is not None
        await outbox.set_aside(tx, doubtful.id, Stage.UNKNOWN)
        for person in people:
            await subscribers.unfollow(tx, person, town.places[EAST])
    change = await town.publish(EAST, want=Want.CHANGES)
    await town.walk()
    assert await town.queued(change) == set(people)


async def test_a_publication_about_something_else_reaches_no_holder(town: Town) -> None:
    vera = await town.follower(1, EAST)
    await town.publish(EAST)
    await town.walk()
    await town.send()
    async with town.db.tx() as tx:
        await subscribers.unfollow(tx, vera, town.places[EAST])
    other = await town.publish(EAST, want=Want.CHANGES, subject="r:2")
    await town.walk()
    assert await town.queued(other) == set()


class Crash(Exception):
    """The process ends in the middle of a transaction."""


async def crash(db: Database) -> None:
    """Begin to write and die."""
    with suppress(Crash):
        async with db.tx() as tx:
            await touch(tx)


async def touch(tx: Tx) -> None:
    """Write something that must not stay."""
    await tx.execute(delete(outbox.table))
    raise Crash


@given(
    followers=st.lists(st.sampled_from([CITY, EAST, WEST, ""]), min_size=1, max_size=12),
    leavers=st.sets(st.integers(0, 11)),
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("page"), st.integers(1, 5)),
            st.tuples(st.just("send"), st.integers(1, 4)),
            st.tuples(st.just("crash"), st.just(0)),
            st.tuples(st.just("join"), st.integers(50, 60)),
        ),
        max_size=25,
    ),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
async def test_nobody_is_skipped_and_nobody_gets_two_whatever_the_pages_and_crashes(
    followers: list[str], leavers: set[int], steps: list[tuple[str, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "test.db"
        shutil.copy(await template(), file)
        db = connect(f"sqlite+aiosqlite:///{file}", KEYS)
        try:
            await story(await found(db, Clock()), followers, leavers, steps)
        finally:
            await db.close()


KEYS = Keyring(bytes(range(32)))
_template: list[Path] = []


async def template() -> Path:
    """An empty database with every table, made once."""
    if not _template:
        path = Path(tempfile.mkdtemp()) / "empty.db"
        db = connect(f"sqlite+aiosqlite:///{path}", KEYS)
        async with db.engine.begin() as connection:
            await connection.run_sync(outbox.table.metadata.create_all)
        await db.close()
        _template.append(path)
    return _template[0]


async def story(
    town: Town, followers: list[str], leavers: set[int], steps: list[tuple[str, int]]
) -> None:
    """Announce to all; some leave; a change is walked in pages of any size between accidents."""
    people = {n: await town.follower(n + 1, *filter(None, [s])) for n, s in enumerate(followers)}
    chat = await town.channel(99, EAST)
    await town.publish(CITY)
    await town.walk()
    holders = {*await town.send(), chat}
    town.got.clear()
    async with town.db.tx() as tx:
        for n in leavers & people.keys():
            for slug in (CITY, EAST, WEST):
                await subscribers.unfollow(tx, people[n], town.places[slug])
    change = await town.publish(CITY, want=Want.CHANGES)
    for what, n in steps:
        if what == "page":
            await page(town.db, town.atlas, change, town.clock(), size=n)
        elif what == "send":
            await town.send(n)
        elif what == "join":
            await town.follower(n, EAST)
        else:
            await crash(town.db)
    await town.walk()
    await town.send()
    assert holders <= town.got.keys()
    assert set(town.got.values()) == {1}
