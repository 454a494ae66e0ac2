"""What a source showed before it was vetted: silent at first sight, in the queue when asked for."""

from dataclasses import replace

import pytest

from bot.domain.items import LIFETIME, Flag
from bot.domain.sources import Source
from bot.i18n import translator
from bot.services.vetting import Vetting
from bot.views.message import Say
from bot.views.newest import TakeNewest
from bot.views.sources import OpenEvidence
from handlers.items import ItemHandlers
from handlers.sources import SourceHandlers
from handlers.vetting import VettingHandlers
from storage import ledger, polls, sources
from tests.dialogue import Dialogue, Person, open_dialogue
from tests.newsroom import ANNA, BORIS, CLAIRE, ROOT, Newsroom
from tests.publisher import Story, rss, stories
from tests.vetting import check, vet

EN, RU = translator("en"), translator("ru")
READER = 55


@pytest.fixture
async def d(room: Newsroom) -> Dialogue:
    features = [
        ItemHandlers(room.items, room.sources.hold),
        SourceHandlers(room.sources),
        VettingHandlers(room.sources, Vetting(room.db, room.atlas, room.clock), room.newest),
    ]
    return await open_dialogue(room.db, room.clock, features)


async def titles(room: Newsroom) -> list[str]:
    """What waits, oldest first."""
    return [item.title for item in await room.queue()]


async def vetted_showing(room: Newsroom, body: bytes) -> Source:
    """A source on probation whose first reading shows this document."""
    source = await room.propose()
    room.publisher.put("/feed", body)
    return await vet(room.sources, room.boris, source.id)


async def take(d: Dialogue, source: Source, who: int = ANNA) -> Person:
    """Press the button, wherever it stands."""
    person = d.person(who)
    await person.press_data(TakeNewest(source.id).pack())
    return person


async def test_who_vetted_first_is_offered_the_newest_items_with_one_tap(
    d: Dialogue, room: Newsroom
) -> None:
    source = await room.propose("/feed", 5, 4, 3, 2, 1)
    await check(room.sources, room.boris, source.id)
    await d.drain()
    boris, anna = d.person(BORIS), d.person(ANNA)
    await boris.press_data(OpenEvidence(source.id).pack())
    await boris.press(RU("source-agree-vet"))
    assert await titles(room) == []
    [notice] = [task for to, task in boris.others if to.reveal() == ANNA]
    assert isinstance(notice, Say)
    assert EN("newest-offer") in notice.message.text
    [data] = [b.data for row in notice.message.buttons for b in row if b.label == EN("newest-take")]
    assert data is not None
    await anna.press_data(data)
    assert anna.text == EN.count("newest-taken", 3)
    assert await titles(room) == ["Story 3", "Story 4", "Story 5"]
    await anna.press(EN("queue-open"))
    assert "Story 3" in anna.text


async def test_who_vetted_second_finds_them_on_the_checklist(d: Dialogue, room: Newsroom) -> None:
    source = await room.vetted("/feed", 2, 1)
    boris = d.person(BORIS)
    await boris.press_data(OpenEvidence(source.id).pack())
    assert [b.label for b in boris.buttons][-2:] == [RU("newest-take"), RU("back")]
    await boris.press(RU("newest-take"))
    assert boris.text == RU.count("newest-taken", 2)
    assert await titles(room) == ["Story 1", "Story 2"]
    await boris.press_data(OpenEvidence(source.id).pack())
    assert RU("newest-take") not in [b.label for b in boris.buttons]


async def test_they_are_decided_like_others_and_known_when_the_feed_shows_them_again(
    d: Dialogue, room: Newsroom
) -> None:
    source = await room.vetted("/feed", 4, 3, 2, 1)
    await take(d, source)
    [oldest, *_] = await room.queue()
    await room.items.publish(room.anna, oldest.id, oldest.edition)
    assert len(await room.sent()) == 0, "the source is on probation"
    await room.items.publish(room.boris, oldest.id, oldest.edition)
    assert len(await room.sent()) == 1
    await room.publish(5, 4, 3, 2, 1)
    assert await titles(room) == ["Story 3", "Story 4", "Story 5"]


async def test_the_newest_are_those_with_the_latest_dates_wherever_they_stand(
    d: Dialogue, room: Newsroom
) -> None:
    dated = [(1, "18"), (2, "20"), (3, "17"), (4, "21"), (5, "19")]
    items = "".join(
        f"<item><title>Story {n}</title><link>https://news.example.org/{n}</link>"
        f"<guid>{n}</guid><pubDate>{day} Nov 2026 08:00:00 GMT</pubDate></item>"
        for n, day in dated
    )
    body = f'<rss version="2.0"><channel><title>The Courier</title>{items}</channel></rss>'
    await take(d, await vetted_showing(room, body.encode()))
    assert await titles(room) == ["Story 5", "Story 2", "Story 4"]


