"""The sandbox's page in a real browser: several people, their chats, and the panel."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Page, expect

from sandbox.server import Sandbox, running
from tests.browser import browser_page, needs_browser

__all__ = ["browser_page"]
pytestmark = [pytest.mark.browser, needs_browser]


class Bot:
    """Answers by hand: each call is one request to the Bot API."""

    def __init__(self, http: aiohttp.ClientSession, box: Sandbox) -> None:
        self.http, self.box = http, box
        self.offset = 0

    async def call(self, method: str, **parameters: Any) -> Any:
        """Call a method; a refusal fails the test."""
        url = f"{self.box.bot_url}{self.box.bot_token}/{method}"
        async with self.http.post(url, json=parameters) as answer:
            found = await answer.json()
            assert found["ok"], found
            return found["result"]

    async def update(self, kind: str) -> Any:
        """Wait for the next update of a kind."""
        for _ in range(3):
            for got in await self.call("getUpdates", offset=self.offset, timeout=5):
                self.offset = got["update_id"] + 1
                if kind in got:
                    return got[kind]
        raise AssertionError(f"no {kind}")


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    """A sandbox with two people and a channel of one of them."""
    seed = {
        "people": [
            {"name": "Vera", "username": "vera", "language_code": "be", "id": 1001},
            {"name": "Marta", "username": "marta", "language_code": "nl", "id": 1002},
        ],
        "chats": [
            {
                "type": "channel",
                "title": "Minsk streets",
                "username": "minsk_streets",
                "creator": "marta",
            },
        ],
    }
    async with running(Sandbox(rates="off", seed=seed)) as box:
        yield box


@pytest.fixture
async def bot(box: Sandbox) -> AsyncIterator[Bot]:
    """The bot behind the page."""
    async with aiohttp.ClientSession() as http:
        yield Bot(http, box)


async def test_a_person_starts_the_bot_reads_and_taps(
    box: Sandbox, bot: Bot, browser_page: Page
) -> None:
    await browser_page.goto(box.url)
    await browser_page.get_by_role("button", name="START").click()
    assert (await bot.update("message"))["text"] == "/start"
    keyboard = {"inline_keyboard": [[{"text": "Subscribe", "callback_data": "s"}]]}
    bold = [{"type": "bold", "offset": 3, "length": 6}]
    await bot.call(
        "sendMessage",
        chat_id=1001,
        text="\U0001f514 Rally at noon",
        entities=bold,
        reply_markup=keyboard,
    )
    log = browser_page.get_by_role("log")
    await expect(log.locator("strong")).to_have_text("Rally ")
    press = asyncio.ensure_future(log.get_by_role("button", name="Subscribe").click())  # noqa: TID251  # the click waits for the answer given below
    query = await bot.update("callback_query")
    await bot.call("answerCallbackQuery", callback_query_id=query["id"], text="Subscribed")
    await press
    await expect(browser_page.locator("#toast")).to_have_text("Subscribed")


async def test_words_are_typed_and_sent_by_keyboard_alone(
    box: Sandbox, bot: Bot, browser_page: Page
) -> None:
    await box.control("POST", "people/vera/start", {})
    await bot.update("message")
    await browser_page.goto(box.url)
    await expect(browser_page.get_by_role("log")).to_contain_text("/start")
    await browser_page.keyboard.press("Tab")
    await browser_page.keyboard.press("Enter")
    await browser_page.keyboard.type("/next")
    await browser_page.keyboard.press("Enter")
    got = await bot.update("message")
    assert got["text"] == "/next"
    assert got["entities"][0]["type"] == "bot_command"


async def test_a_location_and_a_photo_reach_the_bot(
    box: Sandbox, bot: Bot, browser_page: Page
) -> None:
    await browser_page.goto(box.url)
    await browser_page.get_by_role("button", name="START").click()
    await bot.update("message")
    await browser_page.get_by_text("Attach").click()
    await browser_page.get_by_label("Latitude").fill("50.8467")
    await browser_page.get_by_role("button", name="Share location").click()
    assert (await bot.update("message"))["location"]["latitude"] == pytest.approx(50.8467)
    await browser_page.get_by_role("button", name="Sample photo").click()
    assert (await bot.update("message"))["photo"]


async def test_a_channel_post_is_forwarded_to_the_bot_by_another_person(
    box: Sandbox, bot: Bot, browser_page: Page
) -> None:
    await browser_page.goto(box.url)
    await browser_page.get_by_role("button", name="START").click()
    await bot.update("message")
    await browser_page.get_by_label("You are").select_option(label="Marta (nl)")
    await browser_page.get_by_role("button", name="Chats", exact=True).click()
    await browser_page.get_by_role("button", name="Minsk streets").click()
    await browser_page.get_by_label("Message", exact=True).fill("Come at noon")
    await browser_page.get_by_role("button", name="Send").click()
    await browser_page.get_by_label("You are").select_option(label="Vera (be)")
    await browser_page.get_by_role("button", name="Chats", exact=True).click()
    await browser_page.get_by_role("button", name="Minsk streets").click()
    await browser_page.get_by_text("Chat menu").click()
    await browser_page.get_by_role("button", name="Join").click()
    await expect(browser_page.get_by_role("button", name="Leave")).to_be_visible()
    await browser_page.get_by_text("More").click()
    await browser_page.get_by_role("button", name="Forward…").click()
    await browser_page.get_by_role("dialog").get_by_role("button", name="The bot").click()
    got = await bot.update("message")
    assert got["forward_origin"]["chat"]["username"] == "minsk_streets"


async def test_the_bot_gets_a_channel_through_the_chooser(
    box: Sandbox, bot: Bot, browser_page: Page
) -> None:
    await browser_page.goto(f"{box.url}/#1002/bot")
    await browser_page.get_by_role("button", name="START").click()
    await bot.update("message")
    rights = {
        "can_post_messages": True,
        "can_edit_messages": True,
        "is_anonymous": False,
        "can_manage_chat": True,
        "can_delete_messages": False,
        "can_manage_video_chats": False,
        "can_restrict_members": False,
        "can_promote_members": False,
        "can_change_info": False,
        "can_invite_users": False,
        "can_post_stories": False,
        "can_edit_stories": False,
        "can_delete_stories": False,
    }
    ask = {
        "request_id": 7,
        "chat_is_channel": True,
        "bot_administrator_rights": rights,
        "user_administrator_rights": rights,
    }
    keys = {"keyboard": [[{"text": "Choose a channel", "request_chat": ask}]]}
    await bot.call("sendMessage", chat_id=1002, text="Which one?", reply_markup=keys)
    await browser_page.get_by_role("button", name="Choose a channel").click()
    await browser_page.get_by_role("dialog").get_by_role("button", name="Minsk streets").click()
    shared = (await bot.update("message"))["chat_shared"]
    assert shared["request_id"] == 7
    member = await bot.call(
        "getChatMember", chat_id=shared["chat_id"], user_id=(await bot.call("getMe"))["id"]
    )
    assert member["can_post_messages"] is True


async def test_blocking_and_unblocking_works_from_the_menu(
    box: Sandbox, bot: Bot, browser_page: Page
) -> None:
    await browser_page.goto(box.url)
    await browser_page.get_by_role("button", name="START").click()
    await bot.update("message")
    await browser_page.get_by_text("Chat menu").click()
    await browser_page.get_by_role("button", name="Block the bot").click()
    changed = await bot.update("my_chat_member")
    assert changed["new_chat_member"]["status"] == "kicked"
    await browser_page.get_by_role("button", name="Unblock the bot").click()
    assert (await bot.update("my_chat_member"))["new_chat_member"]["status"] == "member"


async def test_the_panel_moves_the_clock_adds_faults_and_shows_the_calls(
    box: Sandbox, bot: Bot, browser_page: Page
) -> None:
    before = (await box.control("GET", "clock"))["offset"]
    await browser_page.goto(box.url)
    await browser_page.get_by_role("button", name="Panel").click()
    await browser_page.get_by_role("button", name="+1 day").click()
    await expect(browser_page.locator("#panel-clock")).to_be_visible()
    await browser_page.get_by_text("Faults", exact=True).click()
    await browser_page.get_by_role("button", name="Token revoked").click()
    await expect(browser_page.get_by_role("button", name="Remove fault")).to_be_visible()
    assert (await box.control("GET", "clock"))["offset"] - before == pytest.approx(86400, abs=5)
    await browser_page.get_by_role("button", name="Remove fault").click()
    await expect(browser_page.get_by_text("No fault is active.")).to_be_visible()
    await bot.call("getMe")
    await browser_page.get_by_text("Log of calls", exact=True).click()
    await expect(browser_page.get_by_role("cell", name="getMe")).to_be_visible()


async def test_the_whole_page_fits_a_phone_and_every_control_has_a_name(
    box: Sandbox, browser_page: Page
) -> None:
    await browser_page.goto(box.url)
    await expect(browser_page.get_by_role("button", name="START")).to_be_visible()
    for view in ("Chats", "Chat", "Panel"):
        await browser_page.get_by_role("button", name=view, exact=True).click()
        width = await browser_page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, f"{view} is {width} wide"
    nameless = await browser_page.evaluate(
        """[...document.querySelectorAll("button, input, select, textarea")].filter(
            (part) => !part.textContent.trim() && !part.labels?.length
                && !part.getAttribute("aria-label")).map((part) => part.outerHTML)"""
    )
    assert nameless == []


@pytest.mark.parametrize("width", [390, 320])
async def test_a_long_chat_opens_at_its_end_and_fits_a_narrow_phone(
    box: Sandbox, bot: Bot, browser_page: Page, width: int
) -> None:
    await browser_page.set_viewport_size({"width": width, "height": 640})
    await browser_page.goto(box.url)
    await browser_page.get_by_role("button", name="START").click()
    person = (await bot.update("message"))["from"]["id"]
    commands = [{"command": f"command{n}", "description": "x"} for n in range(9)]
    await bot.call("setMyCommands", commands=commands)
    for n in range(20):
        await bot.call("sendMessage", chat_id=person, text=f"Line {n}\n" * 4)
    last = browser_page.get_by_role("log").get_by_text("Line 19")
    await expect(last).to_be_in_viewport()
    await browser_page.reload()
    await expect(last).to_be_in_viewport()
    await expect(browser_page.get_by_role("button", name="Send")).to_be_in_viewport()
    assert await browser_page.evaluate("document.documentElement.scrollWidth") == width
