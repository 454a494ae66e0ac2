"""Edits of media: spelling in silence, facts visibly and by people, nothing behind their back."""

from datetime import timedelta

import pytest

from bot.domain.items import ItemState
from bot.domain.publications import Revision
from bot.i18n import LANGUAGES, translator
from bot.services import digests, revising
from bot.views.items import Why
from bot.views.queue import AmendItem
from storage.db import Database
from tests.clock import Clock
from tests.item_desk import PROBATION, Desk, buttons, open_desk

READER = 55
EN = translator("en")


@pytest.fixture
async def desk(db: Database, clock: Clock) -> Desk:
    return await open_desk(db, clock)


async def test_a_trusted_medium_mends_its_spelling_everywhere_without_a_word(desk: Desk) -> None:
    item = await desk.published("Water retuned to three streets")
    item = await desk.edit(item, "Water returned to three streets")
    assert await desk.follow() == []
    assert (await desk.item(item.id)).state is ItemState.SENT
    assert await desk.kinds(item) == [Revision.AMEND]
    said = await desk.said(item)
    assert "returned" in said["fr"].text
    assert "returned" in said["be.lite"].text
    assert EN("item-corrected", time="")[:9] not in said["en"].text


async def test_a_medium_on_probation_mends_nothing_without_two(desk: Desk) -> None:
    await desk.medium("minsk", state=PROBATION)
    item = await desk.published("Water retuned to three streets")
    item = await desk.edit(item, "Water returned to three streets")
    assert [one.id for one in await desk.follow()] == [item.id]
    for person in (desk.anna, desk.boris):
        assert await desk.kinds(item) == []
        assert "mended the spelling" in await desk.look(person)
        await person.press("Publish the change")
    assert await desk.kinds(item) == [Revision.AMEND]


async def test_many_small_steps_are_looked_at_by_somebody(desk: Desk) -> None:
    item = await desk.published("Water returned to three streets today")
    for wrong in ("retuned", "retured", "returnd", "reurned"):
        item = await desk.edit(item, f"Water {wrong} to three streets today")
        waiting = await desk.follow()
    assert [one.id for one in waiting] == [item.id]


async def test_changed_facts_are_corrected_visibly_once_people_agree(desk: Desk) -> None:
    item = await desk.published("Two people were hurt", summary="At noon.")
    await desk.edit(item, "Five people were hurt", "At noon.")
    assert [one.id for one in await desk.follow()] == [item.id]
    shown = await desk.look()
    for part in ("changed facts", "Two people were hurt", "Five people were hurt"):
        assert part in shown
    assert "Hide" in buttons(desk.anna)
    await desk.anna.press("Publish the change")
    assert "Changed wherever it was sent" in desk.anna.toasts[-1]
    assert await desk.kinds(item) == [Revision.CORRECT]
    said = await desk.said(item)
    for lang in LANGUAGES:
        corrected = translator(lang)("item-corrected", time="")
        assert said[lang].text.startswith(corrected)
        assert corrected in said[f"{lang}.lite"].text
        assert "Five people" in said[lang].text
        assert "Two people were" not in said[lang].text
    reader = desk.dialogue.person(READER)
    await reader.press_data(Why(item.id).pack())
    assert "Corrected 1 time" in reader.text


async def test_a_change_is_approved_as_it_was_shown(desk: Desk) -> None:
    item = await desk.published("Two people were hurt")
    shown = await desk.edit(item, "Five people were hurt")
    await desk.edit(item, "Nobody was hurt")
    await desk.anna.press_data(AmendItem(item.id, shown.edition).pack())
    assert "Somebody else changed this" in desk.anna.toasts[-1]
    assert await desk.kinds(item) == []
    assert "Nobody was hurt" in desk.anna.text


async def test_what_was_sent_may_be_left_as_it_is(desk: Desk) -> None:
    item = await desk.published("Two people were hurt")
    await desk.edit(item, "Five people were hurt")
    await desk.look()
    await desk.anna.press("Leave as sent")
    assert "queue is empty" in desk.anna.text
    reader = desk.dialogue.person(READER)
    await reader.press_data(Why(item.id).pack())
    assert EN("item-changed") in reader.text
    await desk.edit(item, "Six people were hurt")
    assert "Six people" in await desk.look()


async def test_a_change_that_is_taken_back_asks_nobody(desk: Desk) -> None:
    item = await desk.published("Two people were hurt")
    await desk.edit(item, "Five people were hurt")
    await desk.edit(item, "Two people were hurt")
    assert "queue is empty" in await desk.look()


async def test_what_is_hidden_is_neither_shown_nor_changed(desk: Desk) -> None:
    item = await desk.published("Two people were hurt")
    item = await desk.edit(item, "Five people were hurt")
    await desk.hide(item)
    assert "queue is empty" in await desk.look()
    await desk.anna.press_data(AmendItem(item.id, item.edition).pack())
    assert desk.anna.toasts[-1] == EN("revision-error-masked")
    assert (await desk.item(item.id)).state is ItemState.CHANGED
    reader = desk.dialogue.person(READER)
    await reader.press_data(Why(item.id).pack())
    assert reader.toasts[-1] == EN("item-is-masked")


async def test_words_of_staff_are_replaced_by_people_only(desk: Desk) -> None:
    item = await desk.published("Water retuned to three streets")
    publication = await desk.sent(item)
    assert publication is not None
    async with desk.press.db.tx() as tx:
        await revising.correct(tx, publication.id, desk.press.clock(), note="Four streets.")
    await desk.edit(item, "Water returned to three streets")
    assert [one.id for one in await desk.follow()] == [item.id]
    assert "replaces that too" in await desk.look()
    second = await desk.report("Water is back", "zavod", story=item.id)
    await desk.press.items.join(desk.press.editors[0], second.id, second.edition)
    assert "Four streets." in (await desk.said(item))["en"].text
    assert (await desk.item(item.id)).others == 1


async def test_below_a_picture_that_was_sent_a_correction_fits(desk: Desk) -> None:
    await desk.medium(pictures=True)
    item = await desk.published("Two were hurt", picture="https://minsk.example.org/1.jpg")
    edited = await desk.edit(item, "Five were hurt", "Long words. " * 90)
    await desk.press.items.amend(desk.press.editors[0], item.id, edited.edition)
    message = (await desk.said(item))["en"]
    assert message.picture is not None
    assert len(message.text) <= 1024
    assert item.code in message.text


@pytest.mark.parametrize("after", ["Water returned to 9 streets", "Water returned to two streets"])
async def test_digests_say_what_holds_now(desk: Desk, after: str) -> None:
    item = await desk.published("Water retuned to two streets")
    tomorrow = desk.press.clock() + timedelta(days=1)
    desk.press.clock.move(to=tomorrow.replace(hour=15, minute=1))  # 18:01 in Minsk
    assert await desk.press.digests.run_due() > 0
    item = await desk.edit(item, after)
    for waiting in await desk.follow():
        await desk.press.items.amend(desk.press.editors[0], waiting.id, waiting.edition)
    async with desk.press.db.tx(write=False) as tx:
        telling = await digests.holding(tx, item.id, desk.press.clock())
        said = [await revising.messages(tx, id) for id in telling]
    assert said
    assert all(after in texts["en"].text for texts in said)
