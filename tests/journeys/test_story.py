"""The whole story of a town: staff, news, a rally, checks, leaving and being forgotten."""

import pytest

from bot.domain.privacy import TelegramId
from bot.i18n import NAMES, translator
from bot.views.help import COMMANDS
from tests.journeys import desk, news
from tests.journeys.cast import CHANNEL, EAST, WEST, Cast, Setting, enrolled, link_channel
from tests.journeys.cast import newsroom_and_desk as invite_everybody
from tests.journeys.conftest import Town
from tests.journeys.phone import Json, Phone
from tests.leaks import CANARY, files_with, spellings


@pytest.mark.parametrize("setting", [EAST, WEST], ids=["en-be", "ru-fr"])
async def test_a_town_from_its_first_custodian_to_a_follower_who_is_forgotten(
    town: Town, setting: Setting
) -> None:
    cast = await staff_comes_together(town, setting)
    vera = await somebody_follows_from_a_poster(cast)
    await a_source_is_vetted_and_floods_nobody(cast, vera)
    await a_new_item_is_relayed_by_two(cast, vera)
    await a_rally_is_announced_by_two(cast, vera)
    await everybody_can_check_it(cast, vera)
    await it_is_suspended_resumed_and_cancelled(cast, vera)
    await everything_can_be_set_and_seen(cast, vera)
    await leaving_takes_one_tap_and_being_forgotten_two(cast, vera)


async def staff_comes_together(town: Town, setting: Setting) -> Cast:
    """The one-time code makes a custodian; invitations make the rest; a channel is linked."""
    cast = await enrolled(town, setting)
    ada = cast.custodian
    assert ada.t("staff-role-custodian") in await ada.text()
    await invite_everybody(cast)
    oscar = cast["oscar"]
    menu = await oscar.command("/staff")
    assert f"{oscar.t('staff-role-organiser')}: {cast.city}" in menu
    assert oscar.t("queue-open") not in (await oscar.labels())[:4]
    linked = await link_channel(cast, lang=setting.protester)
    assert linked.startswith(ada.t("channels-linked", channel=cast.handle))
    return cast


async def somebody_follows_from_a_poster(cast: Cast) -> Phone:
    """START from a poster, Subscribe: two taps, consent before anything is stored."""
    town, setting = cast.town, cast.setting
    vera = await town.street.person("Vera", setting.protester)
    shown = await vera.start(f"d_{setting.district}")
    assert vera.t("start-consent-stored") in shown
    assert not await stored(cast, vera)
    await vera.tap("start-subscribe")
    assert (vera.taps, vera.typed) == (2, 0)
    assert await stored(cast, vera)
    await vera.deed("join", {"chat": CHANNEL})
    return vera


async def a_source_is_vetted_and_floods_nobody(cast: Cast, vera: Phone) -> None:
    """A pasted address shows what is there; a second person vets; nothing old is relayed."""
    nina, noah = cast["nina"], cast["noah"]
    shown = await news.propose(cast, nina, await news.feed_of_the_courier(cast))
    assert shown.startswith(f"Courier {CANARY}")
    assert shown.count("Old story") == 3
    assert noah.t("source-state-probation") in await news.vet(noah)
    had = len(await vera.received())
    await cast.town.pass_time(minutes=10)
    await cast.town.pass_time(minutes=10)
    assert not await news.in_queue(nina)
    assert (len(await vera.received()), await cast.posts()) == (had, [])


async def a_new_item_is_relayed_by_two(cast: Cast, vera: Phone) -> None:
    """Held for moderators; each decides with one tap; it goes out with its provenance."""
    title = "Water is back"
    await news.appears(cast, title)
    assert await news.decide(cast["nina"]) == 1
    assert await cast.posts() == []
    assert await news.decide(cast["noah"]) == 1
    (post,) = news.about(await cast.posts(), title)
    (item,) = news.about(await vera.received(), title)
    assert post["text"] == item["text"]
    month = vera.t.month(cast.town.now)
    for words in (f"Courier {CANARY}", vera.t("item-published"), vera.t("item-code")):
        assert words in item["text"]
    assert vera.t("source-vetted", month=month) in item["text"]
    assert vera.t.count("item-approved", 2) in item["text"]
    assert vera.t("item-vetting") in await vera.tap("item-why")


async def a_rally_is_announced_by_two(cast: Cast, vera: Phone) -> None:
    """Drafted with buttons, approved exactly as it was shown: twelve taps together at most."""
    olga, emile = cast["olga"], cast["emile"]
    before = olga.taps + emile.taps
    preview = await desk.draft(cast, olga)
    had = len(await vera.received())
    question = await emile.text()
    assert question.startswith(emile.t("rally-request-announce"))
    assert emile.t("rally-place", place=desk.PLACE) in question
    assert olga.t("rally-place", place=desk.PLACE) in preview
    assert len(await vera.received()) == had
    await emile.tap("rally-approve-announce")
    assert olga.taps + emile.taps - before <= 12
    assert olga.typed == 1
    text = await desk.announced(cast, vera)
    assert vera.t("rally-approved", n=2) in text
    assert desk.code_in(text) == desk.code_in(question)


