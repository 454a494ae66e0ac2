"""Whatever a person does wrong gets a clear answer in their language, and costs nobody anything."""

import asyncio

import pytest

from bot.i18n import LANGUAGES, translator
from feeds.fetch import FetchLimits
from tests.journeys import desk, news
from tests.journeys.cast import CHANNEL, EAST, WEST, enrolled, link_channel
from tests.journeys.conftest import Town
from tests.journeys.phone import Phone
from tests.leaks import CANARY

UNKNOWN = ("/frobnicate", "/staff", "/NEXT_", "/newrally")
OLD_BUTTONS = {
    "v1|news|12|ok": "error-gone",
    '["zz",1]': "error-gone",
    '["np",1,1]': "error-gone",  # a moderator's
    '["st"]': "error-gone",  # staff's
    '["rop",999]': "error-gone",
    '["nw",12345]': "error-gone",
    '["dS","x"]': "error-gone",
    '["dS",999]': "error-district-unknown",
    '["hG","nowhere"]': "error-gone",
    '["sC","reminders","perhaps"]': "error-gone",
}
"""What a button of another version, of staff or of something gone sends, and the answer."""
BOMB = '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss><channel>&b;</channel></rss>'
"""A document that grows when it is read."""


@pytest.fixture
def one_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """The patience of a bot that waits for a feed."""
    monkeypatch.setattr("bot.app.FetchLimits", lambda body: FetchLimits(deadline=1.0, body=body))


async def subscriber(town: Town, lang: str, slug: str = "kastr") -> Phone:
    """Somebody who follows a district."""
    person = await town.street.person("Vera", lang)
    await person.start(f"d_{slug}")
    await person.tap("start-subscribe")
    return person


async def test_an_unknown_command_is_named_in_the_persons_language(town: Town) -> None:
    for lang in LANGUAGES:
        person = await town.street.person(f"Vera{lang}", lang)
        await person.start()
        for command in UNKNOWN:
            said = await person.command(command)
            assert said == person.t("lost-unknown-command", command=command)
        assert person.t("help-next") in await person.labels()


async def test_a_stale_or_foreign_button_says_so(town: Town) -> None:
    vera = await subscriber(town, "nl")
    for data, key in OLD_BUTTONS.items():
        message = await town.older_version_sends(vera.id, data)
        await vera.press_data(message, data)
        assert (data, vera.toasts[-1]) == (data, vera.t(key))


async def test_a_button_pressed_twice_acts_once(town: Town) -> None:
    vera = await town.street.person("Vera", "ru")
    await vera.start("d_kastr")
    message, data = await vera.find(vera.t("start-subscribe"))
    press = {"message_id": message["message_id"], "data": data}
    answers = await asyncio.gather(vera.deed("press", press), vera.deed("press", press))
    assert all(answer["answered"] for answer in answers)
    mine = await vera.command("/settings")
    assert mine.count(town.place("kastr", "ru")) == 1


async def test_a_poster_of_a_district_that_is_gone_leads_to_the_others(town: Town) -> None:
    vera = await town.street.person("Vera", "be")
    text = await vera.start("d_atlantis")
    assert text.startswith(vera.t("start-outdated"))
    assert vera.t("districts-list") in await vera.labels()


async def test_media_out_of_place_are_answered_and_not_kept(town: Town) -> None:
    vera = await subscriber(town, "fr")
    for deed, body, key in (
        ("photo", {"caption": f"look {CANARY}"}, "lost-media"),
        ("document", {"data": "aGVsbG8=", "file_name": f"{CANARY}.txt"}, "lost-media"),
        ("contact", {}, "lost-contact"),
    ):
        await vera.deed(deed, body)
        assert await vera.text() == vera.t(key)
    await vera.deed("location", {"latitude": 53.9, "longitude": 20.0})
    assert vera.t("districts-dropped") in await vera.texts()
    assert " km)" in await vera.text()
    assert not [m for m in await vera.history() if m["kind"] in ("location", "contact")]


