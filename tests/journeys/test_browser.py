"""The demo's page in a real browser: from nothing to a rally, a check, and being forgotten."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, ViewportSize, expect
from rich.console import Console

from bot.config import DemoOptions
from bot.demo import opened
from bot.demo.box import Box
from bot.i18n import translator
from tests.browser import browser_page, needs_browser

__all__ = ["browser_page"]
pytestmark = [pytest.mark.browser, needs_browser]
PICTURE = Path(__file__).parents[2] / "docs" / "images" / "page.png"
PHONE, DESK = ViewportSize(width=390, height=800), ViewportSize(width=1280, height=820)
CHANNEL = "Brussels together"
t = translator("en")


@pytest.fixture
async def demo() -> AsyncIterator[Box]:
    """What `make demo` starts, and somebody who has never heard of the bot."""
    async with opened(DemoOptions(), Console(quiet=True)) as (_, box):
        await box.call("POST", "people", {"name": "Grace", "language_code": "en"})
        yield box


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Where the README's picture goes: only on request is the one in the repository replaced."""
    wanted = bool(os.environ.get("TOCSIN_WRITE_SCREENSHOT")) or not PICTURE.exists()
    PICTURE.parent.mkdir(exist_ok=True)
    return PICTURE if wanted else tmp_path / PICTURE.name


async def test_somebody_follows_reads_checks_and_is_forgotten(
    demo: Box, browser_page: Page, picture: Path
) -> None:
    page = browser_page
    await page.goto(demo.page)
    await page.get_by_label("You are").select_option(label="Grace (en)")
    await follows_a_city(page)
    await reads_a_rally(page)
    await checks_a_post(page)
    await photograph(page, picture)
    await is_forgotten(page)


async def follows_a_city(page: Page) -> None:
    """START, down the list to the city, and what is stored before the last button."""
    await page.get_by_role("button", name="START").click()
    await expect(latest(page)).to_contain_text(t("start-consent-stored"))
    for label in (
        t("districts-list"),
        "Belgium",
        "Brussels",
        t("districts-follow", place="Brussels"),
    ):
        await tap(page, label)
    await expect(latest(page)).to_contain_text(t("start-poster", place="Brussels"))
    await tap(page, t("start-subscribe"))
    await expect(latest(page)).to_contain_text(t("rally-next-short"))


async def reads_a_rally(page: Page) -> None:
    """/next shows it; a button more shows where it is on the map."""
    await write(page, "/next")
    await expect(latest(page)).to_contain_text(t("rally-next-title", districts="Brussels"))
    await expect(latest(page)).to_contain_text(t("rally-place", place="Place de la Monnaie"))
    await tap(page, t("rally-button-where"))
    await expect(latest(page)).to_contain_text(t("rally-coordinates", point="50.8495, 4.3531"))


async def checks_a_post(page: Page) -> None:
    """Join the channel, forward its post to the bot: real."""
    await page.get_by_role("button", name="Chats", exact=True).click()
    await page.get_by_role("button", name=CHANNEL).click()
    await page.get_by_text("Chat menu").click()
    await page.get_by_role("button", name="Join").click()
    await expect(page.get_by_role("button", name="Leave")).to_be_visible()
    post = page.get_by_role("log").locator("li.in").filter(has_text="Place de la Monnaie").last
    await post.get_by_text("More").click()
    await post.get_by_role("button", name="Forward…").click()
    await page.get_by_role("dialog").get_by_role("button", name="The bot").click()
    await page.get_by_role("button", name="Chats", exact=True).click()
    await page.locator("#dialogs").get_by_role("button").first.click()
    await expect(latest(page)).to_contain_text(t("check-real"))


async def is_forgotten(page: Page) -> None:
    """Two taps: /forget in the menu, Erase now."""
    await write(page, "/forget")
    await tap(page, t("forget-now"))
    await expect(latest(page)).to_contain_text(t("forget-done"))
    await write(page, "/mydata")
    await expect(latest(page)).to_contain_text(t("mydata-no-subscription"))


async def photograph(page: Page, to: Path) -> None:
    """The chat on a wide screen, as the README shows it: menu closed, toast gone."""
    await page.get_by_text("Chat menu").click()
    await page.locator("#toast").evaluate("toast => toast.textContent = ''")
    await page.set_viewport_size(DESK)
    await latest(page).scroll_into_view_if_needed()
    await page.screenshot(path=to)
    await page.set_viewport_size(PHONE)
    assert to.stat().st_size > 20_000


def latest(page: Page) -> Locator:
    """The newest message of the bot."""
    return page.get_by_role("log").locator("li.in").last


async def tap(page: Page, label: str) -> None:
    """Press a button of the newest message that has it."""
    log = page.get_by_role("log")
    await log.locator(".inline").get_by_role("button", name=label, exact=True).last.click()


async def write(page: Page, text: str) -> None:
    """Type and send."""
    await page.get_by_label("Message", exact=True).fill(text)
    await page.get_by_role("button", name="Send").click()
