"""The desk of news: held cards, a second source, stories told by several, edits of media."""

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.items import Flag, ItemState
from bot.domain.publications import Revision
from bot.domain.sources import Hold, SourceState
from bot.domain.staff import StaffState
from bot.i18n import LANGUAGES, translator
from bot.services.acting import void
from bot.services.queue import Nudges
from bot.views.items import Why
from bot.views.queue import JoinItem, ParkItem, Publish
from storage import staff
from storage.db import Database
from tests.clock import Clock
from tests.item_desk import PROBATION, Desk, buttons, open_desk

READER = 55
EN = translator("en")


@pytest.fixture
async def desk(db: Database, clock: Clock) -> Desk:
    return await open_desk(db, clock)


async def test_what_has_to_be_held_says_why_and_shows_where(desk: Desk) -> None:
    flags = {Flag.PHONE}
    await desk.report("Call now", summary="Ring +375 29 123-45-67 today.", flags=flags)
    shown = await desk.look()
    assert "Item 1/1 · held: contains a phone number" in shown
    assert "⟦+375 29 123-45-67⟧" in shown.replace("\u2060", "")
    assert "Two people must agree" in shown


async def test_what_a_medium_calls_its_own_accounts_is_not_marked(desk: Desk) -> None:
    summary = "Write to @minsk_courier, not to @ivan77."
    await desk.report("Tell us", summary=summary, flags={Flag.HANDLE})
    shown = (await desk.look()).replace("\u2060", "")
    assert "Write to @minsk_courier, not to ⟦@ivan77⟧." in shown


@pytest.mark.parametrize("more", [{"flags": {Flag.PLATE}}, {"impact": True}])
async def test_what_may_harm_or_move_many_needs_two_whatever_its_source(
    desk: Desk, more: dict[str, Any]
) -> None:
    item = await desk.report("Twelve arrests", **more)
    await desk.look()
    await desk.anna.press("Publish")
    assert "One more person" in desk.anna.toasts[-1]
    assert await desk.sent(item) is None
    await desk.look(desk.boris)
    await desk.boris.press("Publish")
    assert (await desk.item(item.id)).state is ItemState.SENT


async def test_of_high_impact_and_one_source_every_text_says_unconfirmed_and_none_sounds(
    desk: Desk,
) -> None:
    item = await desk.published("Power is out", impact=True)
    said = await desk.said(item)
    for lang in LANGUAGES:
        t = translator(lang)
        assert t("item-unconfirmed") in said[lang].text
        assert t("item-unconfirmed-short") in said[f"{lang}.lite"].text
    assert all(message.silent for message in said.values())


async def test_what_waits_for_a_second_source_is_back_when_one_reports_it(desk: Desk) -> None:
    item = await desk.report("Power is out")
    await desk.look()
    await desk.anna.press("Needs second source")
    assert "Put aside" in desk.anna.toasts[-1]
    assert "queue is empty" in desk.anna.text
    await desk.report("Something else", "zavod")
    await desk.look()
    assert "Something else" in desk.anna.text
    await desk.report("No power", "kastr", story=item.id)
    shown = await desk.look(desk.boris)
    assert "Power is out" in shown
    assert "another medium reports it too" in shown
    assert "Also reported by: The kastr Courier · example.org" in shown.replace("\u2060", "")
    assert "Needs second source" not in buttons(desk.boris)
    await desk.boris.press_data(ParkItem(item.id, item.edition).pack())
    assert "waited for a second source before" in desk.boris.toasts[-1]


HELD = {"state": SourceState.HELD, "before": SourceState.TRUSTED, "hold": Hold.PERSON}


@pytest.mark.parametrize("other", [HELD, {"domain": "minsk.example.org"}])
async def test_a_held_source_and_another_feed_of_one_medium_are_no_second_source(
    desk: Desk, other: dict[str, Any]
) -> None:
    await desk.medium(domain="minsk.example.org")
    item = await desk.report("Power is out")
    await desk.press.items.park(desk.press.editors[0], item.id, item.edition)
    await desk.medium("zavod", **{"domain": "other.example.com", **other})
    await desk.report("No power", "zavod", story=item.id)
    assert "Power is out" not in await desk.look()
    assert (await desk.item(item.id)).state is ItemState.PARKED


