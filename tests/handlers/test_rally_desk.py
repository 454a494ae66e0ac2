"""Staff and a rally: drafted, approved by two, paused by one, changed, cancelled."""

from datetime import timedelta

import pytest

from bot.domain.rallies import Stage
from bot.domain.staff import StaffState
from bot.i18n import translator
from storage import staff
from storage.db import Database
from tests import walking as publications
from tests.clock import Clock
from tests.rally_house import (
    ANNA,
    BORIS,
    CLARA,
    OLGA,
    READER,
    ROOT,
    draft,
    open_rally_house,
    suspend,
)


@pytest.mark.parametrize("lang", ["en", "be"])
async def test_a_rally_is_announced_with_approval_in_at_most_twelve_taps(
    db: Database, clock: Clock, lang: str
) -> None:
    house, t = await open_rally_house(db, clock, lang), translator(lang)
    anna, boris = house[ANNA], house[BORIS]
    await anna.say("/staff")
    await anna.press(t("rally-button-new"))
    await anna.press(t("rally-type-march"))
    await anna.press("Kastry")
    await anna.press(t("rally-button-done"))
    saturday = t.short_day((clock() + timedelta(days=7)).date())
    await anna.press(saturday)
    await anna.press("14:00")
    await anna.say("Freedom Square")
    assert "UTC+3" in anna.text
    assert t("rally-pledge") in anna.text
    assert anna.screen is not None
    assert anna.screen.protect
    await anna.press(t("rally-button-send"))
    house.pass_on(anna)
    asked = boris.screen
    assert asked is not None
    assert asked.protect
    await boris.press(t("rally-approve-announce"))
    house.pass_on(boris)
    assert anna.taps + boris.taps <= 12
    rally = await house.rally()
    assert (rally.stage, rally.agreed) == (Stage.REVEALED, 2)
    texts = (await house.published())[0]
    assert set(texts) == {"en", "be", "ru", "fr", "nl"}
    assert texts[lang].text in asked.text
    assert rally.code in texts[lang].text
    assert t("one-branch") not in texts[lang].text
    minsk = {"be": "\u041c\u0456\u043d\u0441\u043a"}.get(lang, "Minsk")
    assert t.moment(rally.facts.starts_at, "Europe/Minsk", place=minsk) in texts[lang].text
    assert t("rally-told-announce", name="").split(":")[0] in anna.text
    assert await house.state_of(rally.code) == "current"


async def test_an_organisers_rally_takes_two_others(db: Database, clock: Clock) -> None:
    house = await open_rally_house(db, clock)
    olga, boris, clara = house[OLGA], house[BORIS], house[CLARA]
    await draft(olga)
    await olga.press("Send for approval")
    house.pass_on(olga)
    await boris.press("Approve and announce")
    assert "One more person" in boris.text
    assert await house.published() == []
    await clara.press("Approve and announce")
    assert (await house.rally()).stage is Stage.REVEALED


async def test_a_second_press_and_a_late_colleague_change_nothing(
    db: Database, clock: Clock
) -> None:
    house = await open_rally_house(db, clock)
    anna, boris, clara = house[ANNA], house[BORIS], house[CLARA]
    await draft(anna)
    await anna.press("Send for approval")
    house.pass_on(anna)
    approve = next(b.data for b in boris.buttons if "Approve" in b.label)
    assert approve is not None
    await boris.press_data(approve)
    await boris.press_data(approve)
    await clara.press_data(approve)
    assert len(await house.published()) == 1
    assert "already decided" in boris.toasts[-1]
    assert "already decided" in clara.toasts[-1]


async def test_nobody_approves_their_own_and_organisers_approve_nothing(
    db: Database, clock: Clock
) -> None:
    house = await open_rally_house(db, clock)
    anna, boris, olga = house[ANNA], house[BORIS], house[OLGA]
    await draft(anna)
    await anna.press("Send for approval")
    house.pass_on(anna)
    approve = next(b.data for b in boris.buttons if "Approve" in b.label)
    assert approve is not None
    for person, words in (
        (anna, "own text"),
        (olga, "for editors"),
        (house[READER], "out of date"),
    ):
        await person.press_data(approve)
        assert words in person.toasts[-1]
    assert await house.published() == []


