"""Chapters of a story about a rally: drafted with buttons, approved, announced, stopped."""

import re
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from tests.journeys.cast import Cast
from tests.journeys.phone import Phone, words
from tests.leaks import CANARY

DAY, AT = date(2026, 11, 28), time(14)
"""The Saturday after the one on which every journey begins."""
PLACE = f"Freedom Square {CANARY}"
CODE = re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b")


def moment(cast: Cast, day: int, hour: int) -> datetime:
    """An hour of November 2026 on the clocks of the city."""
    return datetime(2026, 11, day, hour, tzinfo=ZoneInfo(cast.setting.zone))


async def draft(cast: Cast, by: Phone) -> str:
    """Fill the form and send it for approval; returns the preview."""
    await by.command("/staff")
    await by.tap("rally-button-new")
    await by.tap("rally-type-march")
    await by.choose(cast.district)
    await by.tap("rally-button-done")
    await by.press(by.t.short_day(DAY))
    await by.press(f"{AT:%H:%M}")
    preview = await by.say(PLACE)
    await by.tap("rally-button-send")
    return preview


async def card(by: Phone) -> str:
    """Open the one rally there is from the menu."""
    await by.command("/staff")
    await by.tap("rally-button-desk")
    return await by.press(f"{by.t.short_day(DAY)}, {AT:%H:%M}")


async def suspend(by: Phone) -> None:
    """One person stops it."""
    await card(by)
    await by.tap("rally-button-suspend")
    await by.tap("rally-reason-safety")
    assert by.toasts[-1] == by.t("rally-suspended-done")


async def resume(first: Phone, second: Phone) -> None:
    """Two people start it again."""
    await card(first)
    await first.tap("rally-button-resume")
    await second.tap("rally-approve-resume")


async def cancel(first: Phone, second: Phone) -> None:
    """Two people end it."""
    await card(first)
    await first.tap("rally-button-cancel")
    await first.tap("rally-reason-weather")
    await second.tap("rally-approve-cancel")


def code_in(text: str) -> str:
    """The code that a text ends with."""
    return str(CODE.findall(text)[-1])


async def announced(cast: Cast, follower: Phone) -> str:
    """The announcement as the follower got it, which is the text that the channel shows."""
    text = await follower.text()
    assert PLACE in text
    assert words((await cast.posts())[-1]) == text
    return text
