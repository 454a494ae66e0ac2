"""START, posters, consent: what a stranger sees, and that nothing is stored before they agree."""

import pytest
from sqlalchemy import select

from bot.domain.districts import DistrictId
from bot.domain.privacy import TelegramId
from bot.i18n import NAMES, translator
from bot.views.districts import Subscribe
from storage import forms, subscribers
from storage.db import Database
from storage.subscribers import Subscriber
from tests.clock import Clock
from tests.handlers.people import a_march, open_house

ANN = 5_001_002
KEYS_OF_CONSENT = ("start-consent-stored", "start-consent-not", "start-consent-erase")


async def stored(db: Database, person: int = ANN) -> Subscriber | None:
    """What the database holds of a person."""
    async with db.tx(write=False) as tx:
        return await subscribers.get(tx, TelegramId(person))


async def follows(db: Database, person: int = ANN) -> frozenset[DistrictId]:
    """What a person follows."""
    known = await stored(db, person)
    return known.follows if known else frozenset()


@pytest.mark.parametrize("lang", ["en", "be", "ru", "fr", "nl"])
async def test_a_poster_subscribes_in_two_taps(sqlite: Database, clock: Clock, lang: str) -> None:
    house, t = await open_house(sqlite, clock), translator(lang)
    ann = house.dialogue.person(ANN, lang)
    await ann.say("/start d_kastr")
    taps = 1
    assert await stored(sqlite) is None
    for key in KEYS_OF_CONSENT:
        assert t(key) in ann.text
    assert t("risk-by") in ann.text
    await ann.press(t("start-subscribe"))
    assert taps + ann.taps == 2
    assert await follows(sqlite) == {house.id("kastr")}
    assert ann.toasts == [t("start-toast-subscribed")]
    name = house.atlas.tree.get(house.id("kastr")).name(lang)
    assert t("start-no-rally", place=name) in ann.text
    assert t("start-reminders") in ann.text


async def test_a_language_picked_on_the_poster_lives_in_the_buttons_until_consent(
    db: Database, clock: Clock
) -> None:
    house = await open_house(db, clock)
    ann = house.dialogue.person(ANN, "ru")
    await ann.say("/start d_kastr")
    await ann.press(NAMES["be"])
    be = translator("be")
    assert be("start-consent-not") in ann.text
    assert await stored(db) is None
    await ann.press(be("start-other-district"))
    assert be("districts-choose") in ann.text
    await ann.press("Belarus")
    await ann.press("Minsk")
    await ann.press("Leninski")
    assert be("start-consent-stored") in ann.text
    assert await stored(db) is None
    await ann.press(be("start-subscribe"))
    known = await stored(db)
    assert known is not None
    assert (known.settings.lang, known.settings.seen) == ("be", "be")
    await ann.say("/settings")
    assert be("subscriptions-title") in ann.text


async def test_without_a_pick_the_language_is_only_remembered_as_seen(
    db: Database, clock: Clock
) -> None:
    house = await open_house(db, clock)
    ann = house.dialogue.person(ANN, "ru-RU")
    await ann.say("/start d_lenin")
    await ann.press(translator("ru")("start-subscribe"))
    known = await stored(db)
    assert known is not None
    assert (known.settings.lang, known.settings.seen) == ("", "ru")


