"""The stream of updates: long polls that wait, one poller, a day's memory, the webhook."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
import telegram
from aiohttp import web

from sandbox.server import Sandbox
from tests.sandbox.conftest import Call, make_chat


async def say(box: Sandbox, text: str) -> None:
    await box.act("vera", "text", text=text)


async def test_a_poll_waits_for_what_happens(box: Sandbox, bot: telegram.Bot) -> None:
    async with asyncio.TaskGroup() as tasks:
        poll = tasks.create_task(bot.get_updates(timeout=20))
        await asyncio.sleep(0.1)
        assert not poll.done()
        assert (await box.control("GET", "state"))["updates"]["polling"] is True
        await say(box, "hello")
    (update,) = poll.result()
    assert update.message is not None
    assert update.message.text == "hello"


async def test_a_poll_that_nobody_disturbs_ends_empty_in_its_time(call: Call) -> None:
    loop = asyncio.get_running_loop()
    started = loop.time()
    assert await call("getUpdates", timeout=1) == (200, {"ok": True, "result": []})
    assert loop.time() - started >= 0.9


async def test_updates_stay_until_an_offset_confirms_them(box: Sandbox, bot: telegram.Bot) -> None:
    for text in ("1", "2", "3"):
        await say(box, text)
    first = await bot.get_updates(limit=2)
    assert [u.message.text for u in first if u.message] == ["1", "2"]
    assert await bot.get_updates(limit=2) == first
    rest = await bot.get_updates(offset=first[-1].update_id + 1)
    assert [u.message.text for u in rest if u.message] == ["3"]


async def test_a_negative_offset_keeps_only_the_last(box: Sandbox, bot: telegram.Bot) -> None:
    for text in ("1", "2", "3"):
        await say(box, text)
    updates = await bot.get_updates(offset=-1)
    assert [u.message.text for u in updates if u.message] == ["3"]
    assert len(await bot.get_updates()) == 1


async def test_updates_are_kept_for_a_day(box: Sandbox, bot: telegram.Bot) -> None:
    await say(box, "old")
    await box.control("POST", "clock", {"seconds": 86_000})
    assert len(await bot.get_updates()) == 1
    await box.control("POST", "clock", {"seconds": 500})
    assert await bot.get_updates() == ()


async def test_the_kinds_asked_for_are_remembered(box: Sandbox, call: Call, vera: int) -> None:
    message = (await call("sendMessage", chat_id=vera, text="x"))[1]["result"]["message_id"]
    await box.act("vera", "react", message_id=message, emoji="👍")
    assert (await call("getUpdates"))[1]["result"] == []
    await call("getUpdates", allowed_updates=["message_reaction"])
    await call("getUpdates")
    await box.act("vera", "react", message_id=message, emoji="🔥")
    await say(box, "unseen")
    (update,) = (await call("getUpdates"))[1]["result"]
    assert update["message_reaction"]["old_reaction"] == [{"type": "emoji", "emoji": "👍"}]


async def test_a_second_poller_ends_the_first(call: Call) -> None:
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(call("getUpdates", timeout=20))
        await asyncio.sleep(0.1)
        second = tasks.create_task(call("getUpdates", timeout=1))
    status, body = first.result()
    assert status == 409
    assert body["description"] == (
        "Conflict: terminated by other getUpdates request; "
        "make sure that only one bot instance is running"
    )
    assert second.result()[0] == 200


async def test_a_poller_that_vanished_and_came_back_loses_nothing(box: Sandbox, call: Call) -> None:
    async with aiohttp.ClientSession(trust_env=False) as session:
        url = f"{box.bot_url}{box.bot_token}/getUpdates"
        with pytest.raises(TimeoutError):
            await session.post(url, json={"timeout": 30}, timeout=aiohttp.ClientTimeout(total=0.2))
    await say(box, "while away")
    status, body = await call("getUpdates", timeout=30)
    assert (status, [u["message"]["text"] for u in body["result"]]) == (200, ["while away"])
    async with asyncio.timeout(30):
        while not (gone := (await box.control("GET", "calls?status=0"))["calls"]):
            await asyncio.sleep(0.02)
    assert gone[0]["description"] == "the client went away"
    assert "409" not in (await box.control("GET", "calls"))["counts"]["by_status"]


@dataclass
class Receiver:
    """A bot's own address: notes what comes, answers what it is told to."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    got: list[tuple[Any, str | None]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        secret = request.headers.get("X-Telegram-Bot-Api-Secret-Token")
        self.got.append((await request.json(), secret))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    async def until(self, count: int) -> None:
        async with asyncio.timeout(30):
            while len(self.got) < count:
                await asyncio.sleep(0.02)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.add_routes([web.post("/hook", receiver.take)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield receiver
    await runner.cleanup()


async def test_a_webhook_gets_updates_with_its_secret_until_it_accepts_them(
    box: Sandbox, bot: telegram.Bot, receiver: Receiver
) -> None:
    receiver.statuses = [500, 503]
    await bot.set_webhook(receiver.url, secret_token="s-1")
    await say(box, "hello")
    await receiver.until(3)
    ids = {update["update_id"] for update, _ in receiver.got}
    assert len(ids) == 1
    assert {secret for _, secret in receiver.got} == {"s-1"}
    info = await bot.get_webhook_info()
    assert (info.url, info.pending_update_count) == (receiver.url, 0)
    assert info.last_error_message == "Wrong response from the webhook: 503 Service Unavailable"


async def test_polling_is_refused_while_a_webhook_is_set(
    bot: telegram.Bot, call: Call, receiver: Receiver
) -> None:
    await bot.set_webhook(receiver.url)
    status, body = await call("getUpdates")
    assert status == 409
    assert body["description"] == (
        "Conflict: can't use getUpdates method while webhook is active; "
        "use deleteWebhook to delete the webhook first"
    )
    await bot.delete_webhook()
    assert (await call("getUpdates"))[0] == 200


async def test_a_webhook_elsewhere_is_refused(call: Call) -> None:
    status, _ = await call("setWebhook", url="https://example.org/hook")
    assert status == 400
    status, _ = await call("setWebhook", url="http://127.0.0.1:1/", secret_token="no spaces")
    assert status == 400


async def test_privacy_mode_hides_what_is_not_meant_for_the_bot(
    box: Sandbox, bot: telegram.Bot
) -> None:
    chat = await make_chat(box, "supergroup", bot="member")
    sent = await bot.send_message(chat, "ask me")
    box.world.updates.queue.clear()
    for text in ("chatter", "/start@other_bot", "/start", f"/help@{bot.username}"):
        await box.act("vera", "text", chat=chat, text=text)
    await box.act("vera", "text", chat=chat, text="answer", reply_to=sent.message_id)
    seen = [u.message.text for u in await bot.get_updates() if u.message]
    assert seen == ["/start", f"/help@{bot.username}", "answer"]
    await box.act("vera", "member", chat=chat, user="bot", status="administrator")
    box.world.updates.queue.clear()
    await box.act("vera", "text", chat=chat, text="chatter")
    assert len(await bot.get_updates()) == 1
