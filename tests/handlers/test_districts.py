"""Finding a district: by walking the list, by typing, by a location that is dropped."""

import struct
from pathlib import Path

import pytest

from bot.domain.privacy import TelegramId
from bot.i18n import translator
from bot.views.districts import Open
from bot.views.message import AskLocation, DropKeyboard
from storage import subscribers
from storage.db import Database
from tests.clock import Clock
from tests.handlers.people import House, open_house

ANN = 6_001_002
PLACE = {"longitude": 27.4321987, "latitude": 53.4321987}


async def subscribed(house: House, slug: str, lang: str = "en") -> None:
    """Let Ann follow one district."""
    ann = house.dialogue.person(ANN, lang)
    await ann.say(f"/start d_{slug}")
    await ann.press(translator(lang)("start-subscribe"))


async def test_the_list_leads_from_country_to_district_and_back(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_house(sqlite, clock)
    ann = house.dialogue.person(ANN)
    await ann.say("/start")
    await ann.press("Show the list")
    assert [b.label for b in ann.buttons] == ["Belarus", "Belgium", "Close"]
    await ann.press("Belarus")
    await ann.press("Minsk")
    assert ann.text.startswith("Belarus › Minsk\n")
    assert [b.label for b in ann.buttons] == [
        "Kastryčnicki",
        "Leninski",
        "Follow Minsk",
        "Back",
        "Close",
    ]
    await ann.press("Back")
    assert ann.text.startswith("Belarus\n")
    await ann.press("Back")
    await ann.press("Close")
    assert len(ann.erased) == 1


async def test_long_lists_come_in_pages_that_show_each_district_once(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_house(sqlite, clock)
    ann = house.dialogue.person(ANN)
    await ann.press_data(Open(house.id("brussels")).pack())
    first = [b.label for b in ann.buttons if b.label.startswith("Quarter")]
    assert "Page 1 of 2" in ann.text
    await ann.press("More")
    second = [b.label for b in ann.buttons if b.label.startswith("Quarter")]
    assert (len(first), len(second)) == (8, 2)
    assert not set(first) & set(second)
    await ann.press("Earlier")
    assert "Page 1 of 2" in ann.text


async def test_a_page_that_no_longer_exists_shows_the_last_one(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_house(sqlite, clock)
    ann = house.dialogue.person(ANN)
    await ann.press_data(Open(house.id("brussels"), page=99).pack())
    assert "Page 2 of 2" in ann.text


async def test_a_whole_city_and_a_whole_country_can_be_followed(db: Database, clock: Clock) -> None:
    house = await open_house(db, clock)
    await subscribed(house, "kastr")
    ann = house.dialogue.person(ANN)
    await ann.press_data(Open(house.id("be")).pack())
    await ann.press("Follow Belgium")
    await ann.press_data(Open(house.id("minsk")).pack())
    assert "Kastryčnicki ✓" in [b.label for b in ann.buttons]
    await ann.press("Follow Minsk")
    await ann.press_data(Open(house.id("minsk")).pack())
    assert "Follow Minsk" not in [b.label for b in ann.buttons]
    async with db.tx(write=False) as tx:
        known = await subscribers.get(tx, TelegramId(ANN))
    assert known is not None
    assert known.follows == {house.id(slug) for slug in ("kastr", "be", "minsk")}


@pytest.mark.parametrize(
    ("lang", "typed"),
    [("en", "kastrycnicki"), ("ru", "\u043e\u043a\u0442\u044f\u0431\u0440\u044c\u0441\u043a")],
)
async def test_a_typed_name_is_understood_roughly(
    sqlite: Database, clock: Clock, lang: str, typed: str
) -> None:
    house, t = await open_house(sqlite, clock), translator(lang)
    ann = house.dialogue.person(ANN, lang)
    await ann.say(typed)
    assert ann.text.splitlines()[1] == t("start-consent-stored")
    await ann.press(t("start-subscribe"))
    await ann.say(typed)
    name = house.atlas.tree.get(house.id("kastr")).name(lang)
    assert name in ann.text
    assert t("start-consent-stored") not in ann.text


async def test_several_names_that_fit_are_offered(sqlite: Database, clock: Clock) -> None:
    house = await open_house(sqlite, clock)
    ann = house.dialogue.person(ANN)
    await ann.say("quarter")
    assert ann.text == "Several names fit. Which one?"
    assert "Quarter AAAAA, Brussels" in [b.label for b in ann.buttons]
    assert len(ann.buttons) <= 9
    await ann.press("Quarter BBBBB")
    assert "Rallies and verified news for Quarter BBBBB, Brussels." in ann.text


@pytest.mark.parametrize("typed", ["what is this", "https://minsk.example", "Minsk " * 20, "a\nb"])
async def test_other_texts_are_left_to_others(sqlite: Database, clock: Clock, typed: str) -> None:
    house = await open_house(sqlite, clock)
    ann = house.dialogue.person(ANN)
    await ann.say(typed)
    assert ann.text.startswith("This was not understood and is not kept.")


async def test_a_forward_that_reads_like_a_district_is_not_taken_for_one(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_house(sqlite, clock)
    ann = house.dialogue.person(ANN)
    origin = {"type": "hidden_user", "date": 1, "sender_user_name": "x"}
    await ann.say("Minsk", forward_origin=origin)
    assert ann.text.startswith("This was not understood")


@pytest.mark.parametrize("lang", ["en", "ru"])
async def test_a_location_finds_the_district_and_is_dropped(
    sqlite: Database, clock: Clock, lang: str
) -> None:
    house, t = await open_house(sqlite, clock), translator(lang)
    ann = house.dialogue.person(ANN, lang)
    await ann.say("/start")
    await ann.press(t("districts-send-location"))
    assert ann.screen is not None
    assert isinstance(ann.screen.keyboard, AskLocation)
    assert ann.text == t("districts-ask-location")
    await ann.message(location=PLACE)
    said, offered = ann.screens[-2:]
    assert said.text == t("districts-dropped")
    assert isinstance(said.keyboard, DropKeyboard)
    assert len(ann.erased) == 1
    assert house.atlas.tree.get(house.id("kastr")).name(lang) in offered.text
    await ann.press(t("start-subscribe"))
    assert t("start-reminders") in ann.text


async def test_a_location_out_of_place_gets_the_same_answer(sqlite: Database, clock: Clock) -> None:
    house = await open_house(sqlite, clock)
    await subscribed(house, "brussels")
    ann = house.dialogue.person(ANN)
    await ann.message(location=PLACE)
    assert ann.text == "Kastryčnicki, Minsk: is this the one?"
    await ann.press("Follow Kastryčnicki")
    assert "Subscribed: Kastryčnicki, Minsk." in ann.text


async def test_a_place_outside_names_the_nearest_district_and_how_far(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_house(sqlite, clock)
    ann = house.dialogue.person(ANN)
    await ann.message(location={"longitude": 4.0, "latitude": 49.9})
    assert "Nearest: Quarter AAAAA, Brussels (11 km)." in ann.text
    await ann.press("Follow Quarter")
    assert "Not stored: name" in ann.text


async def test_coordinates_reach_no_file_and_no_message(
    sqlite: Database, clock: Clock, tmp_path: Path
) -> None:
    house = await open_house(sqlite, clock)
    await subscribed(house, "brussels")
    ann = house.dialogue.person(ANN)
    await ann.message(location=PLACE)
    assert all("4321987" not in repr(screen) for screen in ann.screens)
    files = [path.read_bytes() for path in tmp_path.iterdir()]
    exact = struct.pack("<d", PLACE["longitude"]), struct.pack(">d", PLACE["longitude"])
    assert not any(trace in file for file in files for trace in (b"4321987", *exact))


async def test_the_cancel_key_of_the_keyboard_takes_it_away(sqlite: Database, clock: Clock) -> None:
    house = await open_house(sqlite, clock)
    ann = house.dialogue.person(ANN, "ru")
    await ann.say(translator("be")("cancel"))
    assert ann.text == translator("ru")("help-left")
    assert ann.screen is not None
    assert isinstance(ann.screen.keyboard, DropKeyboard)