async def test_the_welcome_offers_three_ways_and_four_other_languages(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_house(sqlite, clock)
    ann = house.dialogue.person(ANN, "fr")
    await ann.say("/start")
    labels = [button.label for button in ann.buttons]
    fr = translator("fr")
    assert labels[:3] == [
        fr(k) for k in ("districts-send-location", "districts-list", "districts-type-name")
    ]
    assert set(labels[3:]) == {NAMES[lang] for lang in ("en", "be", "ru", "nl")}
    assert len(labels) <= 8
    assert len(ann.text) <= 600
    assert await stored(sqlite) is None


@pytest.mark.parametrize("payload", ["d_nowhere", "x_1", "d_", "nonsense", "d_\u0436"])
async def test_a_dead_link_still_welcomes(sqlite: Database, clock: Clock, payload: str) -> None:
    house = await open_house(sqlite, clock)
    ann = house.dialogue.person(ANN, "en")
    await ann.say(f"/start {payload}")
    assert ann.text.startswith("This link is out of date.")
    assert "Which district?" in ann.text


async def test_links_of_other_nouns_are_handed_over(sqlite: Database, clock: Clock) -> None:
    house = await open_house(sqlite, clock)
    ann = house.dialogue.person(ANN, "en")
    await ann.say("/start s_one-time_code")
    assert house.followed == [("s", "one-time_code")]
    assert ann.text == "an invitation"


async def test_the_next_rally_stands_below_the_confirmation(sqlite: Database, clock: Clock) -> None:
    house = await open_house(sqlite, clock, upcoming=a_march)
    ann = house.dialogue.person(ANN, "en")
    await ann.say("/start d_kastr")
    await ann.press("Subscribe")
    assert f"NEXT RALLY in en for {house.id('kastr')}" in ann.text
    assert "No rally" not in ann.text
    assert ann.screen is not None
    marked = [ann.text[s.offset : s.offset + s.length] for s in ann.screen.spans]
    assert marked == ["Subscribed: Kastryčnicki, Minsk.", "en"]
    assert [b.label for b in ann.buttons] == ["Where", "Settings", "Add a district"]


async def test_what_lies_around_a_district_is_said_to_come_along(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_house(sqlite, clock)
    ann = house.dialogue.person(ANN, "en")
    await ann.say("/start d_kastr")
    await ann.press("Subscribe")
    assert "You also get what concerns the areas around: Minsk, Belarus." in ann.text
    assert "any part of" not in ann.text


async def test_no_warning_where_following_is_no_crime(sqlite: Database, clock: Clock) -> None:
    house = await open_house(sqlite, clock)
    ann = house.dialogue.person(ANN, "en")
    await ann.say("/start d_brussels")
    assert "/risks" not in ann.text


async def test_pressing_subscribe_twice_changes_nothing(db: Database, clock: Clock) -> None:
    house = await open_house(db, clock)
    ann = house.dialogue.person(ANN, "en")
    await ann.say("/start d_kastr")
    data = next(b.data for b in ann.buttons if b.label == "Subscribe")
    assert data is not None
    await ann.press_data(data)
    await ann.press_data(data)
    assert "You already follow Kastryčnicki, Minsk." in ann.text
    assert await follows(db) == {house.id("kastr")}


async def test_a_follow_button_without_consent_above_it_stores_nothing(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_house(sqlite, clock)
    ann = house.dialogue.person(ANN, "en")
    await ann.press_data(Subscribe(house.id("kastr")).pack())
    assert "Not stored: name" in ann.text
    assert await stored(sqlite) is None


async def test_a_district_that_is_gone_is_refused_in_words(sqlite: Database, clock: Clock) -> None:
    house = await open_house(sqlite, clock)
    ann = house.dialogue.person(ANN, "ru")
    await ann.press_data(Subscribe(4711, agreed=True).pack())
    assert ann.toasts == [translator("ru")("error-district-unknown")]
    assert await stored(sqlite) is None


async def test_a_subscriber_who_scans_another_poster_follows_it_at_once(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_house(sqlite, clock)
    ann = house.dialogue.person(ANN, "en")
    await ann.say("/start d_kastr")
    await ann.press("Subscribe")
    await ann.say("/start d_minsk")
    assert "Subscribed: Minsk." in ann.text
    assert await follows(sqlite) == {house.id("kastr"), house.id("minsk")}
    await ann.say("/start")
    assert ann.text == "You follow: Minsk; Kastryčnicki, Minsk."


async def test_following_while_paused_says_that_nothing_comes(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_house(sqlite, clock)
    ann = house.dialogue.person(ANN, "en")
    await ann.say("/start d_kastr")
    await ann.press("Subscribe")
    await ann.say("/stop")
    await ann.say("/start d_lenin")
    assert "Everything is paused" in ann.text
    await ann.press("Resume")
    known = await stored(sqlite)
    assert known is not None
    assert not known.settings.paused


async def test_more_districts_than_a_screen_shows_are_refused(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_house(sqlite, clock)
    ann = house.dialogue.person(ANN, "en")
    for n in range(8):
        await ann.press_data(Subscribe(house.id(f"m{n}"), agreed=True).pack())
    await ann.press_data(Subscribe(house.id("m8"), agreed=True).pack())
    assert "as many districts as one screen can show (8)" in ann.toasts[-1]
    await ann.press_data(Subscribe(house.id("m0"), agreed=True).pack())
    assert len(await follows(sqlite)) == 8


async def test_a_stranger_who_only_looks_leaves_no_row_anywhere(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_house(sqlite, clock)
    ann = house.dialogue.person(ANN, "en")
    for said in ("/start", "/help", "/privacy", "/risks", "/settings", "/language", "/mydata"):
        await ann.say(said)
    await ann.say("Kastryčnicki")
    await ann.message(location={"longitude": 27.5, "latitude": 53.5})
    async with sqlite.tx(write=False) as tx:
        for table in (subscribers.table, subscribers.follows, forms.table):
            assert (await tx.execute(select(table))).first() is None