async def test_what_is_news_already_is_not_taken_twice(d: Dialogue, room: Newsroom) -> None:
    source = await room.vetted("/feed", 2, 1)
    await room.publish(4, 3, 2, 1)
    room.publisher.put("/feed", rss(stories(5, 4, 3, 2, 1)))
    await take(d, source)
    assert await titles(room) == ["Story 3", "Story 4", "Story 1", "Story 2"]
    await room.publish(5, 4, 3, 2, 1)
    assert (await titles(room))[-1] == "Story 5", "what came meanwhile is news by itself"


async def test_their_texts_are_judged_like_any_other(d: Dialogue, room: Newsroom) -> None:
    loud = Story("Call now", "https://news.example.org/9", "Ring +375 29 123-45-67 today.")
    await take(d, await vetted_showing(room, rss([loud])))
    [item] = await room.queue()
    assert item.flags == {Flag.PHONE}
    assert item.language == "en"


async def test_it_works_once_and_stands_in_the_ledger(d: Dialogue, room: Newsroom) -> None:
    source = await room.vetted("/feed", 6, 5, 4, 3, 2, 1)
    await take(d, source)
    claire = await take(d, source, CLAIRE)
    assert claire.toasts[-1] == translator("fr")("newest-before")
    assert await titles(room) == ["Story 4", "Story 5", "Story 6"]
    async with room.db.tx(write=False) as tx:
        rows = await tx.execute(ledger.table.select().where(ledger.table.c.action.like("%newest")))
        assert [(row.subject, row.people) for row in rows] == [(f"source:{source.id}", 1)]
        assert await ledger.verify(tx) is None


async def test_after_three_days_what_was_there_is_no_news(d: Dialogue, room: Newsroom) -> None:
    source = await room.vetted()
    room.clock.move(LIFETIME)
    anna = await take(d, source)
    assert anna.toasts[-1] == EN("newest-late")
    await anna.press_data(OpenEvidence(source.id).pack())
    assert EN("newest-take") not in [b.label for b in anna.buttons]
    assert await titles(room) == []


async def test_nothing_is_taken_from_a_held_source(d: Dialogue, room: Newsroom) -> None:
    source = await room.vetted()
    await room.sources.hold(room.boris, source.id)
    anna = await take(d, source)
    assert anna.toasts[-1] == EN("newest-late")
    assert await titles(room) == []


async def test_nothing_is_taken_before_the_first_reading(d: Dialogue, room: Newsroom) -> None:
    source = await room.vetted()
    async with room.db.tx() as tx:
        poll = await polls.get(tx, source.id)
        assert poll is not None
        await polls.save(tx, replace(poll, sighted=False))
    anna = await take(d, source)
    assert anna.toasts[-1] == EN("newest-unread")


async def test_a_feed_that_shows_other_items_now_has_nothing_to_take(
    d: Dialogue, room: Newsroom
) -> None:
    source = await room.vetted("/feed", 1, 2)
    room.publisher.put("/feed", rss(stories(7, 8)))
    anna = await take(d, source)
    assert anna.toasts[-1] == EN("newest-none")
    room.publisher.put("/feed", rss(stories(7, 8, 1)))
    await take(d, source)
    assert await titles(room) == ["Story 1"], "a press in vain does not count"


async def test_a_server_that_fails_is_named_and_the_button_stays(
    d: Dialogue, room: Newsroom
) -> None:
    source = await room.vetted()
    room.publisher.status = 503
    anna = await take(d, source)
    assert EN("newest-nothing") in anna.text
    room.publisher.status = 200
    await anna.press(EN("newest-take"))
    assert anna.text == EN.count("newest-taken", 3)


async def test_nothing_is_taken_from_a_server_that_is_no_longer_the_vetted_one(
    d: Dialogue, room: Newsroom
) -> None:
    source = await room.vetted()
    async with room.db.tx() as tx:
        await sources.save(tx, replace(source, domain="example.org"))
    anna = await take(d, source)
    assert anna.toasts[-1] == EN("newest-drift")
    assert await titles(room) == []


@pytest.mark.parametrize("who", [ROOT, READER])
async def test_only_who_decides_about_its_items_takes_them(
    d: Dialogue, room: Newsroom, who: int
) -> None:
    source = await room.vetted()
    asked = len(room.publisher.asked)
    person = await take(d, source, who)
    assert person.toasts[-1] in (EN("error-not-allowed"), EN("error-gone"))
    assert await titles(room) == []
    assert len(room.publisher.asked) == asked, "the publisher was not even asked"