async def test_what_waits_for_a_second_source_in_vain_expires(desk: Desk) -> None:
    item = await desk.report("Power is out")
    await desk.press.items.park(desk.press.editors[0], item.id, item.edition)
    desk.press.clock.move(timedelta(hours=72))
    await desk.press.items.expire_due()
    assert (await desk.item(item.id)).state is ItemState.EXPIRED


async def test_moderators_hear_of_what_is_back(desk: Desk) -> None:
    item = await desk.report("Power is out")
    await desk.press.items.park(desk.press.editors[0], item.id, item.edition)
    nudges = Nudges(desk.press.db, desk.press.atlas, desk.press.clock)
    assert await nudges.run() == 0
    await desk.report("Something else", "zavod")
    assert await nudges.run() == 2
    await desk.dialogue.drain()
    desk.press.clock.move(timedelta(hours=2))
    assert await nudges.run() == 0
    await desk.report("No power", "kastr", story=item.id)
    assert await nudges.run() == 2


async def test_a_story_of_two_media_is_one_card_and_one_message(desk: Desk) -> None:
    first = await desk.report("Power is out")
    second = await desk.report("No power", "zavod", story=first.id)
    shown = await desk.look()
    assert shown.startswith("Queue: 1 ")
    assert "The zavod Courier" in shown
    await desk.anna.press("Publish")
    assert (await desk.item(second.id)).state is ItemState.JOINED
    assert await desk.sent(second) is None
    said = await desk.said(first)
    for lang in LANGUAGES:
        t = translator(lang)
        assert t("item-also") in said[lang].text
        assert [s.url for s in said[lang].spans if s.url] == [first.link, second.link]


async def test_of_two_feeds_of_one_domain_none_confirms_the_other(desk: Desk) -> None:
    first = await desk.published("Power is out", impact=True)
    source = await desk.medium("zavod", domain=(await desk.press.source("minsk")).domain)
    assert source.domain == (await desk.press.source("minsk")).domain
    second = await desk.report("No power", "zavod", story=first.id, impact=True)
    for by in desk.press.editors:
        await desk.press.items.join(by, second.id, second.edition)
    assert (await desk.item(first.id)).unconfirmed


async def test_a_later_report_is_added_to_what_was_sent_by_as_many_as_it_needs(
    desk: Desk,
) -> None:
    first = await desk.published("Power is out", impact=True)
    await desk.medium("zavod", state=PROBATION, domain="other.example.com")
    second = await desk.report("No power", "zavod", story=first.id)
    shown = await desk.look()
    assert f"public already: {first.code}" in shown
    assert "Publish" not in buttons(desk.anna)
    await desk.anna.press("Add to the story")
    assert "One more person" in desk.anna.toasts[-1]
    assert await desk.kinds(first) == []
    await desk.look(desk.boris)
    await desk.boris.press("Add to the story")
    assert "Nobody gets a second message" in desk.boris.toasts[-1]
    assert await desk.kinds(first) == [Revision.AMEND]
    assert EN("item-unconfirmed") not in (await desk.said(first))["en"].text
    assert "The zavod Courier" in (await desk.said(first))["nl"].text
    assert (await desk.item(second.id)).code == first.code


async def test_a_report_on_probation_is_not_carried_by_one_person(desk: Desk) -> None:
    first = await desk.report("Power is out")
    await desk.medium("zavod", state=PROBATION)
    second = await desk.report("No power", "zavod", story=first.id)
    await desk.press.items.publish(desk.press.editors[0], first.id, 1)
    assert (await desk.item(second.id)).state is ItemState.QUEUED
    assert "zavod" not in (await desk.said(first))["en"].text


async def test_what_is_published_meanwhile_is_not_published_twice(desk: Desk) -> None:
    first = await desk.report("Power is out")
    await desk.medium("zavod", state=PROBATION)
    second = await desk.report("No power", "zavod", story=first.id)
    await desk.press.items.publish(desk.press.editors[0], first.id, 1)
    await desk.anna.press_data(Publish(second.id, second.edition).pack())
    assert "Somebody else changed this" in desk.anna.toasts[-1]
    assert "public already" in desk.anna.text