async def test_a_rally_form_outlives_every_wrong_answer(town: Town) -> None:
    cast = await enrolled(town, WEST)
    olga = await cast.invite("olga", "events", cast.city)
    t = olga.t
    await olga.command("/staff")
    await olga.tap("rally-button-new")
    await olga.deed("photo")
    assert (await olga.text()).startswith(t("rally-use-buttons"))
    await olga.tap("rally-type-vigil")
    assert (await olga.say("Atlantis")).startswith(t("rally-error-district", typed="Atlantis"))
    await olga.say(cast.district)
    await olga.tap("rally-button-done")
    assert (await olga.say("20.11.2026")).startswith(t("times-error-day-past"))
    assert (await olga.say("soonish")).startswith(t("times-error-unknown", typed="soonish"))
    assert (await olga.say("21.11.2026 10:00")).startswith(t("times-error-past"))
    await olga.deed("photo")
    assert (await olga.text()).startswith(t("rally-use-buttons"))
    assert t("times-shift-gap") in await olga.say("28.03.2027 02:30")
    await olga.deed("photo")
    assert (await olga.text()).startswith(t("rally-error-place-kind"))
    assert (await olga.say("call +32 470 12 34 56")).startswith(t("rally-error-place-contact"))
    assert (await olga.say(desk.PLACE)).startswith(t("rally-preview"))
    assert "03:30" in await olga.text()
    stale = await olga.find(t("rally-button-send"))
    assert await olga.command("/cancel") == t("help-left")
    await olga.press_data(stale[0]["message_id"], stale[1])
    assert olga.toasts[-1] == t("error-gone")


async def test_approving_twice_at_once_announces_once(town: Town) -> None:
    cast = await enrolled(town, EAST)
    for part, role in (("olga", "events"), ("emile", "events"), ("marta", "channels")):
        await cast.invite(part, role)
    await link_channel(cast, lang="be")
    await desk.draft(cast, cast["olga"])
    emile = cast["emile"]
    message, data = await emile.find(emile.t("rally-approve-announce"))
    press = {"message_id": message["message_id"], "data": data}
    answers = await asyncio.gather(emile.deed("press", press), emile.deed("press", press))
    assert all(answer["answered"] for answer in answers)
    assert len(await cast.posts()) == 1


async def test_a_bad_feed_address_is_explained_and_the_next_one_may_be_good(
    town: Town,
) -> None:
    cast = await enrolled(town, EAST)
    nina = await cast.invite("nina", "news")
    address = await news.feed_of_the_courier(cast)
    await nina.command("/staff")
    await nina.tap("sources-menu")
    await nina.tap("sources-propose")
    for typed, behaviour, key in (
        ("what is a feed?", {}, "feed-bad-address"),
        ("ftp://example.org/feed", {}, "feed-bad-address"),
        ("https://user:word@example.org/feed", {}, "feed-bad-address"),
        ("http://10.1.2.3/feed", {}, "feed-private-address"),
        ("http://169.254.169.254/latest", {}, "feed-private-address"),
        (address, {"body": "<html><title>Hello</title><p>Not a feed"}, "feed-not-a-feed"),
        (address, {"body": BOMB}, "feed-malformed"),
        (address, {"body": "<rss>" + "x" * 900_000}, "feed-too-large"),
        (address, {"redirect": address}, "feed-redirect-loop"),
        (address, {"status": 500, "body": "no"}, "feed-http-status"),
    ):
        await town.street.call("PUT", f"feeds/{news.FEED}/behaviour", behaviour)
        said = await nina.say(typed)
        expected = nina.t(key, megabytes=1, status=500)
        assert said.startswith(expected), (typed, behaviour, said)
        assert nina.t("proposal-again") in said
    await town.street.call("PUT", f"feeds/{news.FEED}/behaviour", {})
    assert (await nina.say(address)).startswith(f"Courier {CANARY}")


