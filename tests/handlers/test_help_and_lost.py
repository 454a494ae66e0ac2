"""Help, leaving forms, and answers to what nobody expected."""

from typing import Any

import pytest

from bot.domain.privacy import TelegramId
from bot.i18n import LANGUAGES, translator
from bot.views.help import COMMANDS, Go
from storage import forms
from storage.db import Database
from storage.forms import Form
from tests.clock import Clock
from tests.handlers.people import House, open_house

ANN = 9_001_002
GROUP = -1_001_234
LABELS = ("help-next", "help-check", "help-help")


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_help_names_every_command_of_the_menu(
    sqlite: Database, clock: Clock, lang: str
) -> None:
    house = await open_house(sqlite, clock)
    ann = house.dialogue.person(ANN, lang)
    await ann.say("/help")
    assert all(f"/{name} — " in ann.text for name in COMMANDS)


async def test_the_shortcuts_open_the_screens_of_other_nouns(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_house(sqlite, clock)
    ann = house.dialogue.person(ANN)
    for label, shown in (("Next rally", "the next rally"), ("Check a message", "what to check")):
        await ann.say("/xyz")
        await ann.press(label)
        assert ann.text == shown
    await ann.say("/xyz")
    await ann.press("Help")
    assert ann.text.startswith("How to use this bot")
    await ann.press_data(Go("elsewhere").pack())
    assert ann.toasts[-1] == translator("en")("error-gone")


async def test_cancel_leaves_the_open_form_and_says_that_nothing_was_sent(
    db: Database, clock: Clock
) -> None:
    house = await open_house(db, clock)
    ann = house.dialogue.person(ANN)
    async with db.tx() as tx:
        await forms.save(tx, TelegramId(ANN), Form("test", b"{}"), clock())
    await ann.say("/cancel")
    assert ann.text == "Left; nothing was sent."
    await ann.say("/cancel")
    assert ann.text == "Nothing was open, so there is nothing to cancel."
    async with db.tx(write=False) as tx:
        assert await forms.get(tx, TelegramId(ANN), clock()) is None


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_an_unknown_command_is_named_and_offered_three_ways_on(
    sqlite: Database, clock: Clock, lang: str
) -> None:
    house, t = await open_house(sqlite, clock), translator(lang)
    ann = house.dialogue.person(ANN, lang)
    await ann.say("/xyz and more")
    assert ann.text == t("lost-unknown-command", command="/xyz")
    assert [b.label for b in ann.buttons] == [t(key) for key in LABELS]


async def test_words_that_mean_nothing_here_lead_to_the_list_of_districts(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_house(sqlite, clock)
    ann = house.dialogue.person(ANN)
    await ann.say("zzzz")
    assert "not understood" in ann.text
    await ann.press("Show the list")
    assert "Choose an area" in ann.text


async def test_an_endless_command_is_cut(sqlite: Database, clock: Clock) -> None:
    house = await open_house(sqlite, clock)
    ann = house.dialogue.person(ANN)
    await ann.say("/" + "x" * 500)
    assert f"/{'x' * 32} is not a command here." in ann.text


@pytest.mark.parametrize("data", ['["old",1]', "v1|b|2", '["dS","x"]', '["dO"', "{}", '["hG"]'])
async def test_an_old_or_foreign_button_is_answered(
    sqlite: Database, clock: Clock, data: str
) -> None:
    house = await open_house(sqlite, clock)
    ann = house.dialogue.person(ANN, "ru")
    await ann.press_data(data)
    assert ann.toasts == [translator("ru")("error-gone")]


async def test_after_an_old_button_a_fresh_menu_comes(sqlite: Database, clock: Clock) -> None:
    house = await open_house(sqlite, clock)
    ann = house.dialogue.person(ANN)
    await ann.press_data("v1|b|2")
    assert ann.text == "Here is what works now:"
    assert len(ann.buttons) == 3


PHOTO = [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}]
FILE = {"file_id": "f", "file_unique_id": "u"}


@pytest.mark.parametrize(
    "fields",
    [
        {"photo": PHOTO},
        {"photo": PHOTO, "caption": "look"},
        {"voice": {**FILE, "duration": 1}},
        {"document": FILE},
        {"dice": {"emoji": "x", "value": 1}},
    ],
)
async def test_a_photo_or_file_out_of_place_gets_a_useful_answer(
    sqlite: Database, clock: Clock, fields: dict[str, Any]
) -> None:
    house = await open_house(sqlite, clock)
    ann = house.dialogue.person(ANN)
    await ann.message(**fields)
    assert ann.text.startswith("Photos, files, voice and stickers are not needed here.")
    assert ann.erased == []


async def test_a_phone_number_is_refused_and_taken_off_the_screen(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_house(sqlite, clock)
    ann = house.dialogue.person(ANN)
    await ann.message(contact={"phone_number": "1", "first_name": "A"})
    assert ann.text.startswith("A phone number is never needed here.")
    assert len(ann.erased) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"write_access_allowed": {"from_request": True}},
        {"delete_chat_photo": True},
    ],
)
async def test_telegrams_own_notices_are_not_answered(
    sqlite: Database, clock: Clock, fields: dict[str, Any]
) -> None:
    house = await open_house(sqlite, clock)
    ann = house.dialogue.person(ANN)
    assert await ann.message(**fields) is None


async def in_group(house: House, text: str) -> list[str]:
    """What the bot says in a group after somebody wrote there."""
    length = len(text.split(maxsplit=1)[0])
    message = {
        "message_id": 1,
        "date": 1,
        "chat": {"id": GROUP, "type": "supergroup", "title": "G"},
        "from": {"id": ANN, "is_bot": False, "first_name": "A", "language_code": "en"},
        "text": text,
        "entities": [{"type": "bot_command", "offset": 0, "length": length}],
    }
    said = await house.dialogue.receive({"message": message})
    assert all(to.reveal() == GROUP for to, _ in said)
    return [task.message.text for _, task in said]  # type: ignore[union-attr]  # only Say is queued


@pytest.mark.parametrize("text", ["/settings", "/start", "/privacy", "/xyz", "/help@other_bot"])
async def test_in_groups_the_bot_is_silent_unless_addressed(
    sqlite: Database, clock: Clock, text: str
) -> None:
    house = await open_house(sqlite, clock)
    assert await in_group(house, text) == []


@pytest.mark.parametrize("command", ["settings", "start", "mydata", "forget", "stop", "xyz"])
async def test_addressed_in_a_group_it_leads_to_the_private_chat(
    sqlite: Database, clock: Clock, command: str
) -> None:
    house = await open_house(sqlite, clock)
    said = await in_group(house, f"/{command}@tocsin_test_bot")
    assert said == [translator("en")("lost-group")]


async def test_the_privacy_page_may_be_asked_for_in_a_group(sqlite: Database, clock: Clock) -> None:
    house = await open_house(sqlite, clock)
    said = await in_group(house, "/privacy@tocsin_test_bot")
    assert len(said) == 1
    assert said[0].startswith("What is stored about you")