async def test_a_wanted_change_comes_back_and_the_old_approval_button_is_void(
    db: Database, clock: Clock
) -> None:
    house = await open_rally_house(db, clock)
    olga, boris, clara = house[OLGA], house[BORIS], house[CLARA]
    await draft(olga, place="Freedom Square")
    await olga.press("Send for approval")
    house.pass_on(olga)
    old = next(b.data for b in clara.buttons if "Approve" in b.label)
    assert old is not None
    await boris.press("Ask for a change")
    await boris.message(photo=[{"file_id": "a", "file_unique_id": "a", "width": 1, "height": 1}])
    await boris.say("Another square, please")
    house.pass_on(boris)
    assert "Another square, please" in olga.text
    await olga.press("Edit")
    await olga.press("Edit")
    await olga.press("Change the place")
    await olga.say("Station Square")
    assert "Station Square" in olga.text
    await olga.press("Send for approval")
    house.pass_on(olga)
    await clara.press_data(old)
    assert "needs approval again" in clara.toasts[-1]
    await boris.press("Approve and announce")
    await clara.press("Approve and announce")
    assert "Station Square" in (await house.published())[0]["en"].text


async def test_a_rejected_rally_is_told_to_its_author_and_stays_unpublished(
    db: Database, clock: Clock
) -> None:
    house = await open_rally_house(db, clock)
    anna, boris = house[ANNA], house[BORIS]
    await draft(anna)
    await anna.press("Send for approval")
    house.pass_on(anna)
    await boris.press("Reject")
    await boris.say("Not this week")
    house.pass_on(boris)
    assert "Rejected" in anna.text
    assert "Not this week" in anna.text
    assert (await house.rally()).stage is Stage.REJECTED
    assert await house.published() == []


async def test_suspending_takes_one_person_two_taps_and_tells_everybody_at_once(
    db: Database, clock: Clock
) -> None:
    house = await open_rally_house(db, clock)
    await house.subscribe(READER, "kastr")
    rally = await house.announce()
    clara = house[CLARA]
    await clara.say("/staff")
    await clara.press("Rallies")
    await clara.press("14:00")
    taps = clara.taps
    await clara.press("Suspend now")
    await clara.press("weather")
    assert clara.taps - taps == 2
    stopped = await house.rally()
    assert (stopped.stage, stopped.sequence) == (Stage.SUSPENDED, 2)
    assert stopped.code != rally.code
    text = (await house.published())[-1]["en"]
    assert text.text.startswith("SUSPENDED: being checked, do not travel.")
    assert "Next word by 14:45 (Minsk)" in text.text
    assert not text.silent
    assert await house.state_of(rally.code) == "superseded"
    assert await house.state_of(stopped.code) == "suspended"
    assert await publications.walk(db, house.atlas, clock) == 1


async def test_the_author_and_whoever_may_resume_hear_that_a_colleague_suspended(
    db: Database, clock: Clock
) -> None:
    house = await open_rally_house(db, clock)
    await house.announce()
    clara = house[CLARA]
    await suspend(clara)
    told = {to.reveal() for to, _ in clara.others}
    assert told == {ANNA, BORIS}
    house.pass_on(clara)
    anna = house[ANNA]
    assert anna.text.startswith("A colleague suspended: Peaceful march, Sat 28 Nov, 14:00.")
    assert "Next word by 14:45 (Minsk)." in anna.text
    assert anna.screen is not None
    assert not anna.screen.silent
    await anna.press("Open this rally")
    assert "Ask to resume" in [b.label for b in anna.buttons]


async def test_resuming_takes_a_second_person(db: Database, clock: Clock) -> None:
    house = await open_rally_house(db, clock)
    await house.announce()
    anna, boris = house[ANNA], house[BORIS]
    await suspend(anna)
    await anna.press("Ask to resume")
    assert (await house.rally()).stage is Stage.SUSPENDED
    house.pass_on(anna)
    await boris.press("Approve and resume")
    rally = await house.rally()
    assert (rally.stage, rally.sequence) == (Stage.REVEALED, 3)
    assert (await house.published())[-1]["en"].text.startswith("RESUMED: as announced.")
    assert await house.state_of(rally.code) == "current"


