"""People without Telegram: what was relayed lies in a folder that anybody may serve."""

import json
from pathlib import Path

from msgspec.structs import replace

from bot.config import Publish
from feeds.read import read
from tests.journeys import news
from tests.journeys.cast import EAST, enrolled
from tests.journeys.conftest import Town
from tests.journeys.phone import Phone

ADDRESS = "https://mirror.example.org"
TITLE = "Water is back"


async def test_news_reaches_whoever_has_no_telegram_and_is_taken_back_there_too(
    town: Town, tmp_path: Path
) -> None:
    shelf = tmp_path / "public"
    await town.stop()
    town.config = replace(town.config, publish=Publish(folder=shelf, address=ADDRESS))
    await town.begin()
    cast = await enrolled(town, EAST)
    for part in ("nina", "noah"):
        await cast.invite(part, "news")
    await news.propose(cast, cast["nina"], await news.feed_of_the_courier(cast))
    await news.vet(cast["noah"])
    await town.pass_time(minutes=10)
    await refuse_all(cast["nina"])
    await news.appears(cast, TITLE)
    for part in ("nina", "noah"):
        await news.decide(cast[part])
    await town.beat()
    (item,) = json.loads((shelf / EAST.protester / f"{EAST.district}.json").read_bytes())["items"]
    assert item["title"].startswith(TITLE)
    again = read((shelf / EAST.protester / f"{EAST.city}.xml").read_bytes())
    assert [entry.guid for entry in again.entries] == [item["id"]]
    await hold(cast["noah"])
    await town.beat()
    (held,) = json.loads((shelf / EAST.protester / f"{EAST.district}.json").read_bytes())["items"]
    assert held["id"] == item["id"]
    assert TITLE not in json.dumps(held)


async def refuse_all(by: Phone) -> None:
    """What a feed shows at first sight may be offered; none of it is wanted here."""
    await by.command("/staff")
    shown = await by.tap("queue-open")
    while shown != by.t("queue-empty"):
        shown = await by.tap("item-reject")


async def hold(by: Phone) -> None:
    """One moderator holds the only source there is."""
    await by.command("/staff")
    await by.tap("sources-menu")
    await by.press(next(label for label in await by.labels() if "Courier" in label))
    await by.tap("source-hold")
