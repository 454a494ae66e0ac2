"""The queue, publication, /news and "why trust this?", as people see them."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.domain.items import ItemState
from bot.domain.privacy import TelegramId
from bot.domain.publications import Kind, State, Want
from bot.domain.sources import Motion, Source
from bot.domain.staff import StaffState
from bot.domain.subscribers import Settings
from bot.i18n import LANGUAGES, translator
from bot.services.publications import walk
from bot.views.items import OpenQueue, Publish, RejectItem, SkipItem, Why
from bot.views.message import Message, Say, decode
from handlers.items import ItemHandlers
from handlers.sources import SourceHandlers
from storage import items, outbox, publications, sources, staff, subscribers
from storage.db import Database
from tests.clock import Clock
from tests.dialogue import Dialogue, open_dialogue
from tests.newsroom import ANNA, BORIS, CLAIRE, Newsroom, newsroom
from tests.publisher import Story, rss, stories

READER = 55
RU = translator("ru")
"""Boris reads Russian."""


@pytest.fixture
async def room(db: Database, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(db, clock) as opened:
        yield opened


@pytest.fixture
async def d(room: Newsroom) -> Dialogue:
    features = [ItemHandlers(room.items), SourceHandlers(room.sources)]
    return await open_dialogue(room.db, room.clock, features)


@pytest.fixture
async def source(room: Newsroom) -> Source:
    """A source on probation with the stories 4 and 5 in the queue."""
    vetted = await room.vetted("/feed", 1, 2, 3)
    await room.publish(5, 4, 1, 2, 3)
    await room.told()
    return vetted


async def trust(room: Newsroom, source: Source) -> None:
    """End the probation of a source that published enough."""
    async with room.db.tx() as tx:
        found = await room.source(source.id)
        for by in (room.anna, room.boris):
            agreed = [room.anna] if found.agreed else []
            later = room.clock() + timedelta(days=15)
            found = found.move(Motion.TRUST, by, agreed=agreed, branches=2, now=later, sent=20)
        await sources.save(tx, found)


async def publish_all(room: Newsroom) -> None:
    """Two people approve whatever waits."""
    for item in await room.queue():
        for by in (room.anna, room.boris):
            await room.items.publish(by, item.id, item.edition)


async def test_the_queue_shows_the_oldest_item_with_everything_needed_to_decide(
    d: Dialogue, room: Newsroom, source: Source
) -> None:
    room.clock.move(timedelta(hours=2))
    anna = d.person(ANNA)
    await anna.press_data(OpenQueue().pack())
    assert anna.text.startswith("Queue: 2 · oldest 2 h\nItem 1/2")
    for part in ("Story 4", "The Courier", "example.org", "another site", "English", "Minsk"):
        assert part in anna.text
    assert anna.screen is not None
    assert anna.screen.protect


async def test_one_tap_decides_and_the_next_card_follows(
    d: Dialogue, room: Newsroom, source: Source
) -> None:
    anna = d.person(ANNA)
    await anna.press_data(OpenQueue().pack())
    before = anna.taps
    await anna.press("Publish")
    assert anna.taps - before == 1
    assert "One more person" in anna.toasts[-1]
    assert "Story 5" in anna.text
    await anna.press("Reject")
    assert "Rejected" in anna.toasts[-1]
    assert "The queue is empty" in anna.text


async def test_two_people_of_different_branches_publish_and_nobody_alone(
    d: Dialogue, room: Newsroom, source: Source
) -> None:
    [item, _] = await room.queue()
    press = Publish(item.id, item.edition).pack()
    anna, claire, boris = d.person(ANNA), d.person(CLAIRE), d.person(BORIS)
    await anna.press_data(press)
    await anna.press_data(press)
    assert "approved this already" in anna.toasts[-1]
    await claire.press_data(press)
    assert claire.toasts[-1] == translator("fr")("error-same-branch")
    assert await room.sent() == []
    await boris.press_data(press)
    assert boris.toasts[-1] == RU("item-is-sent")
    [publication] = await room.sent()
    assert (publication.kind, publication.subject) == (Kind.ITEM, f"item:{item.id}")
    assert publication.audience.districts == {room.district}
    assert publication.audience.want is Want.NEWS
    assert publication.expires_at == room.clock() + timedelta(hours=72)


async def test_a_second_press_changes_nothing(d: Dialogue, room: Newsroom, source: Source) -> None:
    await trust(room, source)
    [item, _] = await room.queue()
    anna = d.person(ANNA)
    await anna.press_data(Publish(item.id, item.edition).pack())
    await anna.press_data(Publish(item.id, item.edition).pack())
    await anna.press_data(RejectItem(item.id, item.edition).pack())
    assert "Somebody else decided" in anna.toasts[-1]
    assert len(await room.sent()) == 1


async def test_a_trusted_source_needs_one_person(
    d: Dialogue, room: Newsroom, source: Source
) -> None:
    await trust(room, source)
    anna = d.person(ANNA)
    await anna.press_data(OpenQueue().pack())
    await anna.press("Publish")
    assert anna.toasts[-1] == "Published."
    assert len(await room.sent()) == 1


async def test_an_item_that_somebody_has_open_is_not_shown_to_another(
    d: Dialogue, room: Newsroom, source: Source
) -> None:
    anna, boris = d.person(ANNA), d.person(BORIS)
    await anna.press_data(OpenQueue().pack())
    await boris.press_data(OpenQueue().pack())
    assert "Story 5" in boris.text
    [item, _] = await room.queue()
    await boris.press_data(Publish(item.id, item.edition).pack())
    assert boris.toasts[-1] == RU("item-claimed")
    room.clock.move(timedelta(minutes=11))
    await boris.press_data(OpenQueue().pack())
    assert "Story 4" in boris.text


async def test_skip_goes_on_and_the_end_says_so(
    d: Dialogue, room: Newsroom, source: Source
) -> None:
    anna = d.person(ANNA)
    await anna.press_data(OpenQueue().pack())
    await anna.press("Skip")
    assert "Story 5" in anna.text
    await anna.press("Skip")
    assert "Nothing more for you" in anna.text
    await anna.press("News queue")
    assert "Story 4" in anna.text
    await anna.press("Source")
    assert "on probation" in anna.text


async def test_a_button_of_an_older_text_shows_the_new_one(
    d: Dialogue, room: Newsroom, source: Source
) -> None:
    anna = d.person(ANNA)
    await anna.press_data(OpenQueue().pack())
    edited = Story("Story 4, with other facts", "https://news.example.org/4")
    room.publisher.put("/feed", rss([*stories(5), edited, *stories(1, 2, 3)]))
    await room.poll()
    await anna.press("Publish")
    assert "Somebody else changed this" in anna.toasts[-1]
    assert "with other facts" in anna.text
    assert "earlier approvals are void" in anna.text


async def test_nothing_of_a_held_source_is_published(
    d: Dialogue, room: Newsroom, source: Source
) -> None:
    anna = d.person(ANNA)
    await anna.press_data(OpenQueue().pack())
    await room.sources.hold(room.boris, source.id)
    await anna.press("Publish")
    assert "source is held" in anna.toasts[-1]
    assert "The queue is empty" in anna.text
    assert await room.sent() == []


async def test_a_hold_stops_copies_that_have_not_left_and_lifting_restores_the_code(
    d: Dialogue, room: Newsroom, source: Source
) -> None:
    await follow(room)
    await publish_all(room)
    await walk(room.db, room.atlas, room.clock)
    assert await copies(room) == 2
    await room.sources.hold(room.anna, source.id)
    assert await copies(room) == 0
    assert {p.state for p in await room.sent()} == {State.SUSPENDED}
    await room.sources.move(room.anna, source.id, Motion.LIFT)
    await room.sources.move(room.boris, source.id, Motion.LIFT)
    assert {p.state for p in await room.sent()} == {State.CURRENT}
    assert await walk(room.db, room.atlas, room.clock) == 0


async def test_a_revoked_source_cancels_everything_it_published(
    room: Newsroom, source: Source
) -> None:
    await publish_all(room)
    await room.sources.move(room.anna, source.id, Motion.REVOKE)
    await room.sources.move(room.boris, source.id, Motion.REVOKE)
    assert {p.state for p in await room.sent()} == {State.CANCELLED}
    assert await room.items.latest(()) == []


async def test_what_waits_three_days_is_let_go(d: Dialogue, room: Newsroom, source: Source) -> None:
    anna = d.person(ANNA)
    await anna.press_data(OpenQueue().pack())
    room.clock.move(timedelta(hours=73))
    await anna.press("Publish")
    assert "longer than three days" in anna.toasts[-1]
    assert await room.items.expire_due() == 2
    assert await room.sent() == []


async def test_the_post_says_where_it_comes_from_in_every_language(
    room: Newsroom, source: Source
) -> None:
    await publish_all(room)
    publication = (await room.sent())[0]
    async with room.db.tx(write=False) as tx:
        tasks = await publications.tasks(tx, publication.id)
    assert set(tasks) == set(LANGUAGES)
    for lang, raw in tasks.items():
        t = translator(lang)
        message = _message(raw)
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


async def test_an_approval_of_somebody_suspended_since_counts_no_longer(
    room: Newsroom, source: Source
) -> None:
    item = (await room.queue())[0]
    await room.items.publish(room.anna, item.id, item.edition)
    async with room.db.tx() as tx:
        await staff.set_state(tx, room.anna.id, StaffState.SUSPENDED)
    done = await room.items.publish(room.boris, item.id, item.edition)
    assert (done.state, done.approved) == (ItemState.QUEUED, (room.boris.id,))


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


async def test_in_a_channel_why_answers_only_who_pressed(
    d: Dialogue, room: Newsroom, source: Source
) -> None:
    await publish_all(room)
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
    await publish_all(room)
    reader = d.person(READER, "fr")
    await reader.say("/news")
    assert reader.text.count("The Courier") == 5
    await reader.press("3")
    assert translator("fr")("item-single") in reader.text


async def test_news_for_a_follower_is_that_of_their_districts(
    d: Dialogue, room: Newsroom, source: Source
) -> None:
    await publish_all(room)
    await follow(room)
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


async def test_a_stranger_meets_no_queue(d: Dialogue, room: Newsroom, source: Source) -> None:
    [item, _] = await room.queue()
    stranger = d.person(READER)
    for press in (OpenQueue(), SkipItem(item.id), Publish(item.id, 1), RejectItem(item.id, 1)):
        await stranger.press_data(press.pack())
        assert "out of date" in stranger.toasts[-1]
    assert len(await room.queue()) == 2


async def test_markup_in_a_title_leads_nowhere(d: Dialogue, room: Newsroom, source: Source) -> None:
    title = "Read https://evil.example/x or t.me/evil, write @evil, send /start \u202eabc"
    hostile = Story(
        title, "javascript:alert(1)", text="<a href='tg://resolve'>here</a> evil.example"
    )
    room.publisher.put("/feed", rss([hostile, *stories(5, 4, 1, 2, 3)]))
    await room.poll()
    await publish_all(room)
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


async def follow(room: Newsroom) -> None:
    """A reader follows the district."""
    async with room.db.tx() as tx:
        await subscribers.save(tx, TelegramId(READER), Settings(lang="en"))
        await subscribers.follow(tx, TelegramId(READER), room.district)


async def copies(room: Newsroom) -> int:
    """How many copies wait to be sent."""
    async with room.db.tx(write=False) as tx:
        rows = await tx.execute(outbox.table.select())
        return sum(row.publication is not None for row in rows)


def _message(raw: bytes) -> Message:
    task = decode(raw)
    assert isinstance(task, Say)
    return task.message