async def test_another_story_is_told_apart_and_decided_alone(desk: Desk) -> None:
    first = await desk.report("Power is out")
    second = await desk.report("Power station opens", "zavod", story=first.id)
    await desk.look()
    await desk.anna.press("Not the same story")
    assert desk.anna.text.startswith("Queue: 2 ")
    await desk.press.items.publish(desk.press.editors[0], first.id, 2)
    assert (await desk.item(second.id)).state is ItemState.QUEUED
    assert (await desk.item(first.id)).others == 0


async def test_nothing_is_added_to_what_was_hidden(desk: Desk) -> None:
    first = await desk.published("Power is out")
    second = await desk.report("No power", "zavod", story=first.id)
    await desk.hide(first)
    await desk.look()
    assert "Publish" in buttons(desk.anna)
    await desk.anna.press_data(JoinItem(second.id, 1).pack())
    assert "Somebody else changed this" in desk.anna.toasts[-1]


async def test_a_medium_that_is_revoked_is_named_by_nobody(desk: Desk) -> None:
    first = await desk.report("Power is out")
    await desk.report("No power", "zavod", story=first.id)
    await desk.press.items.publish(desk.press.editors[0], first.id, 1)
    await desk.medium("zavod", state=SourceState.REVOKED)
    await desk.press.items.expire_due()
    assert "zavod" not in (await desk.said(first))["en"].text
    assert (await desk.item(first.id)).others == 0
    assert await desk.kinds(first) == [Revision.AMEND]


async def test_the_source_of_a_card_is_held_by_one_tap_and_the_next_card_follows(
    desk: Desk,
) -> None:
    await desk.report("First")
    await desk.report("Second", "brussels")
    await desk.look()
    taps = desk.anna.taps
    await desk.anna.press("Hold source")
    assert desk.anna.taps == taps + 1
    assert "Second" in desk.anna.text
    assert (await desk.press.source("minsk")).state is SourceState.HELD


async def test_an_item_goes_where_its_routes_send_it(desk: Desk) -> None:
    item = await desk.published("Zavod has no water", districts=desk.press.of("zavod"))
    publication = await desk.sent(item)
    assert publication is not None
    assert publication.audience.districts == desk.press.of("zavod")
    assert await desk.press.items.latest(desk.press.of("kastr")) == []
    assert len(await desk.press.items.latest(desk.press.of("zavod"))) == 1


async def test_a_picture_stands_above_a_text_that_fits_below_it(desk: Desk) -> None:
    picture = "https://minsk.example.org/1.jpg"
    await desk.medium(pictures=True)
    short = await desk.published("Water is back", picture=picture)
    said = await desk.said(short)
    assert {said[lang].picture for lang in LANGUAGES} == {picture}
    assert {said[f"{lang}.lite"].picture for lang in LANGUAGES} == {None}
    long = await desk.published("Water", summary="Long words. " * 90, picture=picture)
    assert (await desk.said(long))["en"].picture is None
    await desk.medium(pictures=False)
    other = await desk.published("Power is back", picture=picture)
    assert (await desk.said(other))["en"].picture is None


async def test_staff_open_what_was_sent_from_its_card_and_readers_do_not(desk: Desk) -> None:
    item = await desk.published("Water is back", topics={"health", "wells"})
    await desk.anna.press_data(Why(item.id).pack())
    await desk.anna.press("Hide, correct, take back")
    assert "Hide" in buttons(desk.anna)
    reader = desk.dialogue.person(READER)
    await reader.press_data(Why(item.id).pack())
    assert reader.buttons == []
    assert "wells" in reader.text
    assert EN("item-no-corrections") in reader.text


async def test_the_claims_and_approvals_of_whoever_loses_their_rights_fall(desk: Desk) -> None:
    item = await desk.published("Two people were hurt", impact=True)
    await desk.edit(item, "Five people were hurt")
    await desk.press.items.amend(desk.press.editors[0], item.id, 2)
    fresh = await desk.report("Water is back")
    await desk.look()
    async with desk.press.db.tx() as tx:
        await staff.set_state(tx, desk.press.editors[0].id, StaffState.SUSPENDED)
        await void(tx, desk.press.editors[0].id, desk.press.clock())
    assert (await desk.item(item.id)).amending == ()
    assert (await desk.item(fresh.id)).claimed_by is None
