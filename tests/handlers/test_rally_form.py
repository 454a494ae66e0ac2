"""The form of a rally: one question per message, every odd answer met, nothing lost."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from bot.domain.privacy import TelegramId
from bot.i18n import LANGUAGES, translator
from bot.views.message import Say
from storage import districts, forms
from storage.db import Database
from tests.clock import Clock
from tests.dialogue import Person
from tests.rally_house import ANNA, BORIS, READER, RallyHouse, draft, open_rally_house


async def at_day(house: RallyHouse) -> Person:
    """Anna, asked for the day."""
    anna = house[ANNA]
    await anna.say("/staff")
    await anna.press("New rally")
    await anna.press("march")
    await anna.press("Kastry")
    await anna.press("Done")
    assert "Which day? 3/5" in anna.text
    return anna


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_form_runs_in_every_language(sqlite: Database, clock: Clock, lang: str) -> None:
    house, t = await open_rally_house(sqlite, clock, lang), translator(lang)
    anna = house[ANNA]
    await draft(anna, place="Place 1")
    assert t("rally-preview") in anna.text
    assert "Place 1" in anna.text
    assert t.echo(datetime(2026, 11, 28, 11, tzinfo=UTC), "Europe/Minsk", place="x").split("(")[
        0
    ] in (anna.text)
    for screen in anna.screens:
        assert len(screen.text) <= 1200
        assert "rally-" not in screen.text
        keys = [button for row in screen.buttons for button in row]
        assert len(keys) <= 8
        assert all(0 < len(key.label) <= 30 and "rally-" not in key.label for key in keys)
        assert all(len(row) <= 2 for row in screen.buttons)


async def test_each_question_is_numbered_and_can_be_left_or_gone_back_from(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_rally_house(sqlite, clock)
    anna = await at_day(house)
    await anna.press("Back")
    assert "2/5" in anna.text
    assert "Chosen: Kastryčnicki" in anna.text
    await anna.press("Back")
    assert "1/5" in anna.text
    assert [b.label for b in anna.buttons][-1] == "Cancel"
    await anna.press("Cancel")
    assert "Nothing was sent" in anna.text
    await anna.say("hello")
    assert anna.text == "lost"


async def test_any_command_leaves_the_form(sqlite: Database, clock: Clock) -> None:
    house = await open_rally_house(sqlite, clock)
    anna = await at_day(house)
    saturday = next(b.data for b in anna.buttons if b.label == "Sat 28 Nov")
    assert saturday is not None
    await anna.say("/next")
    await anna.press_data(saturday)
    assert "out of date" in anna.toasts[-1]


async def test_a_day_typed_with_its_hour_answers_both_and_is_echoed(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_rally_house(sqlite, clock)
    anna = await at_day(house)
    await anna.press("Other")
    assert "for example" in anna.text
    await anna.say("Sat 28.11 18h30")
    assert anna.text.startswith("Saturday 28 November 2026, 18:30 (Minsk, UTC+3)")
    assert "5/5" in anna.text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("\u0443 \u0441\u0443\u0431\u043e\u0442\u0443 \u0430 18", "was not understood"),
        ("Sun 28.11", "do not match"),
        ("20.11", "already passed"),
        ("28.11.2029 18:00", "more than a year"),
    ],
)
async def test_a_day_that_cannot_be_is_asked_again_with_the_reason(
    sqlite: Database, clock: Clock, typed: str, words: str
) -> None:
    house = await open_rally_house(sqlite, clock)
    anna = await at_day(house)
    await anna.say(typed)
    assert words in anna.text
    assert "3/5" in anna.text
    assert "Sat 28 Nov" in [b.label for b in anna.buttons]


async def test_a_moment_that_has_passed_is_refused_with_the_next_likely_one(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_rally_house(sqlite, clock)
    anna = await at_day(house)
    await anna.say("Sat 12:00")
    assert "already passed" in anna.text
    assert "Saturday 28 November 2026, 12:00 (Minsk) instead?" in anna.text
    await anna.press("Yes")
    assert anna.text.startswith("Saturday 28 November 2026, 12:00 (Minsk, UTC+3)")
    assert "5/5" in anna.text


async def test_an_hour_in_the_gap_of_the_clocks_is_moved_later_and_told(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_rally_house(sqlite, clock)
    async with sqlite.tx() as tx:
        await tx.execute(update(districts.table).values(zone="Europe/Brussels"))
    await house.atlas.load()
    anna = await at_day(house)
    await anna.say("28.03.2027 02:30")
    assert "Sunday 28 March 2027, 03:30" in anna.text
    assert "skip the hour" in anna.text
    await anna.press("Back")
    await anna.press("Back")
    await anna.say("25.10.2027 14:00")
    await anna.press("Back")
    await anna.press("Back")
    await anna.say("31.10.2027 02:30")
    assert "UTC+2" in anna.text
    assert "comes twice" in anna.text


async def test_a_photo_or_a_wrong_kind_of_answer_keeps_the_question(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_rally_house(sqlite, clock)
    anna = await at_day(house)
    photo = [{"file_id": "a", "file_unique_id": "a", "width": 1, "height": 1}]
    await anna.message(photo=photo)
    assert "Nothing was lost" in anna.text
    assert "3/5" in anna.text
    await anna.say("28.11 14:00")
    await anna.message(photo=photo)
    assert "cannot be the place" in anna.text
    assert "5/5" in anna.text


@pytest.mark.parametrize("place", ["call +375 29 1234567", "ask @somebody", "t.me/x"])
async def test_contacts_in_the_place_are_refused_politely(
    sqlite: Database, clock: Clock, place: str
) -> None:
    house = await open_rally_house(sqlite, clock)
    anna = house[ANNA]
    await draft(anna, place=place)
    assert "never to a person" in anna.text
    assert "5/5" in anna.text
    await anna.say("Freedom Square")
    assert "PREVIEW" in anna.text


async def test_a_location_is_the_public_place_to_four_decimals(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_rally_house(sqlite, clock)
    anna = await at_day(house)
    await anna.say("28.11 14:00")
    await anna.message(location={"latitude": 53.902345678, "longitude": 27.561234567})
    assert "Place: 53.9023, 27.5612" in anna.text
    await anna.press("Edit")
    await anna.press("Change the place")
    await anna.say("Freedom Square")
    await anna.press("Send for approval")
    house.pass_on(anna)
    await house[BORIS].press("Approve and announce")
    assert (await house.rally()).facts.point == (53.9023, 27.5612)
    reader = house[READER]
    await reader.say("/start e_1")
    await reader.press("Where")
    assert "53.9023, 27.5612" in reader.text
    assert reader.buttons[0].url is not None
    assert "mlat=53.9023&mlon=27.5612" in reader.buttons[0].url


async def test_a_place_outside_the_district_and_a_rally_close_by_are_pointed_out(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_rally_house(sqlite, clock)
    await house.announce(place="Freedom Square", time="15:00")
    anna = await at_day(house)
    await anna.say("28.11 14:00")
    await anna.message(location={"latitude": 10.0, "longitude": 10.0})
    assert "outside the chosen districts" in anna.text
    assert "another rally close by! Saturday 28 November 2026, 15:00 (Minsk): Freedom" in anna.text


async def test_a_district_may_be_typed_and_only_within_ones_scope(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_rally_house(sqlite, clock)
    anna = house[ANNA]
    await anna.say("/staff")
    await anna.press("New rally")
    await anna.press("vigil")
    await anna.say("leninski")
    assert "Chosen: Leninski" in anna.text
    await anna.say("Belarus")
    assert "not among the districts" in anna.text
    await anna.press_data('["rfd",1]')
    assert "for editors" in anna.toasts[-1]
    await anna.press("Leninski")
    assert "Chosen" not in anna.text


async def test_the_whole_city_is_the_first_choice(sqlite: Database, clock: Clock) -> None:
    house = await open_rally_house(sqlite, clock)
    anna = house[ANNA]
    await anna.say("/staff")
    await anna.press("New rally")
    await anna.press("vigil")
    assert [b.label for b in anna.buttons][:3] == ["Minsk", "Kastryčnicki", "Leninski"]


async def test_a_change_that_changes_nothing_is_not_offered_for_approval(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_rally_house(sqlite, clock)
    await house.announce(day="28.11", time="14:00")
    anna = house[ANNA]
    await anna.say("/staff")
    await anna.press("Rallies")
    await anna.press("14:00 · Minsk")
    await anna.press("Change time or place")
    await anna.press("Change the day")
    await anna.say("28.11")
    assert "What should change?" in anna.text
    await anna.press("Back")
    assert "Nothing was sent" in anna.text
    assert [b.label for b in anna.buttons] == ["Staff menu"]


async def test_districts_with_different_clocks_take_two_announcements(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_rally_house(sqlite, clock)
    async with sqlite.tx() as tx:
        lenin = districts.table.c.slug == "lenin"
        await tx.execute(update(districts.table).where(lenin).values(zone="Europe/Warsaw"))
    await house.atlas.load()
    anna = house[ANNA]
    await anna.say("/staff")
    await anna.press("New rally")
    await anna.press("vigil")
    await anna.press("Leninski")
    await anna.press("Kastry")
    assert "different clocks" in anna.toasts[-1]


async def test_a_button_of_an_earlier_question_is_out_of_date(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_rally_house(sqlite, clock)
    anna = await at_day(house)
    await anna.press_data('["rft","march"]')
    assert "out of date" in anna.toasts[-1]
    await anna.press_data('["rfh","14:00:00"]')
    assert "out of date" in anna.toasts[-1]
    await anna.press_data('["rfz"]')
    assert "out of date" in anna.toasts[-1]


async def test_the_form_outlives_a_restart_but_not_a_day(sqlite: Database, clock: Clock) -> None:
    house = await open_rally_house(sqlite, clock)
    anna = await at_day(house)
    clock.move(timedelta(hours=23))
    await anna.press("Sat 28 Nov")
    assert "4/5" in anna.text
    async with sqlite.tx(write=False) as tx:
        assert await forms.get(tx, TelegramId(ANNA), clock()) is not None
    clock.move(timedelta(hours=25))
    await anna.press("14:00")
    assert "out of date" in anna.toasts[-1]


async def test_a_start_that_passed_on_the_preview_is_not_sent(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_rally_house(sqlite, clock)
    anna = house[ANNA]
    await draft(anna, day="21.11", time="23:00")
    clock.move(timedelta(hours=12))
    await anna.press("Send for approval")
    assert "already passed" in anna.toasts[-1]
    assert not [task for _, task in anna.others if isinstance(task, Say)]
    await anna.press("Edit")
    assert "What should change?" in anna.text


async def test_a_discarded_draft_leaves_nothing(sqlite: Database, clock: Clock) -> None:
    house = await open_rally_house(sqlite, clock)
    anna = house[ANNA]
    await draft(anna)
    await anna.press("Discard")
    assert "draft is gone" in anna.text
    await anna.press_data('["rfz"]')
    assert "out of date" in anna.toasts[-1]


async def test_a_reader_cannot_open_the_form_with_a_forged_button(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_rally_house(sqlite, clock)
    reader = house[READER]
    for data in ('["rfn"]', '["rfr",1,true]', '["rdl",0]', '["rds",1]', '["rdd",1,"x","yes"]'):
        await reader.press_data(data)
        assert "out of date" in reader.toasts[-1]
    assert reader.screen is None
