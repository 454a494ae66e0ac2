"""Settings, language and pause as people use them."""

from datetime import timedelta

import pytest

from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from bot.domain.publications import Audience, Kind, Want
from bot.domain.staff import Grant, Role
from bot.domain.subscribers import QuietHours, Settings
from bot.i18n import LANGUAGES, NAMES, translator
from bot.services.publications import Draft, accept
from bot.views.message import Message
from bot.views.subscriptions import Choose, Panel, Pause, Speak, Unfollow
from storage import outbox, staff, subscribers
from storage.db import Database
from tests.clock import Clock
from tests.dialogue import Person
from tests.handlers.people import House, open_house
from tests.walking import walk

ANN = 7_001_002


async def subscriber(house: House, *slugs: str, lang: str = "en") -> Person:
    """Ann, who follows some districts."""
    ann = house.dialogue.person(ANN, lang)
    for slug in slugs or ("kastr",):
        await ann.say(f"/start d_{slug}")
        if any(b.label == translator(lang)("start-subscribe") for b in ann.buttons):
            await ann.press(translator(lang)("start-subscribe"))
    ann.taps = 0
    return ann


async def settings(db: Database) -> Settings:
    """What Ann's row says."""
    async with db.tx(write=False) as tx:
        known = await subscribers.get(tx, TelegramId(ANN))
    assert known is not None
    return known.settings


@pytest.mark.parametrize("lang", ["en", "be", "ru", "fr", "nl"])
async def test_every_setting_is_reached_and_changed_by_buttons(
    sqlite: Database, clock: Clock, lang: str
) -> None:
    house, t = await open_house(sqlite, clock), translator(lang)
    ann = await subscriber(house, lang=lang)
    await ann.say("/settings")
    await ann.press(t("subscriptions-reminders-off"))
    assert t("subscriptions-reminders-line", state=t("subscriptions-off")) in ann.text
    await ann.press(t("subscriptions-change-news"))
    await ann.press(t("subscriptions-news-lite"))
    assert t("subscriptions-news-line", state=t("subscriptions-lite")) in ann.text
    await ann.press(t("subscriptions-change-quiet"))
    await ann.press("21–07")
    assert t("subscriptions-quiet-line", hours="21–07") in ann.text
    chosen = await settings(sqlite)
    assert not chosen.reminders
    assert chosen.news_choice == "lite"
    assert chosen.quiet is not None
    assert chosen.quiet.label == "21-07"
    assert ann.toasts.count(t("subscriptions-saved")) == 3


@pytest.mark.parametrize("lang", ["en", "be", "ru", "fr", "nl"])
async def test_news_once_a_day_takes_an_hour_and_says_it(
    sqlite: Database, clock: Clock, lang: str
) -> None:
    house, t = await open_house(sqlite, clock), translator(lang)
    ann = await subscriber(house, lang=lang)
    await ann.say("/settings")
    await ann.press(t("subscriptions-change-news"))
    await ann.press(t("subscriptions-news-digest"))
    assert "18:00" in ann.text
    assert (await settings(sqlite)).wants(Want.DIGEST, "")
    await ann.press("07:00")
    line = t("subscriptions-news-line", state=t("subscriptions-digest", hour="07:00"))
    assert line in ann.text.splitlines()
    assert ann.taps == 3
    chosen = await settings(sqlite)
    assert (chosen.digest_hour, chosen.wants(Want.NEWS, "item:1")) == (7, False)
    await ann.say("/mydata")
    assert line in ann.text.splitlines()


async def test_each_way_of_getting_news_is_echoed(sqlite: Database, clock: Clock) -> None:
    house = await open_house(sqlite, clock)
    ann = await subscriber(house)
    for label, said in (
        ("Short texts only", "News: short texts"),
        ("No news", "News: off"),
        ("Every item", "News: on"),
    ):
        await ann.say("/settings")
        await ann.press("Change news")
        await ann.press(label)
        assert said in ann.text.splitlines()
    await ann.say("/settings")
    await ann.press("Change news")
    assert [b.label for b in ann.buttons] == [
        "Every item ✓",
        "Once a day, in one message",
        "Short texts only",
        "No news",
        "Back",
    ]


