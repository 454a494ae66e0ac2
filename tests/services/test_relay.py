"""From a feed to readers: what media edit, what several of them tell, what must be looked at."""

from dataclasses import replace

import pytest

from bot.domain.items import Flag, ItemState
from bot.domain.publications import Revision
from bot.domain.sources import Source, SourceState
from bot.services import revising
from bot.views.queue import OpenQueue
from handlers.items import ItemHandlers
from storage import items, revisions, sources
from tests.dialogue import open_dialogue
from tests.newsroom import ANNA, Newsroom
from tests.publisher import Story, rss, stories

TOLD = Story(
    "Water returned to three streets of the Centre",
    "https://news.example.org/9",
    "The pipe that burst on Monday was mended at noon, the waterworks say.",
)


@pytest.fixture
async def source(room: Newsroom) -> Source:
    """A trusted source that published one story."""
    vetted = await room.vetted("/feed", 1, 2, 3)
    async with room.db.tx() as tx:
        found = await sources.get(tx, vetted.id)
        assert found is not None
        trusted = await sources.save(tx, replace(found, state=SourceState.TRUSTED))
    await tell(room, TOLD)
    (item,) = [one for one in await room.queue() if one.title == TOLD.title]
    await room.items.publish(room.anna, item.id, item.edition)
    await room.told()
    return trusted


async def test_a_mended_spelling_reaches_everybody_without_anybody(
    room: Newsroom, source: Source
) -> None:
    await tell(room, replace(TOLD, title=TOLD.title.replace("returned", "retuned")))
    assert await text(room) == "Water retuned to three streets of the Centre"
    assert await done(room) == [Revision.AMEND]
    assert await room.told() == []


async def test_a_changed_number_waits_for_people(room: Newsroom, source: Source) -> None:
    await tell(room, replace(TOLD, title=TOLD.title.replace("three", "30")))
    assert await text(room) == TOLD.title
    assert await done(room) == []
    assert len(await room.told()) == 3
    (item,) = await room.queue()
    assert item.state is ItemState.CHANGED
    await room.items.amend(room.anna, item.id, item.edition)
    assert await done(room) == [Revision.CORRECT]


async def test_a_phone_number_that_comes_later_takes_two(room: Newsroom, source: Source) -> None:
    await tell(room, replace(TOLD, text=f"{TOLD.text} Ask +375 29 123-45-67."))
    (item,) = await room.queue()
    assert item.flags == {Flag.PHONE}
    waiting = await room.items.amend(room.anna, item.id, item.edition)
    assert waiting.state is ItemState.CHANGED
    assert (await room.items.amend(room.boris, item.id, item.edition)).state is ItemState.SENT


async def test_another_medium_that_tells_the_same_is_offered_below_it(
    room: Newsroom, source: Source
) -> None:
    await room.vetted("/herald", 21, 22, 23)
    elsewhere = replace(TOLD, link="https://herald.example.net/1", guid="h1")
    room.publisher.put("/herald", rss([elsewhere, *stories(21, 22, 23)], title="The Herald"))
    await room.poll()
    dialogue = await open_dialogue(
        room.db, room.clock, [ItemHandlers(room.items, room.sources.hold)]
    )
    anna = dialogue.person(ANNA)
    await anna.press_data(OpenQueue().pack())
    assert "public already" in anna.text
    assert TOLD.title in anna.text


async def tell(room: Newsroom, story: Story) -> None:
    """The feed shows this story above the old ones, and is read."""
    room.publisher.put("/feed", rss([story, *stories(1, 2, 3)]))
    await room.poll()


async def text(room: Newsroom) -> str:
    """What the message about it begins with now."""
    (publication,) = await room.sent()
    async with room.db.tx(write=False) as tx:
        said = await revising.messages(tx, publication.id)
        (item,) = await items.published(tx, limit=2)
    assert item.title == said["en"].text.splitlines()[0]
    return item.title


async def done(room: Newsroom) -> list[Revision]:
    """What was done to what was sent."""
    (publication,) = await room.sent()
    table = revisions.table
    async with room.db.tx(write=False) as tx:
        rows = await tx.execute(table.select().where(table.c.publication == publication.id))
        return [Revision(row.kind) for row in rows]
