"""The first minute with the bot: another language, and three ways to name a district."""

from bot.i18n import LANGUAGES, NAMES
from tests.journeys.conftest import Town
from tests.journeys.phone import Phone

CENTRE = (53.9045, 27.5615)
"""A square in the middle of Minsk."""


async def test_a_poster_in_another_language_takes_one_tap_more(town: Town) -> None:
    vera = await town.street.person("Vera", "ru")
    await vera.start("d_kastr")
    await vera.press(NAMES["be"])
    vera.lang = "be"
    assert vera.t("start-consent-stored") in await vera.text()
    await vera.tap("start-subscribe")
    assert (vera.taps, vera.typed) == (3, 0)
    assert (await vera.command("/settings")).startswith(vera.t("subscriptions-title"))


async def test_a_district_is_found_in_the_list(town: Town) -> None:
    vera = await town.street.person("Vera", "nl")
    await vera.start()
    await vera.tap("districts-list")
    await vera.press(town.place("be", "nl"))
    await vera.press(town.place("brussels", "nl"))
    await vera.choose(town.place("ixel", "nl"))
    await subscribes(town, vera, "ixel")


async def test_a_district_is_found_by_its_name_in_any_language(town: Town) -> None:
    vera = await town.street.person("Vera", "fr")
    await vera.start()
    await vera.tap("districts-type-name")
    await vera.say(town.place("kastr", "be").lower())
    await subscribes(town, vera, "kastr")


async def test_a_location_is_used_once_and_kept_nowhere(town: Town) -> None:
    vera = await town.street.person("Vera", "en")
    await vera.start()
    await vera.tap("districts-send-location")
    latitude, longitude = CENTRE
    key = {"text": vera.t("districts-location-key"), "latitude": latitude, "longitude": longitude}
    await vera.deed("keyboard", key)
    assert vera.t("districts-dropped") in await vera.texts()
    assert not [m for m in await vera.history() if m["kind"] == "location"]
    found = town.house.atlas.tree.at(longitude, latitude)
    assert found is not None
    await subscribes(town, vera, found.slug)
    assert "53.9" not in town.log
    assert "53.90" not in await vera.command("/mydata")


async def test_the_commands_are_listed_in_every_language(town: Town) -> None:
    shown = await town.street.call("GET", "bot")
    languages = {one["language_code"] for one in shown["commands"]}
    assert languages >= set(LANGUAGES)
    for lists in (one["commands"] for one in shown["commands"]):
        assert [one["command"] for one in lists if one["command"] == "staff"] == []
    assert set(shown["descriptions"]) >= set(LANGUAGES)


async def subscribes(town: Town, person: Phone, slug: str) -> None:
    """The consent is read, then the last button pressed."""
    assert person.t("start-consent-stored") in await person.text()
    await person.tap("start-subscribe")
    assert (await person.text()).startswith(
        person.t("start-subscribed", place=_place(town, slug, person.lang))
    )


def _place(town: Town, slug: str, lang: str) -> str:
    tree = town.house.atlas.tree
    district = tree.by_slug(slug)
    assert district is not None
    names = (district.name(lang), tree.city(district.id).name(lang))
    return ", ".join(dict.fromkeys(names))