async def test_an_invitation_works_once_and_not_for_ever(town: Town) -> None:
    cast = await enrolled(town, EAST)
    used = await cast.invitation("news")
    first = await town.street.person("Nina", "fr")
    await first.start(used)
    await first.tap("staff-agree-button")
    late = await town.street.person("Noah", "fr")
    assert (await late.start(used)).startswith(late.t("start-outdated"))
    expired = await cast.invitation("news")
    await town.pass_time(hours=25)
    assert (await late.start(expired)).startswith(late.t("start-outdated"))
    assert await late.command("/staff") == late.t("lost-unknown-command", command="/staff")


async def test_whoever_lost_a_role_can_press_nothing_that_is_still_open(town: Town) -> None:
    cast = await enrolled(town, EAST)
    nina = await cast.invite("nina", "news")
    noah = await cast.invite("noah", "news")
    await news.propose(cast, nina, await news.feed_of_the_courier(cast))
    await news.vet(noah)
    await town.pass_time(minutes=10)
    await news.appears(cast, "Water is back")
    await nina.command("/staff")
    await nina.tap("queue-open")
    publish = await nina.find(nina.t("item-publish"))
    ada = cast.custodian
    alias = (await nina.command("/staff")).split("\n")[0].rpartition(" · ")[2]
    await ada.command("/staff")
    await ada.tap("staff-people-button")
    await ada.press(alias)
    await ada.tap("staff-revoke-button")
    await ada.tap("staff-revoke-button")
    await nina.press_data(publish[0]["message_id"], publish[1])
    assert nina.toasts[-1] == nina.t("error-gone")
    assert await nina.command("/staff") == nina.t("lost-unknown-command", command="/staff")
    await town.pass_time(minutes=11)  # until then the item is open at the one who lost the role
    await news.decide(noah)
    assert noah.toasts[-1] == noah.t("item-one-more")


async def test_a_channel_that_took_the_bots_rights_is_paused_and_its_admin_told(
    town: Town,
) -> None:
    cast = await enrolled(town, EAST)
    for part, role in (("olga", "events"), ("emile", "events"), ("marta", "channels")):
        await cast.invite(part, role)
    await link_channel(cast, lang="be")
    vera = await subscriber(town, "nl")
    marta = cast["marta"]
    await marta.deed("member", {"chat": CHANNEL, "user": "bot", "status": "left"})
    assert (await marta.text()).startswith(marta.t("channels-lost", channel=cast.handle))
    await desk.draft(cast, cast["olga"])
    await cast["emile"].tap("rally-approve-announce")
    assert await cast.posts() == []
    assert desk.PLACE in await vera.text()


async def test_a_group_hears_nothing_unless_it_asks_by_name(town: Town) -> None:
    vera = await subscriber(town, "nl")
    group = await vera.deed("create", {"type": "group", "title": f"Talk {CANARY}", "bot": "member"})
    chat = group["id"]
    await vera.deed("text", {"text": "/next", "chat": chat})
    await vera.deed("text", {"text": f"hello {CANARY}", "chat": chat})
    assert await vera.received(chat) == []
    name = town.house.app.bot.username
    await vera.deed("text", {"text": f"/next@{name}", "chat": chat})
    assert await vera.text(chat) == translator("nl")("lost-group")


async def test_a_hanging_feed_holds_up_nobody_else(
    one_second: None,  # before the town, which is built with it
    town: Town,
) -> None:
    cast = await enrolled(town, EAST)
    nina = await cast.invite("nina", "news")
    address = await news.feed_of_the_courier(cast)
    await town.street.call("PUT", f"feeds/{news.FEED}/behaviour", {"seconds": 30})
    await town.street.call("POST", f"people/{nina.id}/text", {"text": address})
    vera = await town.street.person("Vera", "ru")
    await town.street.call("POST", f"people/{vera.id}/start", {})
    async with asyncio.timeout(40):
        while not await vera.received():
            await asyncio.sleep(0.02)
    assert (await nina.text()).startswith(nina.t("proposal-looking", host="127.0.0.1"))
    await town.settle()
    assert (await nina.text()).startswith(nina.t("feed-timeout", seconds=1))
