"""The queue of news and publication, as moderators see them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.items import ItemState
from bot.domain.publications import Kind, State, Want
from bot.domain.sources import Motion, Source
from bot.domain.staff import StaffState
from bot.i18n import translator
from bot.views.message import Say, Toast
from bot.views.queue import OpenQueue, Publish, RejectItem, SkipItem
from bot.views.sources import OpenSource
from handlers.items import ItemHandlers
from handlers.sources import SourceHandlers
from storage import outbox, sources, staff
from tests.dialogue import Dialogue, open_dialogue
from tests.newsroom import ANNA, BORIS, CLAIRE, Newsroom
from tests.publisher import Story, rss, stories
from tests.vetting import revoke
from tests.walking import walk

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


async def trust(room: Newsroom, source: Source) -> None:
    """End the probation of a source that published enough."""
    async with room.db.tx() as tx:
        found = await room.source(source.id)
        for by in (room.anna, room.boris):
            agreed = [room.anna] if found.agreed else []
            later = room.clock() + timedelta(days=15)
            ripe = replace(found, clean_items=20)
            found = ripe.move(Motion.TRUST, by, agreed=agreed, branches=2, now=later)
        await sources.save(tx, found)


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
    assert "1 item that you approved waits" in anna.text


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
    await room.follow(READER)
    await room.publish_all()
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
    await room.publish_all()
    await revoke(room.sources, room.anna, room.boris, source.id)
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


async def test_an_approval_of_somebody_suspended_since_counts_no_longer(
    room: Newsroom, source: Source
) -> None:
    item = (await room.queue())[0]
    await room.items.publish(room.anna, item.id, item.edition)
    async with room.db.tx() as tx:
        await staff.set_state(tx, room.anna.id, StaffState.SUSPENDED)
    done = await room.items.publish(room.boris, item.id, item.edition)
    assert (done.state, done.approved) == (ItemState.QUEUED, (room.boris.id,))


async def test_a_stranger_meets_no_queue(d: Dialogue, room: Newsroom, source: Source) -> None:
    [item, _] = await room.queue()
    stranger = d.person(READER)
    for press in (OpenQueue(), SkipItem(item.id), Publish(item.id, 1), RejectItem(item.id, 1)):
        await stranger.press_data(press.pack())
        assert "out of date" in stranger.toasts[-1]
    assert len(await room.queue()) == 2


async def copies(room: Newsroom) -> int:
    """How many copies wait to be sent."""
    async with room.db.tx(write=False) as tx:
        rows = await tx.execute(outbox.table.select())
        return sum(row.publication is not None for row in rows)


async def test_the_source_is_shown_below_and_the_card_stays(
    d: Dialogue, room: Newsroom, source: Source
) -> None:
    person = {"id": ANNA, "is_bot": False, "first_name": "P", "language_code": "en"}
    chat = {"id": ANNA, "type": "private"}
    query = {
        "id": "q-aside",
        "from": person,
        "chat_instance": "1",
        "data": OpenSource(source.id, aside=True).pack(),
        "message": {"message_id": 5, "date": 1, "chat": chat, "text": "the card"},
    }
    said = [task for _, task in await d.receive({"callback_query": query})]
    assert [type(task) for task in said if not isinstance(task, Toast)] == [Say]


async def test_whoever_would_send_it_is_told_how_long_that_takes(
    d: Dialogue, room: Newsroom, source: Source
) -> None:
    anna, boris = d.person(ANNA), d.person(BORIS, "ru")
    said = RU(
        "publications-forecast-people", time=RU.duration(4), size=RU("publications-people-few")
    )
    await anna.press_data(OpenQueue().pack())
    assert "Takes about" not in anna.text  # on probation hers is the first of two
    await anna.press("Publish")
    await boris.press_data(OpenQueue().pack())
    assert said in boris.text
