"""Faults strike the calls they name, do what they say, and are used up."""

import asyncio
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
import telegram

from sandbox.errors import Refused
from sandbox.server import Sandbox
from tests.sandbox.conftest import Call, make_chat


async def fault(box: Sandbox, effect: str, **more: Any) -> None:
    await box.control("POST", "faults", {"effect": effect, **more})


def texts(box: Sandbox, chat: int) -> list[str]:
    return [m.data.get("text", "") for m in box.world.chats[chat].messages.values()]


async def test_an_error_names_method_chat_and_text_and_is_used_up(
    box: Sandbox, call: Call, vera: int
) -> None:
    await fault(box, "error", method="sendmessage", chat_id=vera, text="boo", status=500, count=1)
    assert (await call("sendMessage", chat_id=vera, text="other"))[0] == 200
    assert (await call("getChat", chat_id=vera))[0] == 200
    status, body = await call("sendMessage", chat_id=str(vera), text="a boo!")
    assert (status, body["description"]) == (500, "Internal Server Error: restart")
    assert (await call("sendMessage", chat_id=vera, text="boo"))[0] == 200
    assert (await box.control("GET", "faults"))["faults"] == []


async def test_a_429_carries_its_wait_and_an_impatient_client_is_counted(
    box: Sandbox,
    bot: telegram.Bot,
    call: Call,
    vera: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    parameters = {"retry_after": 30}
    await fault(box, "error", status=429, parameters=parameters, chat_id=vera, count=1)
    with pytest.raises(telegram.error.RetryAfter) as caught:
        await bot.send_message(vera, "x")
    assert caught.value.retry_after == timedelta(seconds=30)
    status, body = await call("sendMessage", chat_id=vera, text="again")
    assert status == 429
    assert 29 <= body["parameters"]["retry_after"] <= 30
    counts = (await box.control("GET", "calls"))["counts"]
    assert counts["client_faults"] == 1
    await box.control("POST", "clock", {"seconds": 30})
    assert (await call("sendMessage", chat_id=vera, text="later"))[0] == 200


async def test_a_403_and_a_migration_can_be_made_up(
    box: Sandbox, bot: telegram.Bot, vera: int
) -> None:
    text = "Forbidden: user is deactivated"
    await fault(box, "error", status=403, description=text, count=1)
    with pytest.raises(telegram.error.Forbidden, match="deactivated"):
        await bot.send_message(vera, "x")
    chat = await make_chat(box, "group", bot="member")
    await fault(box, "migrate", chat_id=chat, count=1)
    with pytest.raises(telegram.error.ChatMigrated) as caught:
        await bot.send_message(chat, "x")
    sent = await bot.send_message(caught.value.new_chat_id, "x")
    assert sent.chat.type == "supergroup"


@pytest.mark.parametrize(("when", "kept"), [("before", []), ("after", ["x"])])
async def test_a_502_comes_before_or_after_acceptance(
    box: Sandbox, call: Call, vera: int, when: str, kept: list[str]
) -> None:
    await fault(box, "error", status=502, when=when)
    status, body = await call("sendMessage", chat_id=vera, text="x")
    assert (status, body["error_code"]) == (502, 502)
    assert texts(box, vera)[1:] == kept


@pytest.mark.parametrize(("effect", "kept"), [("drop", ["x"]), ("reset", [])])
async def test_a_connection_ends_without_an_answer(
    box: Sandbox, bot: telegram.Bot, vera: int, effect: str, kept: list[str]
) -> None:
    await fault(box, effect, count=1)
    with pytest.raises(telegram.error.NetworkError):
        await bot.send_message(vera, "x")
    assert texts(box, vera)[1:] == kept
    await bot.send_message(vera, "y")
    assert texts(box, vera)[1:] == [*kept, "y"]
    (first,) = (await box.control("GET", "calls?status=0"))["calls"]
    assert first["description"] == "no answer"


@pytest.mark.parametrize(("when", "kept"), [("before", []), ("after", ["x"])])
async def test_a_slow_answer_outlasts_a_readers_patience(
    box: Sandbox, call: Call, vera: int, when: str, kept: list[str]
) -> None:
    await fault(box, "slow", seconds=0.5, when=when, count=1)
    async with asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(call("sendMessage", chat_id=vera, text="x"))
        await asyncio.sleep(0.15)
        assert texts(box, vera)[1:] == kept
    assert sending.result()[0] == 200


async def test_an_update_comes_twice_or_malformed(
    box: Sandbox, bot: telegram.Bot, call: Call
) -> None:
    await fault(box, "duplicate_update", count=1)
    await box.act("vera", "text", text="x")
    first, second = await bot.get_updates()
    assert first.update_id == second.update_id
    await fault(box, "malformed_update", text="poison", count=1)
    await box.act("vera", "text", text="poison")
    (update,) = (await call("getUpdates", offset=first.update_id + 1))[1]["result"]
    assert update["message"] == {"message_id": "?", "date": None}


async def test_a_revoked_token_answers_401_to_everything(box: Sandbox, call: Call) -> None:
    await fault(box, "revoked")
    for method in ("getMe", "getUpdates", "sendMessage"):
        status, body = await call(method)
        assert (status, body["description"]) == (401, "Unauthorized")
    await box.control("DELETE", "faults")
    assert (await call("getMe"))[0] == 200


async def test_chance_is_a_share_of_the_calls(box: Sandbox, call: Call) -> None:
    await fault(box, "error", status=500, method="getMe", probability=0.5)
    statuses = [(await call("getMe"))[0] for _ in range(40)]
    assert 8 <= statuses.count(500) <= 32


async def test_a_fault_that_does_not_exist_is_refused(box: Sandbox) -> None:
    for body in ({"effect": "explode"}, {"effect": "drop", "colour": "red"}, {}):
        with pytest.raises(Refused):
            await box.control("POST", "faults", body)
    with pytest.raises(Refused) as caught:
        await box.control("DELETE", "faults/77")
    assert caught.value.status == 404


async def test_the_log_never_holds_the_token(box: Sandbox, bot: telegram.Bot, vera: int) -> None:
    message = await bot.send_message(vera, "x")
    await bot.set_webhook("http://127.0.0.1:1/", secret_token="s3cret")
    async with (
        aiohttp.ClientSession(trust_env=False) as session,
        session.get(f"{box.control_url}/calls") as answer,
    ):
        raw = await answer.text()
    assert box.bot_token not in raw
    assert "s3cret" not in raw
    calls = (await box.control("GET", "calls?method=sendMessage"))["calls"]
    assert [c["result_id"] for c in calls] == [message.message_id]
