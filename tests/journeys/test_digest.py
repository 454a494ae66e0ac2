"""News once a day: picked by buttons, sent at the hour without a sound, once, restart or not."""

from tests.journeys import desk, news
from tests.journeys.cast import EAST, enrolled
from tests.journeys.conftest import Town


async def test_the_news_of_a_day_come_at_the_hour_that_was_picked(town: Town) -> None:
    cast = await enrolled(town, EAST)
    nina, noah = [await cast.invite(part, "news") for part in ("nina", "noah")]
    vera = await town.street.person("Vera", "be")
    await vera.start("d_kastr")
    await vera.tap("start-subscribe")
    await vera.command("/settings")
    await vera.tap("subscriptions-change-news")
    await vera.tap("subscriptions-news-digest")
    assert vera.t("subscriptions-digest", hour="20:00") in await vera.press("20:00")

    await news.propose(cast, nina, await news.feed_of_the_courier(cast))
    await news.vet(noah)
    await town.pass_time(minutes=10)
    for title in ("Water is back", "The bridge is open"):
        await news.appears(cast, title)
        await news.decide(nina)
        assert await news.decide_by_number(cast, noah) == noah.t("queue-empty")
    had = len(await vera.received())

    await town.wait_until(desk.moment(cast, 21, 19))
    assert len(await vera.received()) == had
    await town.pass_time(hours=1, minutes=1)
    digest = (await vera.last())["text"]
    assert len(await vera.received()) == had + 1
    assert digest.startswith(vera.t("digest-title"))
    for title in ("1. The bridge is open", "2. Water is back"):
        assert title in digest
    sent = (await town.street.calls("sendMessage"))[-1]
    assert sent["parameters"]["disable_notification"]

    await town.stop()
    await town.begin()
    await town.pass_time(minutes=5)
    assert len(await vera.received()) == had + 1
    assert (await vera.forward(await vera.last(), "bot")).startswith(vera.t("check-real"))
