"""Numbers instead of buttons: one stands for a button of the card that is open, and of no other."""

from datetime import timedelta

import pytest

from bot.domain.items import ItemState
from bot.domain.revisions import NOTE_LIMIT, Deed
from bot.domain.staff import StaffState
from bot.i18n import translator
from bot.views.queue import HoldItsSource, OpenQueue, Publish, RejectItem, SkipItem, acts
from bot.views.revisions import Propose
from storage import staff
from storage.db import Database
from tests.clock import Clock
from tests.dialogue import Person
from tests.item_desk import PROBATION, Desk, buttons, open_desk

EN = translator("en")
PAUSE = timedelta(seconds=5)
READER = 55


@pytest.fixture
async def desk(db: Database, clock: Clock) -> Desk:
    return await open_desk(db, clock)


async def number(desk: Desk, text: str, by: Person | None = None) -> list[str]:
    """Type it after a look at the card; what was said, oldest first."""
    desk.press.clock.move(PAUSE)
    person = by or desk.anna
    before = len(person.screens)
    await person.say(text)
    return [message.text for message in person.screens[before:]]


async def test_the_card_says_which_number_does_what(desk: Desk) -> None:
    await desk.report("Power is out")
    shown = await desk.look()
    assert shown.endswith("1 Publish · 2 Reject · 3 Needs second source · 4 Skip · 5 Hold source")
    assert "Source" in buttons(desk.anna), "it leads elsewhere and has no number"


async def test_a_number_decides_and_the_next_card_follows(desk: Desk) -> None:
    first, second = await desk.report("Power is out"), await desk.report("A new bridge")
    await desk.look()
    said, card = await number(desk, "1")
    assert said == EN("item-is-sent")
    assert "A new bridge" in card
    assert (await desk.item(first.id)).state is ItemState.SENT
    said, card = await number(desk, " 2. ")
    assert said == EN("item-is-rejected")
    assert card == EN("queue-empty")
    assert (await desk.item(second.id)).state is ItemState.REJECTED


async def test_numbers_follow_the_buttons_of_each_card(desk: Desk) -> None:
    item = await desk.published("Power is out")
    await desk.edit(item, "Power is back")
    shown = await desk.look()
    assert shown.endswith("1 Publish the change · 2 Leave as sent · 3 Skip · 4 Hold source")
    assert await number(desk, "3") == [f"Queue: 1 · oldest 0 min\n{EN('queue-end')}"]
    await desk.look()
    assert (await number(desk, "1"))[0] == EN("item-is-corrected")
    sent = await desk.item(item.id)
    assert (sent.title, sent.state) == ("Power is back", ItemState.SENT)


async def test_one_number_holds_the_source(desk: Desk) -> None:
    item = await desk.report("Power is out")
    await desk.look()
    said, card = await number(desk, "5")
    assert said == EN("item-source-is-held")
    assert "queue is empty" in card
    assert not (await desk.medium()).relays
    assert (await desk.item(item.id)).state is ItemState.QUEUED


@pytest.mark.parametrize("wrong", ["0", "6", "99"])
async def test_a_number_that_no_button_has_does_nothing_and_says_which_there_are(
    desk: Desk, wrong: str
) -> None:
    item = await desk.report("Power is out")
    await desk.look()
    assert await number(desk, wrong) == [EN("queue-no-number", n=5)]
    assert (await desk.item(item.id)).state is ItemState.QUEUED
    assert (await number(desk, "1"))[0] == EN("item-is-sent"), "the card is still open"


async def test_a_number_sent_twice_does_not_decide_about_a_card_that_nobody_read(
    desk: Desk,
) -> None:
    await desk.report("Power is out")
    second = await desk.report("A new bridge")
    await desk.look()
    await number(desk, "1")
    await desk.anna.say("1")
    assert desk.anna.text == EN("queue-too-soon")
    assert (await desk.item(second.id)).state is ItemState.QUEUED
    assert (await number(desk, "1"))[0] == EN("item-is-sent")


