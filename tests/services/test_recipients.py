"""Whom a publication is for, and which edition each of them gets."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from bot.domain.districts import DistrictId
from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from bot.domain.publications import Audience, Kind, PublicationId, Want
from bot.domain.subscribers import Mode, Settings
from bot.i18n import LANGUAGES
from bot.services.atlas import Atlas
from bot.services.publications import Draft, accept
from bot.services.walks import Flight, reserve
from bot.views.message import Message
from storage import channels, claims, districts, subscribers
from storage.db import Database
from storage.parcels import Parcel
from tests.clock import Clock
from tests.walking import WORKER, arrived, reserved

DAY = timedelta(days=1)
VERA, IVAN, OLGA = TelegramId(11), TelegramId(22), TelegramId(33)
CHANNEL = TelegramId(-99)


@dataclass
class Town:
    """Two districts, some people, and the means to publish."""

    db: Database
    clock: Clock
    atlas: Atlas
    east: DistrictId
    west: DistrictId
    published: int = 0

    async def follow(
        self, person: TelegramId, *places: DistrictId, chosen: Settings | None = None
    ) -> None:
        """Somebody follows districts."""
        async with self.db.tx() as tx:
            await subscribers.save(tx, person, chosen or Settings())
            for place in places:
                await subscribers.follow(tx, person, place)

    async def publish(self, audience: Audience, *, urgent: bool = False) -> PublicationId:
        """Accept a publication with a short edition in Russian."""
        self.published += 1
        texts = {lang: Message(lang) for lang in LANGUAGES} | {"ru.lite": Message("short")}
        draft = Draft(
            kind=Kind.BROADCAST,
            subject=f"b:{self.published}",
            code="AAAA-AAAA",
            lane=Lane.NEWS,
            audience=audience,
            texts=texts,
            expires_at=self.clock() + DAY,
            urgent=urgent,
        )
        async with self.db.tx() as tx:
            return await accept(tx, draft, self.clock())

    async def recipients(self, audience: Audience, *, urgent: bool = False) -> list[Parcel]:
        """Everybody whom a publication is for, written down as having got it."""
        return await self.walked(await self.publish(audience, urgent=urgent))

    async def walked(self, id: PublicationId) -> list[Parcel]:
        """Everybody who is left of a publication."""
        found: list[Parcel] = []
        for _ in range(12):  # phases and places, each of which waits for what is on its way
            async with self.db.tx() as tx:
                page = await reserved(tx, self.atlas, id, self.clock(), size=50)
                for parcel in page:
                    await arrived(tx, parcel, self.clock() + DAY)
                found += page
        return found


@pytest.fixture
async def town(db: Database, clock: Clock) -> Town:
    """A town in each database."""
    async with db.tx() as tx:
        east, west = [
            await districts.add(tx, slug=slug, parent=None, zone="Europe/Minsk", names={"en": slug})
            for slug in ("east", "west")
        ]
    atlas = Atlas(db)
    await atlas.load()
    return Town(db, clock, atlas, east, west)


def chats(found: Sequence[Parcel]) -> list[TelegramId]:
    """To whom."""
    return [parcel.chat for parcel in found]


def to(*places: DistrictId, want: Want = Want.NEWS) -> Audience:
    """The followers of districts."""
    return Audience(frozenset(places), want, channels=False)


async def test_who_follows_two_of_the_districts_is_found_once(town: Town) -> None:
    await town.follow(VERA, town.east, town.west)
    await town.follow(IVAN, town.west)
    assert sorted(chats(await town.recipients(to(town.east, town.west))), key=hash) == sorted(
        [VERA, IVAN], key=hash
    )


async def test_each_reads_the_edition_of_their_language_and_mode(town: Town) -> None:
    await town.follow(VERA, town.east, chosen=Settings(lang="ru", mode=Mode.LITE))
    await town.follow(IVAN, town.east, chosen=Settings(lang="be"))
    found = await town.recipients(to(town.east))
    assert {parcel.chat: parcel.edition for parcel in found} == {VERA: "ru.lite", IVAN: "be"}


async def test_an_audience_can_be_narrowed_to_languages_and_modes(town: Town) -> None:
    await town.follow(VERA, town.east, chosen=Settings(lang="ru", mode=Mode.LITE))
    await town.follow(IVAN, town.east, chosen=Settings(lang="be"))
    await town.follow(OLGA, town.east, chosen=Settings(lang="ru"))
    russian = replace(to(town.east), languages=frozenset({"ru"}))
    assert set(chats(await town.recipients(russian))) == {VERA, OLGA}
    lite = replace(to(town.east), modes=frozenset({Mode.LITE}))
    assert chats(await town.recipients(lite)) == [VERA]


async def test_everybody_who_received_a_publication_can_be_addressed(town: Town) -> None:
    await town.follow(VERA, town.east)
    first = await town.publish(to(town.east))
    assert chats(await town.walked(first)) == [VERA]
    await town.follow(IVAN, town.east)
    async with town.db.tx() as tx:
        await subscribers.unfollow(tx, VERA, town.east)
    again = replace(to(town.east), holders_of=first)
    assert chats(await town.recipients(again)) == [VERA]


async def test_one_person_and_one_channel_can_be_addressed(town: Town) -> None:
    await town.follow(VERA, town.east)
    await town.follow(IVAN, town.east)
    async with town.db.tx() as tx:
        for chat in (CHANNEL, TelegramId(-98)):
            await channels.link(tx, chat, title="@c", lang="ru", district=town.east, by=None)
    keys = town.db.keys
    alone = Audience(frozenset({town.east}), Want.NEWS, only=keys.tag(VERA))
    assert chats(await town.recipients(alone)) == [VERA]
    id = await town.publish(replace(alone, only=keys.tag(CHANNEL)))
    assert await town.walked(id) == []
    async with town.db.tx() as tx:
        rows = await claims.claim(tx, town.clock(), lease=DAY, limit=9)
    assert chats(rows) == [CHANNEL]


async def test_whoever_paused_or_wants_no_news_is_passed_over(town: Town) -> None:
    await town.follow(VERA, town.east, chosen=Settings(paused=True))
    await town.follow(IVAN, town.east, chosen=Settings(news=False))
    assert await town.recipients(to(town.east)) == []


async def test_only_what_is_urgent_sounds(town: Town) -> None:
    await town.follow(VERA, town.east)
    assert [parcel.ring for parcel in await town.recipients(to(town.east))] == [False]
    assert [p.ring for p in await town.recipients(to(town.east), urgent=True)] == [True]


async def test_who_does_not_want_it_never_fills_a_page(town: Town) -> None:
    for n in range(40):
        await town.follow(TelegramId(1000 + n), town.east, chosen=Settings(news=False))
    await town.follow(VERA, town.east)
    id = await town.publish(to(town.east))
    async with town.db.tx() as tx:
        page = await reserve(
            tx,
            town.atlas,
            id,
            WORKER,
            town.clock(),
            limit=1,
            flight=Flight(),
            closed=lambda _tag: None,
        )
    assert chats(page.parcels) == [VERA]
