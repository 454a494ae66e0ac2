"""News from its proposal to its end, as readers see it: label, correction, retraction."""

from tests.journeys import news
from tests.journeys.cast import EAST, Cast, enrolled, link_channel
from tests.journeys.conftest import Town
from tests.journeys.desk import code_in
from tests.journeys.phone import Phone
from tests.leaks import CANARY

BEFORE, AFTER = "Water is back in two streets", "Water is back in five streets"


async def test_news_is_proposed_published_corrected_hidden_and_taken_back(town: Town) -> None:
    cast = await enrolled(town, EAST)
    for part, role in (("nina", "news"), ("noah", "news"), ("marta", "channels")):
        await cast.invite(part, role)
    await link_channel(cast, lang=EAST.protester)
    vera = await follower(cast)
    await news.propose(cast, cast["nina"], await news.feed_of_the_courier(cast))
    await news.vet(cast["noah"])
    await town.pass_time(minutes=10)
    await what_was_there_before_is_refused(cast["nina"])
    code = await it_is_published_with_its_label(cast, vera)
    await everybody_reads_the_correction(cast, vera)
    await one_hides_it_at_once(cast, vera, code)
    await two_take_it_back(cast, vera, code)


async def follower(cast: Cast) -> Phone:
    """Somebody follows the city's news."""
    vera = await cast.town.street.person("Vera", EAST.protester)
    await vera.start(f"d_{EAST.district}")
    await vera.tap("start-subscribe")
    return vera


async def what_was_there_before_is_refused(nina: Phone) -> None:
    """What a feed shows at first sight may be offered; none of it is wanted here."""
    await nina.command("/staff")
    shown = await nina.tap("queue-open")
    while shown != nina.t("queue-empty"):
        shown = await nina.tap("item-reject")


async def it_is_published_with_its_label(cast: Cast, vera: Phone) -> str:
    """Two moderators; the message says where it comes from and by how many media; its code."""
    await news.appears(cast, BEFORE)
    for part in ("nina", "noah"):
        assert await news.decide(cast[part]) == 1
    (item,) = news.about(await vera.received(), BEFORE)
    t = vera.t
    for words in (t("item-one-source"), t("item-label-probation"), t.count("item-approved", 2)):
        assert words in item["text"]
    why = await vera.tap("item-why")
    assert t("item-no-corrections") in why
    return code_in(item["text"])


async def its_medium_changes_a_fact(cast: Cast) -> None:
    """Both moderators see both texts, and agree."""
    path = f"feeds/{news.FEED}/items/{news.OLD + 1}"
    await cast.town.street.call("PATCH", path, {"title": f"{AFTER} {CANARY}"})
    await cast.town.pass_time(minutes=10)
    for part in ("nina", "noah"):
        phone = cast[part]
        await phone.command("/staff")
        shown = await phone.tap("queue-open")
        assert BEFORE in shown
        assert AFTER in shown
        await phone.tap("item-correct")


async def everybody_reads_the_correction(cast: Cast, vera: Phone) -> None:
    """The message changes in place, and nothing new comes."""
    had = len(await vera.received())
    await its_medium_changes_a_fact(cast)
    corrected = vera.t("item-corrected", time="").strip()
    (item,) = news.about(await vera.received(), corrected)
    assert AFTER in item["text"]
    assert BEFORE not in item["text"]
    assert len(await vera.received()) == had
    (post,) = news.about(await cast.posts(), corrected)
    assert post["text"] == item["text"]
    assert vera.t.count("item-corrections", 1) in await vera.tap("item-why")


async def one_hides_it_at_once(cast: Cast, vera: Phone, code: str) -> None:
    """From the card of the item; readers see that it is being checked, and nothing of the text."""
    nina = cast["nina"]
    await nina.say(code)
    await nina.tap("item-why")
    await nina.tap("item-take-back")
    await nina.tap("revision-button-mask")
    await nina.tap("revision-button-mask-now")
    (item,) = news.about(await vera.received(), vera.t("revision-masked"))
    assert "Water" not in item["text"]
    assert not news.about(await cast.posts(), vera.t("item-corrected", time="").strip())


async def two_take_it_back(cast: Cast, vera: Phone, code: str) -> None:
    """It is gone from every chat, and its code says so."""
    nina, noah = cast["nina"], cast["noah"]
    await nina.tap("revision-button-recall")
    await nina.tap("revision-button-ask")
    await noah.tap("revision-approve-recall")
    left = [*await vera.received(), *await cast.posts()]
    assert news.about(left, vera.t("revision-masked")) == []
    assert news.about(left, vera.t("item-corrected", time="").strip()) == []
    assert (await vera.say(code)).startswith(vera.t("check-recalled"))
