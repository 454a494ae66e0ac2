"""News as readers see it: the post, "why trust this?", /news."""

import pytest

from bot.domain.evidence import Check
from bot.domain.privacy import TelegramId
from bot.domain.sources import Source
from bot.domain.staff import StaffState
from bot.i18n import LANGUAGES, translator
from bot.services.vetting import Vetting
from bot.views.items import Why
from bot.views.message import Message, Say, decode
from handlers.items import ItemHandlers
from handlers.sources import SourceHandlers
from storage import items, publications, staff, subscribers
from tests.dialogue import Dialogue, open_dialogue
from tests.newsroom import Newsroom
from tests.publisher import Story, rss, stories

READER = 55
RU = translator("ru")
"""Boris reads Russian."""


@pytest.fixture
async def d(room: Newsroom) -> Dialogue:
    features = [ItemHandlers(room.items, room.sources.hold), SourceHandlers(room.sources)]
    return await open_dialogue(room.db, room.clock, features)


@pytest.fixture
async def source(room: Newsroom) -> Source:
    """A source on probation with the stories 4 and 5 in the queue."""
    vetted = await room.vetted("/feed", 1, 2, 3)
    await room.publish(5, 4, 1, 2, 3)
    await room.told()
    return vetted


async def test_the_post_says_where_it_comes_from_in_every_language(
    room: Newsroom, source: Source
) -> None:
    await room.publish_all()
    publication = (await room.sent())[0]
    async with room.db.tx(write=False) as tx:
        tasks = await publications.tasks(tx, publication.id)
    assert set(tasks) == {*LANGUAGES, *(f"{lang}.lite" for lang in LANGUAGES)}
    for lang in LANGUAGES:
        t = translator(lang)
        message = _message(tasks[lang])
        short = _message(tasks[f"{lang}.lite"])
        assert (short.text.splitlines()[0], short.buttons) == ("Story 4", ())
        assert publication.code in short.text
        assert t("item-label-probation") not in short.text
        for part in ("Story 4", "The Courier", "example.org", publication.code):
            assert part in message.text
        assert t("item-label-probation") in message.text
        assert t.count("item-approved", 2) in message.text
        assert t("one-branch") not in message.text
        assert [b.label for row in message.buttons for b in row] == [t("item-why")]
        links = [span.url for span in message.spans if span.kind == "text_link"]
        assert links == ["https://news.example.org/4"]


async def test_staff_of_one_branch_says_so(room: Newsroom, source: Source) -> None:
    async with room.db.tx() as tx:
        await staff.set_state(tx, room.boris.id, StaffState.REVOKED)
    item = (await room.queue())[0]
    await room.items.publish(room.anna, item.id, item.edition)
    await room.items.publish(room.claire, item.id, item.edition)
    publication = (await room.sent())[0]
    async with room.db.tx(write=False) as tx:
        tasks = await publications.tasks(tx, publication.id)
    assert translator("nl")("one-branch") in _message(tasks["nl"]).text


async def test_anybody_learns_why_to_trust_a_published_item(
    d: Dialogue, room: Newsroom, source: Source
) -> None:
    [item, waiting] = await room.queue()
    for by in (room.anna, room.boris):
        await room.items.publish(by, item.id, item.edition)
    reader = d.person(READER, "nl")
    await reader.press_data(Why(item.id).pack())
    nl = translator("nl")
    for part in (
        "The Courier",
        nl("item-vetting"),
        nl("item-single"),
        nl.count("item-approved", 2),
    ):
        assert part in reader.text
    for who in ("Lynx", "Heron"):
        assert who not in reader.text
    await reader.press_data(Why(waiting.id).pack())
    assert reader.toasts[-1] == nl("error-gone")


async def test_why_trust_it_counts_the_evidence_as_it_stands_and_not_what_was_taken_back(
    d: Dialogue, room: Newsroom, source: Source
) -> None:
    [item, _] = await room.queue()
    for by in (room.anna, room.boris):
        await room.items.publish(by, item.id, item.edition)
    reader, nl = d.person(READER, "nl"), translator("nl")
    await reader.press_data(Why(item.id).pack())
    assert nl("item-evidence", n=8, of=8) in reader.text.splitlines()
    checklist = Vetting(room.db, room.atlas, room.clock)
    await checklist.tick(room.claire, source.id, Check.CONTACT, on=False)
    await reader.press_data(Why(item.id).pack())
    assert nl("item-evidence", n=7, of=8) in reader.text.splitlines()


async def test_in_a_channel_why_answers_only_who_pressed(
    d: Dialogue, room: Newsroom, source: Source
) -> None:
    await room.publish_all()
    async with room.db.tx(write=False) as tx:
        [item, _] = await items.published(tx, limit=2)
    chat = {"id": -1001, "type": "channel", "title": "Centre"}
    sender = {"id": READER, "is_bot": False, "first_name": "Person", "language_code": "en"}
    post = {"message_id": 9, "date": 0, "chat": chat, "text": "…"}
    query = {"id": "q", "from": sender, "chat_instance": "1", "data": Why(item.id).pack()}
    [(_, answer)] = await d.receive({"callback_query": {**query, "message": post}})
    text = getattr(answer, "text", "")
    assert "The Courier" in text
    assert "Approved by 2 people" in text
    assert len(text) <= 200


async def test_news_shows_the_last_five_to_a_stranger(
    d: Dialogue, room: Newsroom, source: Source
) -> None:
    await room.publish(*range(1, 10))
    await room.publish_all()
    reader = d.person(READER, "fr")
    await reader.say("/news")
    assert reader.text.count("The Courier") == 5
    await reader.press("3")
    assert translator("fr")("item-single") in reader.text


async def test_news_for_a_follower_is_that_of_their_districts(
    d: Dialogue, room: Newsroom, source: Source
) -> None:
    await room.publish_all()
    await room.follow(READER)
    reader = d.person(READER)
    await reader.say("/news")
    assert "Latest news for your districts" in reader.text
    assert "Story 4" in reader.text
    async with room.db.tx() as tx:
        await subscribers.unfollow(tx, TelegramId(READER), room.district)
        await subscribers.follow(tx, TelegramId(READER), room.elsewhere)
    await reader.say("/news")
    assert "no news for your districts yet" in reader.text


async def test_without_news_the_bot_says_what_will_happen(d: Dialogue, room: Newsroom) -> None:
    reader = d.person(READER)
    await reader.say("/news")
    assert "There is no news yet" in reader.text


async def test_markup_in_a_title_leads_nowhere(d: Dialogue, room: Newsroom, source: Source) -> None:
    title = "Read https://evil.example/x or t.me/evil, write @evil, send /start \u202eabc"
    hostile = Story(
        title, "javascript:alert(1)", text="<a href='tg://resolve'>here</a> evil.example"
    )
    room.publisher.put("/feed", rss([hostile, *stories(5, 4, 1, 2, 3)]))
    await room.poll()
    await room.publish_all()
    for publication in await room.sent():
        async with room.db.tx(write=False) as tx:
            for raw in (await publications.tasks(tx, publication.id)).values():
                message = _message(raw)
                urls = {span.url for span in message.spans if span.url}
                assert all(url.startswith("https://news.example.org/") for url in urls)
                for dangerous in (
                    "evil.example",
                    "t.me",
                    "@evil",
                    " /start",
                    "https://e",
                    "\u202e",
                ):
                    assert dangerous not in message.text


def _message(raw: bytes) -> Message:
    task = decode(raw)
    assert isinstance(task, Say)
    return task.message