async def test_the_hour_stays_on_the_screen_until_another_is_wanted(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_house(sqlite, clock)
    ann = await subscriber(house)
    await ann.press_data(Choose("hour", "20").pack())
    await ann.press_data(Choose("news", "digest").pack())
    assert [b.label for b in ann.buttons] == ["07:00", "12:00", "18:00", "20:00 ✓", "Back"]
    await ann.press("Back")
    assert "News: once a day at 20:00" in ann.text.splitlines()


async def test_after_stop_the_digest_comes_no_longer_and_its_hour_is_kept(
    db: Database, clock: Clock
) -> None:
    house = await open_house(db, clock)
    ann = await subscriber(house)
    await ann.press_data(Choose("hour", "12").pack())
    await ann.say("/stop")
    stopped = await settings(db)
    assert not any(stopped.wants(want, "rally:1") for want in Want)
    await ann.say("/settings")
    assert {"Paused: nothing is sent.", "News: once a day at 12:00"} <= set(ann.text.splitlines())
    await ann.press("Resume")
    assert (await settings(db)).wants(Want.DIGEST, "")


async def test_settings_say_what_following_brings_besides(sqlite: Database, clock: Clock) -> None:
    house = await open_house(sqlite, clock)
    ann = await subscriber(house, "minsk", "kastr")
    await ann.say("/settings")
    assert "You also get what concerns the areas around: Belarus." in ann.text
    assert "You also get what concerns any part of: Minsk." in ann.text


async def test_the_languages_lead_back_to_the_settings(sqlite: Database, clock: Clock) -> None:
    house = await open_house(sqlite, clock)
    ann = await subscriber(house)
    await ann.say("/settings")
    await ann.press("Change language")
    await ann.press("Back")
    assert ann.text.startswith("Settings")


async def test_switching_quiet_hours_off_is_stored(db: Database, clock: Clock) -> None:
    house = await open_house(db, clock)
    ann = await subscriber(house)
    assert (await settings(db)).quiet == QuietHours()
    await ann.press_data(Choose("quiet", "off").pack())
    assert (await settings(db)).quiet is None


async def test_a_second_press_changes_nothing(sqlite: Database, clock: Clock) -> None:
    house = await open_house(sqlite, clock)
    ann = await subscriber(house)
    for _ in range(2):
        await ann.press_data(Choose("reminders", "off").pack())
    assert not (await settings(sqlite)).reminders


async def test_an_old_setting_button_says_that_it_is_old(sqlite: Database, clock: Clock) -> None:
    house = await open_house(sqlite, clock)
    ann = await subscriber(house)
    before = await settings(sqlite)
    await ann.press_data(Choose("quiet", "03-04").pack())
    assert ann.toasts[-1] == translator("en")("error-gone")
    assert await settings(sqlite) == before


async def test_a_removed_district_can_be_taken_back(db: Database, clock: Clock) -> None:
    house = await open_house(db, clock)
    ann = await subscriber(house, "kastr", "brussels")
    await ann.say("/settings")
    assert "Districts: Kastryčnicki, Minsk; Brussels" in ann.text
    await ann.press("Change districts")
    await ann.press("Remove Kastryčnicki")
    assert "Removed: Kastryčnicki." in ann.text
    assert "• Kastryčnicki" not in ann.text
    await ann.press("Undo: Kastryčnicki")
    assert "Subscribed: Kastryčnicki, Minsk." in ann.text


async def test_removing_the_last_district_keeps_the_settings_and_says_so(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_house(sqlite, clock)
    ann = await subscriber(house)
    await ann.press_data(Unfollow(house.id("kastr")).pack())
    assert "You follow no district, so nothing is sent." in ann.text
    assert await settings(sqlite) == Settings(seen="en")


async def test_stop_takes_one_tap_and_withdraws_what_was_on_its_way(
    db: Database, clock: Clock
) -> None:
    house = await open_house(db, clock)
    ann = await subscriber(house)
    audience = Audience(frozenset({house.id("kastr")}), Want.NEWS)
    texts = {lang: Message("Water is back") for lang in LANGUAGES}
    ends = clock() + timedelta(hours=72)
    draft = Draft(Kind.ITEM, "item:1", "AAAA-BBBB", Lane.NEWS, audience, texts, ends)
    async with db.tx() as tx:
        await accept(tx, draft, clock())
    assert await walk(db, house.atlas, clock) == 1
    await ann.say("/stop")
    assert ann.taps == 0
    assert ann.text.startswith("Paused. Settings are kept, nothing will be sent.")
    assert "1 message that was on its way was withdrawn." in ann.text
    async with db.tx(write=False) as tx:
        assert await outbox.open_rows(tx, clock()) == 0
    assert (await settings(db)).paused
    await ann.press("Resume")
    assert ann.text.startswith("Resumed.")
    assert not (await settings(db)).paused


async def test_pausing_and_resuming_from_the_settings(sqlite: Database, clock: Clock) -> None:
    house = await open_house(sqlite, clock)
    ann = await subscriber(house)
    await ann.say("/settings")
    await ann.press("Pause everything")
    assert (await settings(sqlite)).paused
    await ann.say("/settings")
    assert "Paused: nothing is sent." in ann.text
    await ann.press("Resume")
    assert not (await settings(sqlite)).paused


@pytest.mark.parametrize("lang", ["en", "ru"])
async def test_strangers_get_sensible_answers(sqlite: Database, clock: Clock, lang: str) -> None:
    house, t = await open_house(sqlite, clock), translator(lang)
    eve = house.dialogue.person(99, lang)
    await eve.say("/settings")
    assert eve.text == t("subscriptions-stranger")
    await eve.say("/stop")
    assert eve.text == t("subscriptions-not-subscribed")
    for press in (Choose("news", "off"), Pause(False), Unfollow(house.id("kastr"))):
        await eve.press_data(press.pack())
    assert eve.toasts == [t("subscriptions-not-subscribed")] * 3
    await eve.press_data(Panel("quiet").pack())
    assert eve.text == t("subscriptions-stranger")


async def test_a_picked_language_wins_over_the_telephone(db: Database, clock: Clock) -> None:
    house = await open_house(db, clock)
    ann = await subscriber(house, lang="ru")
    await ann.say("/language")
    assert len(ann.buttons) == 6
    await ann.press(NAMES["nl"])
    nl = translator("nl")
    assert ann.text == nl("subscriptions-language-kept")
    assert (await settings(db)).lang == "nl"
    await ann.say("/help")
    assert nl("help-title") in ann.text


async def test_a_strangers_language_is_carried_and_not_stored(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_house(sqlite, clock)
    eve, fr = house.dialogue.person(99, "en"), translator("fr")
    await eve.say("/language")
    await eve.press(NAMES["fr"])
    assert eve.text == fr("subscriptions-language-carried")
    await eve.press(fr("districts-list"))
    assert fr("districts-choose") in eve.text
    async with sqlite.tx(write=False) as tx:
        assert await subscribers.get(tx, TelegramId(99)) is None
    await eve.say("/help")
    assert translator("en")("help-title") in eve.text


async def test_staff_who_follow_nothing_keep_their_language(db: Database, clock: Clock) -> None:
    house = await open_house(db, clock)
    async with db.tx() as tx:
        held = [Grant(Role.NEWS)]
        id = await staff.add(tx, TelegramId(ANN), alias="Heron", lang="en", inviter=None, held=held)
    ann = house.dialogue.person(ANN, "en")
    await ann.say("/language")
    await ann.press(NAMES["be"])
    assert ann.text == translator("be")("subscriptions-language-kept")
    async with db.tx(write=False) as tx:
        assert await staff.chat_of(tx, id) == (TelegramId(ANN), "be")
    await ann.say("/help")
    assert translator("be")("help-title") in ann.text


async def test_a_language_that_is_not_shipped_is_an_old_button(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_house(sqlite, clock)
    ann = await subscriber(house)
    await ann.press_data(Speak("xx").pack())
    assert ann.toasts[-1] == translator("en")("error-gone")
    assert (await settings(sqlite)).lang == ""
