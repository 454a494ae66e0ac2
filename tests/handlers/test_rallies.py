"""Readers and a rally: links, /next, the buttons below an announcement, silence on request."""

from datetime import timedelta

import pytest
from icalendar import Calendar

from bot.domain.privacy import TelegramId
from bot.views.message import Say
from storage import subscribers
from storage.db import Database
from tests import walking as publications
from tests.clock import Clock
from tests.rally_house import (
    ANNA,
    CLARA,
    READER,
    draft,
    open_rally_house,
    suspend,
)


async def test_a_link_shows_the_rally_its_place_file_and_rights(db: Database, clock: Clock) -> None:
    house = await open_rally_house(db, clock)
    rally = await house.announce(place="Freedom Square")
    reader = house[READER]
    for rest in (str(rally.id), rally.code, rally.code.replace("-", "").lower()):
        await reader.say(f"/start e_{rest}")
        assert "Freedom Square" in reader.text
        assert "approved by 2" in reader.text
    await reader.press("Safety and rights")
    assert "peaceful" in reader.text
    await reader.say(f"/start e_{rally.id}")
    await reader.press("Calendar file")
    assert reader.screen is not None
    assert reader.screen.file is not None
    event = Calendar.from_ical(reader.screen.file.content).walk("VEVENT")[0]
    assert event["LOCATION"] == "Freedom Square"
    assert event.decoded("dtstart") == rally.facts.starts_at


@pytest.mark.parametrize("rest", ["99", "ZZZZ-ZZZZ", "", "nonsense", "9" * 40])
async def test_an_old_link_says_so(sqlite: Database, clock: Clock, rest: str) -> None:
    house = await open_rally_house(sqlite, clock)
    reader = house[READER]
    await reader.say(f"/start e_{rest}")
    assert "out of date" in reader.text


async def test_a_draft_is_absent_for_readers(sqlite: Database, clock: Clock) -> None:
    house = await open_rally_house(sqlite, clock)
    await draft(house[ANNA])
    await house[ANNA].press("Send for approval")
    await house[READER].say("/start e_1")
    assert "out of date" in house[READER].text


async def test_next_lists_what_concerns_a_follower_earliest_first(
    db: Database, clock: Clock
) -> None:
    house = await open_rally_house(db, clock)
    await house.announce(day="29.11", place="Later Square")
    await house.announce(day="28.11", place="Sooner Square")
    await house.subscribe(READER, "kastr")
    reader = house[READER]
    await reader.say("/next")
    assert reader.text.index("Sooner Square") < reader.text.index("Later Square")
    await reader.press("28 Nov")
    assert "Sooner Square" in reader.text
    assert "Later Square" not in reader.text
    await house.subscribe(501, "lenin")
    other = house.dialogue.person(501)
    await other.say("/next")
    assert "No rally is confirmed for Leninski. You will be told" in other.text


async def test_muting_stops_the_reminders_and_nothing_else(db: Database, clock: Clock) -> None:
    house = await open_rally_house(db, clock)
    await house.subscribe(READER, "kastr")
    rally = await house.announce()
    reader = house[READER]
    await reader.say(f"/start e_{rally.id}")
    await reader.press("Mute this rally")
    assert "No more reminders" in reader.text
    await publications.walk(db, house.atlas, clock)
    before = await house.copies()
    clock.move(to=rally.facts.starts_at - timedelta(hours=2))
    await house.reminders.run_due()
    await publications.walk(db, house.atlas, clock)
    assert await house.copies() == before
    await suspend(house[CLARA])
    assert await publications.walk(db, house.atlas, clock) == 1


async def test_a_muted_rally_reminds_again_after_one_tap(sqlite: Database, clock: Clock) -> None:
    house = await open_rally_house(sqlite, clock)
    await house.subscribe(READER, "kastr")
    rally = await house.announce()
    reader = house[READER]
    await reader.say(f"/start e_{rally.id}")
    await reader.press("Mute this rally")
    await reader.press("Remind me again")
    assert "You get reminders of this rally again." in reader.text
    async with sqlite.tx(write=False) as tx:
        known = await subscribers.get(tx, TelegramId(READER))
    assert known is not None
    assert known.settings.muted == ()


async def test_a_single_next_rally_comes_with_its_buttons(sqlite: Database, clock: Clock) -> None:
    house = await open_rally_house(sqlite, clock)
    await house.announce(place="Only Square")
    await house.subscribe(READER, "kastr")
    reader = house[READER]
    await reader.say("/next")
    await reader.press("Where")
    assert "Only Square" in reader.text
    assert [b.copy for b in reader.buttons] == ["Only Square"]


async def test_somebody_who_gets_no_reminders_has_nothing_to_mute(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_rally_house(sqlite, clock)
    rally = await house.announce()
    await house[READER].say(f"/start e_{rally.id}")
    await house[READER].press("Mute this rally")
    assert "nothing to mute" in house[READER].toasts[-1]


async def test_below_a_channels_post_answers_stay_with_the_reader(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_rally_house(sqlite, clock)
    rally = await house.announce(place="Freedom Square")
    message = {
        "message_id": 5,
        "date": int(clock().timestamp()),
        "chat": {"id": -100500, "type": "channel", "title": "C"},
        "text": "…",
    }
    for data, words in (
        (f'["rwh",{rally.id}]', "Freedom Square"),
        (f'["rcal",{rally.id}]', "private chat"),
        (f'["rsf",{rally.id}]', "private chat"),
    ):
        query = {
            "id": f"c{data}",
            "from": {"id": READER, "is_bot": False, "first_name": "P", "language_code": "en"},
            "chat_instance": "1",
            "data": data,
            "message": message,
        }
        said = [task for _, task in await house.dialogue.receive({"callback_query": query})]
        assert not any(isinstance(task, Say) for task in said)
        assert words in getattr(said[0], "text", "")


async def test_a_stranger_who_looks_at_a_district_can_follow_it_or_go_back(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_rally_house(sqlite, clock)
    stranger = house[READER]
    await stranger.say("/next")
    assert [b.label for b in stranger.buttons] == [
        "Belarus",
        "Minsk",
        "Kastryčnicki",
        "Leninski",
        "Close",
    ]
    await stranger.press("Leninski")
    assert "No rally is confirmed for Leninski." in stranger.text
    assert [b.label for b in stranger.buttons] == ["Follow Leninski", "Back"]
    await stranger.press("Back")
    assert "Rallies of which district?" in stranger.text