async def test_cancelling_takes_a_second_person_and_is_final(db: Database, clock: Clock) -> None:
    house = await open_rally_house(db, clock)
    await house.announce()
    anna, boris = house[ANNA], house[BORIS]
    await anna.say("/staff")
    await anna.press("Rallies")
    await anna.press("14:00")
    await anna.press("Ask to cancel")
    await anna.press("weather")
    assert (await house.rally()).stage is Stage.REVEALED
    house.pass_on(anna)
    await boris.press("Approve and cancel")
    rally = await house.rally()
    assert rally.stage is Stage.CANCELLED
    text = (await house.published())[-1]["en"].text
    assert text.startswith("CANCELLED. Do not go.\nReason: weather")
    assert await house.state_of(rally.code) == "cancelled"
    reader = house[READER]
    await reader.say("/next")
    await reader.press("Minsk")
    assert "No rally is confirmed" in reader.text


async def test_a_move_goes_through_the_form_and_a_second_person(db: Database, clock: Clock) -> None:
    house = await open_rally_house(db, clock)
    rally = await house.announce(place="Freedom Square")
    anna, boris = house[ANNA], house[BORIS]
    await anna.say("/staff")
    await anna.press("Rallies")
    await anna.press("14:00")
    await anna.press("Change time or place")
    await anna.press("Change the place")
    await anna.say("Station Square")
    assert "MOVED" in anna.text
    await anna.press("Send for approval")
    assert (await house.rally()).facts.place == "Freedom Square"
    house.pass_on(anna)
    await boris.press("Approve the change")
    moved = await house.rally()
    assert (moved.stage, moved.facts.place) == (Stage.MOVED, "Station Square")
    assert await house.state_of(rally.code) == "superseded"
    assert (await house.published())[-1]["en"].text.startswith("MOVED. New place:")


async def test_a_place_may_stay_hidden_until_shortly_before(db: Database, clock: Clock) -> None:
    house = await open_rally_house(db, clock)
    anna, boris = house[ANNA], house[BORIS]
    await draft(anna, place="Freedom Square")
    await anna.press("Show the place 3 h before")
    await anna.press("Send for approval")
    house.pass_on(anna)
    assert "Freedom Square" not in boris.text
    await boris.press("Approve and announce")
    rally = await house.rally()
    assert rally.stage is Stage.ANNOUNCED
    reader = house[READER]
    await reader.say(f"/start e_{rally.code}")
    assert "Freedom Square" not in reader.text
    await reader.press("Where")
    assert "Freedom Square" not in reader.text
    clock.move(to=rally.facts.starts_at - timedelta(hours=3))
    await house.reminders.run_due()
    assert (await house.rally()).stage is Stage.REVEALED
    text = (await house.published())[-1]["en"].text
    assert "Freedom Square" in text
    assert text.startswith("THE PLACE IS KNOWN")


async def test_a_suspended_account_finds_every_button_out_of_date(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_rally_house(sqlite, clock)
    anna = house[ANNA]
    await draft(anna)
    async with sqlite.tx() as tx:
        await staff.set_state(tx, house.ids[ANNA], StaffState.SUSPENDED)
    await anna.press("Send for approval")
    assert "out of date" in anna.toasts[-1]
    await anna.say("/staff")
    assert anna.buttons == []


async def test_custodians_and_readers_see_no_rally_buttons(sqlite: Database, clock: Clock) -> None:
    house = await open_rally_house(sqlite, clock)
    for person in (house[ROOT], house[READER]):
        await person.say("/staff")
        assert person.buttons == []


async def test_whoever_approves_is_told_how_long_the_sending_takes(
    db: Database, clock: Clock
) -> None:
    house = await open_rally_house(db, clock)
    await house.subscribe(READER, "kastr")
    await draft(house[ANNA])
    await house[ANNA].press("Send for approval")
    house.pass_on(house[ANNA])
    wanted = "Takes about 4 sec by direct message (people: fewer than 100)"
    assert wanted in house[BORIS].text
    await house[BORIS].say("/staff")
    await house[BORIS].press("Rallies")
    await house[BORIS].press("14:00")
    assert wanted in house[BORIS].text
