"""How long a publication will take, and how far it came."""

from datetime import timedelta

import pytest

from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from bot.domain.progress import Progress, Standing
from bot.domain.publications import Audience, Hold, PublicationId, Revision, Want
from bot.services.progress import forecast, standing
from storage import backlog, publications, revisions
from storage.db import Database
from storage.outbox import Stage
from storage.publications import Phase
from tests.clock import Clock
from tests.mailroom import Mailroom, open_mailroom

RATE = 25.0


@pytest.fixture
async def room(db: Database, clock: Clock) -> Mailroom:
    return await open_mailroom(db, clock)


async def stands(room: Mailroom, id: PublicationId) -> Progress:
    """How it stands, at 25 messages a second."""
    async with room.db.tx(write=False) as tx:
        found = await standing(tx, room.atlas, id, RATE, "en")
    assert found is not None
    return found


async def test_a_forecast_counts_whom_the_districts_reach_and_their_channels(
    room: Mailroom,
) -> None:
    await room.followers(150, room.places.quarter)
    await room.followers(60, room.places.land, first=50_000)
    for n, place in enumerate((room.places.quarter, room.places.city, room.places.land)):
        await room.channel(1001 + n, place)
    audience = Audience(frozenset({room.places.city}), Want.NEWS)
    async with room.db.tx(write=False) as tx:
        found = await forecast(tx, room.atlas, audience, RATE)
    assert (found.channels, found.people) == (3, 210)
    assert (found.channel_seconds, found.people_seconds) == (1, 9)  # 210 messages at 25 a second


async def test_a_forecast_for_nearly_nobody_does_not_say_how_few(room: Mailroom) -> None:
    async with room.db.tx(write=False) as tx:
        where = frozenset({room.places.city})
        nobody = await forecast(tx, room.atlas, Audience(where, Want.NEWS), RATE)
    await room.follower(5, room.places.city)
    async with room.db.tx(write=False) as tx:
        one = await forecast(tx, room.atlas, Audience(where, Want.NEWS), RATE)
        posts = await forecast(tx, room.atlas, Audience(where, Want.NEWS, people=False), RATE)
    assert nobody.people_seconds == one.people_seconds == 4
    assert posts.people_seconds == 0


async def test_a_publication_waits_then_is_sent_then_is_done(room: Mailroom) -> None:
    places = room.places
    await room.followers(2_000, places.quarter)
    id = await room.publish()
    before = await stands(room, id)
    assert (before.standing, before.share, before.left) == (Standing.WAITING, 0.0, 80)
    assert before.headline == "A headline"
    await room.walked(id, place=places.quarter, part=0.4)
    half = await stands(room, id)
    assert half.standing is Standing.SENDING
    assert half.share == pytest.approx(0.4, abs=0.01)
    await room.received(id, [TelegramId(n) for n in range(10_000, 10_150)])
    await room.walked(id, phase=Phase.HOLDERS, part=1.0, done=True)
    done = await stands(room, id)
    assert (done.standing, done.share, done.left, done.people) == (Standing.SENT, 1.0, None, 150)
    assert not done.running


async def test_districts_behind_the_walk_count_as_done(room: Mailroom) -> None:
    places = room.places
    await room.followers(300, places.land)
    await room.followers(100, places.quarter, first=50_000)
    id = await room.publish()
    await room.walked(id, place=places.quarter, part=0.0)
    assert (await stands(room, id)).share == pytest.approx(0.75, abs=0.01)


async def test_the_time_left_follows_how_many_want_it(room: Mailroom) -> None:
    await room.followers(2_000, room.places.quarter)
    id = await room.publish()
    await room.walked(id, place=room.places.quarter, part=0.5)
    await room.received(id, [TelegramId(n) for n in range(10_000, 10_500)])
    found = await stands(room, id)
    assert found.left == 20  # of the other thousand every second one wants it


async def test_what_goes_first_is_part_of_the_time_left(room: Mailroom) -> None:
    await room.followers(1_000, room.places.quarter)
    news = await room.publish()
    alone = (await stands(room, news)).left
    alert = await room.publish(lane=Lane.ALERT, subject="rally:1")
    assert ((await stands(room, news)).left, alone) == (80, 40)
    assert (await stands(room, alert)).left == 40
    async with room.db.tx() as tx:
        await publications.hold(tx, alert, Hold.STAFF)
    assert (await stands(room, news)).left == 40


async def test_channels_are_told_apart(room: Mailroom) -> None:
    one, two = [await room.channel(n, room.places.city) for n in (1001, 1002)]
    id = await room.publish()
    assert (await stands(room, id)).channels == 2
    await room.walked(id, place=room.places.quarter)
    await room.received(id, [one])
    await room.rows(id, 1, Stage.WAITING, first=two.reveal())
    found = await stands(room, id)
    assert (found.channels_done, found.channels) == (1, 2)


async def test_why_nothing_moves_is_told(room: Mailroom) -> None:
    id = await room.publish()
    async with room.db.tx() as tx:
        await backlog.hold_all(tx, held=True)
    assert (await stands(room, id)).standing is Standing.PAUSED
    for why in Hold:
        async with room.db.tx() as tx:
            await publications.hold(tx, id, why)
        found = await stands(room, id)
        assert (found.standing, found.publication.held, found.left) == (Standing.HELD, why, None)
    async with room.db.tx() as tx:
        await publications.stop(tx, id)
    assert (await stands(room, id)).standing is Standing.HALTED


async def test_a_replaced_publication_is_over(room: Mailroom) -> None:
    old = await room.publish()
    await room.publish()
    found = await stands(room, old)
    assert (found.standing, found.publication.state.value) == (Standing.HALTED, "superseded")


async def test_a_correction_under_way_shows_how_far_it_came(room: Mailroom) -> None:
    id = await room.publish()
    await room.walked(id, done=True)
    async with room.db.tx() as tx:
        await revisions.add(tx, id, kind=Revision.CORRECT, lane=Lane.RALLY, now=room.clock())
    found = await stands(room, id)
    assert found.revising == (Revision.CORRECT, 0.0)
    assert found.running


async def test_those_who_hold_another_one_may_be_the_audience(room: Mailroom) -> None:
    first = await room.publish()
    await room.received(first, [TelegramId(n) for n in range(3)])
    id = await room.publish(subject="item:2", holders_of=first, channels=False)
    assert (await stands(room, id)).people == 3


async def test_nothing_is_told_of_what_is_gone(room: Mailroom) -> None:
    room.clock.move(timedelta(days=1))
    async with room.db.tx(write=False) as tx:
        assert await standing(tx, room.atlas, PublicationId(99), RATE, "en") is None
