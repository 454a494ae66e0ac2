"""Moderators hear that news wait: at once, quietly, and once an hour at most."""

from collections.abc import AsyncIterator

import pytest

from bot.services.queue import HOUR, Nudges
from bot.views.queue import OpenQueue
from handlers.items import ItemHandlers
from storage.db import Database
from tests.clock import Clock
from tests.dialogue import open_dialogue
from tests.newsroom import ANNA, BORIS, CLAIRE, Newsroom, newsroom


@pytest.fixture
async def room(db: Database, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(db, clock) as opened:
        await opened.vetted("/feed", 1, 2, 3)
        await opened.told()
        yield opened


def nudges(room: Newsroom) -> Nudges:
    """The tick."""
    return Nudges(room.db, room.atlas, room.clock)


async def test_everybody_who_may_decide_hears_once_in_their_language(room: Newsroom) -> None:
    assert await nudges(room).run() == 0
    await room.publish(5, 4, 1, 2, 3)
    assert await nudges(room).run() == 3
    told = dict(await room.told())
    assert told.keys() == {ANNA, BORIS, CLAIRE}
    assert told[ANNA] == "2 items of news wait for a moderator."
    assert told[CLAIRE] == "2 articles attendent la mod\u00e9ration."
    assert await nudges(room).run() == 0


async def test_more_news_within_the_hour_wait_for_its_end(room: Newsroom) -> None:
    await room.publish(4, 1, 2, 3)
    await nudges(room).run()
    await room.told()
    await room.publish(5, 4, 1, 2, 3)
    assert await nudges(room).run() == 0
    room.clock.move(HOUR)
    assert await nudges(room).run() == 3
    await room.told()
    room.clock.move(HOUR)
    assert await nudges(room).run() == 0


async def test_what_somebody_decided_or_has_open_is_no_reason_to_tell_them(
    room: Newsroom,
) -> None:
    await room.publish(4, 1, 2, 3)
    (item,) = await room.queue()
    await room.items.publish(room.anna, item.id, item.edition)
    await room.items.open(room.boris)
    await room.told()
    assert await nudges(room).run() == 1
    assert [chat for chat, _ in await room.told()] == [CLAIRE]


async def test_a_held_source_brings_nothing_to_decide(room: Newsroom) -> None:
    await room.publish(4, 1, 2, 3)
    source = await room.source_by_address("/feed")
    await room.sources.hold(room.anna, source.id)
    await room.told()
    assert await nudges(room).run() == 0


async def test_one_who_approved_all_reads_that_a_second_person_is_awaited(
    room: Newsroom,
) -> None:
    await room.publish(4, 1, 2, 3)
    dialogue = await open_dialogue(
        room.db, room.clock, [ItemHandlers(room.items, room.sources.hold)]
    )
    anna = dialogue.person(ANNA)
    await anna.press_data(OpenQueue().pack())
    await anna.press("Publish")
    assert "1 item that you approved waits for a second person." in anna.text
