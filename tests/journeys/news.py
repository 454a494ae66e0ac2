"""Chapters of a story about news: a source is proposed, vetted, and one of its items relayed."""

from bot.domain.evidence import Check
from tests.journeys.cast import Cast
from tests.journeys.phone import Json, Phone
from tests.leaks import CANARY

FEED = "courier"
OLD = 4
"""Items that the feed had before anybody proposed it."""


async def feed_of_the_courier(cast: Cast) -> str:
    """A medium publishes; returns the address of its feed."""
    items = [{"title": f"Old story {n} {CANARY}", "text": f"Long ago {CANARY}"} for n in range(OLD)]
    body = {"name": FEED, "title": f"Courier {CANARY}", "language": "en", "items": items}
    made = await cast.town.street.call("POST", "feeds", body)
    return str(made["url"])


async def propose(cast: Cast, by: Phone, address: str) -> str:
    """Paste the address and propose it for the city; returns what was shown of the feed."""
    shown = await by.say(address)
    await by.press(cast.town.place(cast.setting.land, by.lang))
    await by.press(cast.city)
    await by.tap("proposal-whole", place=cast.city)
    assert await by.tap("proposal-send") == by.t("proposal-sent")
    return shown


async def vet(by: Phone) -> str:
    """Fill the checklist of what waits and vet it; returns the card of the source then."""
    await by.tap("source-open")
    await by.tap("source-evidence")
    for check in Check:
        if check is not Check.ARCHIVE:  # the proposal itself kept what it showed
            await by.press(f"☐ {by.t(f'evidence-short-{check}')}")
    return await by.tap("source-agree-vet")


async def appears(cast: Cast, title: str) -> None:
    """The medium publishes something new, and the bot reads it when it is due."""
    body = {"title": f"{title} {CANARY}", "text": f"Three streets have water {CANARY}."}
    await cast.town.street.call("POST", f"feeds/{FEED}/publish", body)
    await cast.town.pass_time(minutes=10)


async def decide(by: Phone) -> int:
    """Open the queue and publish its first item; returns how many taps the decision took."""
    await by.command("/staff")
    await by.tap("queue-open")
    before = by.taps
    await by.tap("item-publish")
    return by.taps - before


async def decide_by_number(cast: Cast, by: Phone) -> str:
    """Open the queue and type the number of its first button; returns the card that follows."""
    await by.command("/staff")
    card = await by.tap("queue-open")
    assert f"1 {by.t('item-publish')} · 2 {by.t('item-reject')}" in card
    await cast.town.pass_time(seconds=5)
    return await by.say("1")


async def in_queue(by: Phone) -> bool:
    """Whether anything waits for this moderator."""
    await by.command("/staff")
    return await by.tap("queue-open") != by.t("queue-empty")


def about(messages: list[Json], title: str) -> list[Json]:
    """The messages that carry an item."""
    return [m for m in messages if str(m.get("text", "")).startswith(title)]