async def test_a_number_that_waited_for_the_bot_means_the_card_that_was_there_then(
    desk: Desk,
) -> None:
    item = await desk.report("Power is out")
    written = int(desk.press.clock().timestamp())
    desk.press.clock.move(timedelta(minutes=1))
    await desk.look()
    desk.press.clock.move(PAUSE)
    await desk.anna.say("1", date=written)
    assert desk.anna.text == EN("queue-too-soon")
    assert (await desk.item(item.id)).state is ItemState.QUEUED


async def test_a_card_that_was_open_for_long_is_shown_again_instead(desk: Desk) -> None:
    item = await desk.report("Power is out")
    await desk.look()
    desk.press.clock.move(timedelta(minutes=10))
    said, card = await number(desk, "1")
    assert said == EN("queue-too-late")
    assert "Power is out" in card
    assert (await desk.item(item.id)).state is ItemState.QUEUED
    assert (await number(desk, "1"))[0] == EN("item-is-sent")


async def test_a_text_that_changed_since_the_card_was_shown_is_not_published(desk: Desk) -> None:
    item = await desk.report("Power is out")
    await desk.look()
    await desk.edit(item, "Power will be out for a week")
    said, card = await number(desk, "1")
    assert said == EN("error-stale")
    assert "for a week" in card
    assert (await desk.item(item.id)).state is ItemState.QUEUED


async def test_somebody_else_was_faster(desk: Desk) -> None:
    await desk.medium(state=PROBATION)
    item = await desk.report("Power is out")
    await desk.look()
    await desk.press.items.reject(desk.press.editors[0], item.id, item.edition)
    assert await number(desk, "1") == [EN("item-decided"), EN("queue-empty")]


async def test_numbers_mean_nothing_outside_the_queue_or_to_others(desk: Desk) -> None:
    item = await desk.report("Power is out")
    assert await number(desk, "1") == ["lost"]
    await desk.look()
    for other in ("1 Freedom Square", "Publish", "123", "1-2"):
        assert await number(desk, other) == ["lost"]
    assert await number(desk, "1", desk.dialogue.person(READER)) == ["lost"]
    assert (await desk.item(item.id)).state is ItemState.QUEUED


async def test_a_command_closes_the_card_for_numbers(desk: Desk) -> None:
    item = await desk.report("Power is out")
    await desk.look()
    await desk.anna.say("/news")
    assert await number(desk, "1") == ["lost"]
    assert (await desk.item(item.id)).state is ItemState.QUEUED


async def test_whoever_was_suspended_decides_nothing_by_number(desk: Desk) -> None:
    item = await desk.report("Power is out")
    await desk.look()
    async with desk.press.db.tx() as tx:
        await staff.set_state(tx, desk.press.editors[0].id, StaffState.SUSPENDED)
    assert await number(desk, "1") == ["lost"]
    assert (await desk.item(item.id)).state is ItemState.QUEUED


async def test_a_half_filled_form_stays_and_the_card_offers_no_numbers(desk: Desk) -> None:
    item = await desk.published("Power is out")
    publication = await desk.sent(item)
    assert publication is not None
    await desk.report("A new bridge")
    await desk.anna.press_data(Propose(publication.id, Deed.CORRECT).pack())
    assert desk.anna.text == EN("revision-say-note", limit=NOTE_LIMIT)
    shown = await desk.look()
    assert "1 Publish" not in shown
    before = desk.anna.text
    await desk.anna.say("Seven, not ten.")
    assert desk.anna.text != before
    assert "Seven, not ten." in desk.anna.text


async def test_the_numbers_of_a_card_are_its_own_buttons_in_their_order(desk: Desk) -> None:
    item = await desk.report("Power is out")
    await desk.anna.press_data(OpenQueue().pack())
    assert desk.anna.screen is not None
    found = acts(desk.anna.screen)
    assert (found[0], found[1]) == (Publish(item.id, 1), RejectItem(item.id, 1))
    assert found[-2:] == (SkipItem(item.id), HoldItsSource(item.id))