async def everybody_can_check_it(cast: Cast, vera: Phone) -> None:
    """A forward, a typed code, an altered copy and something else: no tap for any of them."""
    taps, t = vera.taps, vera.t
    post = (await cast.posts())[-1]
    forwarded = await vera.forward(post, CHANNEL)
    assert forwarded.startswith(t("check-real"))
    assert t("check-posted-by", channel=cast.handle) in forwarded
    assert (await vera.say(desk.code_in(post["text"]))).startswith(t("check-real"))
    altered = await vera.say(post["text"].replace("14:00", "16:00"))
    assert altered.startswith(t("check-altered"))
    assert f"{t('check-theirs')} 16:00" in altered
    assert f"{t('check-ours')} 14:00" in altered
    rumour = {"text": f"Come to the bridge at five, {CANARY}", "chat": CHANNEL}
    await cast["marta"].deed("text", rumour)
    unknown = await vera.forward((await cast.posts())[-1], CHANNEL)
    assert unknown.startswith(t("check-unknown"))
    assert vera.taps == taps


async def it_is_suspended_resumed_and_cancelled(cast: Cast, vera: Phone) -> None:
    """Reminders, and every state of the rally in the chat, in the channel and in the check."""
    olga, emile, t = cast["olga"], cast["emile"], vera.t
    post = next(m for m in reversed(await cast.posts()) if desk.PLACE in m["text"])
    posts = len(await cast.posts())
    await cast.town.wait_until(desk.moment(cast, 27, 18))
    assert (await vera.text()).startswith(t("rally-reminder-tomorrow"))
    assert len(await cast.posts()) == posts

    await desk.suspend(olga)
    await both_say(cast, vera, "rally-notice-suspended")
    stopped = await vera.forward(post, CHANNEL)
    assert stopped.startswith(t("check-suspended"))
    city = cast.town.place(cast.setting.city, vera.lang)
    when = t.moment(cast.town.now, cast.setting.zone, place=city)
    assert t("check-about-suspended", when=when, code=desk.code_in(await cast.post())) in stopped

    await desk.resume(olga, emile)
    await both_say(cast, vera, "rally-notice-resumed")
    assert (await vera.forward(post, CHANNEL)).startswith(t("check-out-of-date"))

    await cast.town.wait_until(desk.moment(cast, 28, 12))
    assert (await vera.text()).startswith(t("rally-reminder-today"))
    assert desk.PLACE in await vera.command("/next")

    await desk.cancel(emile, olga)
    await both_say(cast, vera, "rally-notice-cancelled")
    notice = t("revision-newer-cancelled")
    earlier = [text for text in await vera.texts() if text.startswith(notice)]
    assert len(earlier) == 5, "announced, two reminders, suspended, resumed"
    assert next(m["text"] for m in await cast.posts() if same(m, post)).startswith(notice)
    assert (await vera.forward(post, CHANNEL)).startswith(t("check-cancelled"))


async def everything_can_be_set_and_seen(cast: Cast, vera: Phone) -> None:
    """Each command of the menu, in the person's language, and the language itself."""
    t, other = vera.t, cast.setting.staff
    assert (await vera.command("/settings")).startswith(t("subscriptions-title"))
    assert (await vera.command("/news")).startswith(t("news-mine"))
    assert desk.PLACE not in await vera.command("/next")
    help_ = await vera.command("/help")
    assert [name for name in COMMANDS if f"/{name}" not in help_] == []
    assert (await vera.command("/privacy")).startswith(t("privacy-title"))
    mine = await vera.command("/mydata")
    assert mine.startswith(t("mydata-title"))
    assert str(vera.id) in mine
    await vera.command("/language")
    assert await vera.press(NAMES[other]) == translator(other)("subscriptions-language-kept")
    await vera.command("/language")
    assert await vera.press(NAMES[vera.lang]) == t("subscriptions-language-kept")


async def leaving_takes_one_tap_and_being_forgotten_two(cast: Cast, vera: Phone) -> None:
    """/stop, /forget and Erase now; then no file of the installation knows the person."""
    town, t = cast.town, vera.t
    tag = bytes(town.house.db.keys.tag(TelegramId(vera.id)))
    assert files_with([tag], town.config.storage.data_dir) != set()
    before = vera.taps
    assert (await vera.command("/stop")).startswith(t("privacy-paused"))
    assert vera.taps - before == 1
    await vera.command("/forget")
    assert (await vera.tap("forget-now")).startswith(t("forget-done"))
    assert vera.taps - before == 3
    assert not await stored(cast, vera)
    name = f"vera_{CANARY}".encode()
    ids = [*spellings(vera.id), name, name.swapcase()]
    assert files_with(ids, town.config.storage.data_dir) == set()
    assert t("start-consent-stored") in await vera.start()


async def both_say(cast: Cast, follower: Phone, key: str) -> None:
    """The newest message of the follower and of the channel is the same notice."""
    text = (await follower.texts())[-1]
    assert text.startswith(follower.t(key))
    assert await cast.post() == text


def same(one: Json, other: Json) -> bool:
    """Whether two views are of one message."""
    return bool(one["message_id"] == other["message_id"])


async def stored(cast: Cast, person: Phone) -> bool:
    """Whether the bot knows a subscription of this person."""
    said = await person.command("/mydata")
    person.taps -= 1
    return person.t("mydata-no-subscription") not in said
