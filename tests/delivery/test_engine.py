"""The engine against a sandbox that refuses, loses answers and goes away."""

import pytest

from bot.delivery.pace import Pace
from bot.domain.outbox import Lane
from bot.views.message import Amend, Erase, Message, Say, Toast
from sandbox.server import Sandbox, running
from storage.db import Database
from storage.outbox import Stage
from tests.delivery.desk import (
    counted,
    equals,
    eventually,
    fault,
    queue,
    stages,
    texts,
    truth,
)
from tests.delivery.house import opened


async def test_messages_of_one_chat_keep_their_order(sqlite: Database, box: Sandbox) -> None:
    async with opened(sqlite, box) as house:
        vera = await house.person("vera")
        for n in range(20):
            await queue(house, vera, Say(Message(f"{n}")))
        await house.engine.start()
        await house.engine.idle()
        assert await texts(house) == [f"{n}" for n in range(20)]
        assert await stages(house) == []


async def test_an_alert_overtakes_news_that_waits(sqlite: Database, box: Sandbox) -> None:
    async with opened(sqlite, box) as house:
        people = [await house.person(f"person{n}") for n in range(6)]
        for person in people[:5]:
            await queue(house, person, Say(Message("news")), lane=Lane.NEWS)
        await queue(house, people[5], Say(Message("alert")), lane=Lane.ALERT)
        await house.engine.start()
        await house.engine.idle()
        assert (await texts(house))[0] == "alert"


async def test_the_pace_is_kept_on_the_wire(sqlite: Database, box: Sandbox) -> None:
    async with opened(sqlite, box, pace=Pace(20.0)) as house:
        for n in range(30):
            await queue(house, await house.person(f"person{n}"), Say(Message("x")))
        await house.engine.start()
        await house.engine.idle()
        times = [call["time"] for call in await house.calls("sendMessage")]
        assert len(times) == 30
        assert max(sum(1 for b in times if a <= b < a + 0.9) for a in times) <= 20


async def test_a_refusal_for_one_chat_delays_only_that_chat(sqlite: Database, box: Sandbox) -> None:
    async with opened(sqlite, box) as house:
        vera, ivan = await house.person("vera"), await house.person("ivan")
        await fault(
            house,
            "error",
            chat_id=vera.reveal(),
            status=429,
            description="Too Many Requests: retry after 1",
            parameters={"retry_after": 1},
        )
        await queue(house, vera, Say(Message("one")))
        await queue(house, vera, Say(Message("two")))
        await queue(house, ivan, Say(Message("three")))
        await house.engine.start()
        await eventually(lambda: counted(house, "two", 1))
        assert await texts(house) == ["three", "one", "two"]
        calls = [c for c in await house.calls("sendMessage") if c["chat_id"] == vera.reveal()]
        assert calls[1]["time"] - calls[0]["time"] >= 0.9


async def test_a_server_error_is_retried(sqlite: Database, box: Sandbox) -> None:
    async with opened(sqlite, box) as house:
        vera = await house.person("vera")
        await fault(house, "error", status=500)
        await queue(house, vera, Say(Message("x")))
        await house.engine.start()
        await eventually(lambda: counted(house, "x", 1))
        await house.engine.idle()
        assert await stages(house) == []


async def test_an_edit_of_a_message_that_is_gone_is_said_anew(
    sqlite: Database, box: Sandbox
) -> None:
    async with opened(sqlite, box) as house:
        vera = await house.person("vera")
        await queue(house, vera, Amend(99999, Message("new")))
        await house.engine.start()
        await house.engine.idle()
        assert await texts(house) == ["new"]


async def test_an_edit_that_changes_nothing_is_done(sqlite: Database, box: Sandbox) -> None:
    async with opened(sqlite, box) as house:
        vera = await house.person("vera")
        await house.engine.start()
        await queue(house, vera, Say(Message("same")))
        await house.engine.idle()
        (call,) = await house.calls("sendMessage")
        await queue(house, vera, Amend(call["result_id"], Message("same")))
        await house.engine.idle()
        (edit,) = await house.calls("editMessageText")
        assert edit["status"] == 400
        assert await stages(house) == []


async def test_an_expired_press_and_a_vanished_message_are_let_go(
    sqlite: Database, box: Sandbox
) -> None:
    async with opened(sqlite, box) as house:
        vera = await house.person("vera")
        await queue(house, vera, Toast("12345", "late"))
        await queue(house, vera, Erase(99999))
        await house.engine.start()
        await house.engine.idle()
        assert len(await house.calls("answerCallbackQuery")) == 1
        assert len(await house.calls("deleteMessage")) == 1
        assert await stages(house) == []


async def test_a_content_telegram_refuses_is_set_aside_and_the_rest_goes_on(
    sqlite: Database, box: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(sqlite, box) as house:
        vera = await house.person("vera")
        await queue(house, vera, Say(Message("x" * 5000)))
        await queue(house, vera, Say(Message("next")))
        await house.engine.start()
        await house.engine.idle()
        assert await texts(house) == ["next"]
        assert await stages(house) == [Stage.FAILED]
    assert "lane REPLY was refused: message is too long" in caplog.text
    assert "xxx" not in caplog.text


async def test_a_revoked_token_pauses_everything_and_loses_nothing(
    sqlite: Database, box: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(sqlite, box) as house:
        vera = await house.person("vera")
        await fault(house, "revoked", method=None, count=None)
        await queue(house, vera, Say(Message("x")))
        await house.engine.start()
        await eventually(lambda: truth(house.engine.paused))
        await box.control("DELETE", "faults")
        await eventually(lambda: equals(stages(house), [Stage.WAITING]))
        house.engine.resume()
        await house.engine.idle()
        assert await texts(house) == ["x"]
    assert "Telegram refuses the token" in caplog.text


async def test_without_a_network_everything_waits_and_then_leaves(
    sqlite: Database, box: Sandbox
) -> None:
    async with opened(sqlite, box) as house:
        vera = await house.person("vera")
        bot = house.engine.bot
        there, bot._base_url = bot._base_url, "http://127.0.0.1:9/bot1"
        for text in ("one", "two"):
            await queue(house, vera, Say(Message(text)))
        await house.engine.start()
        await eventually(lambda: truth(house.engine._offline))
        await eventually(lambda: equals(stages(house), [Stage.WAITING, Stage.WAITING]))
        bot._base_url = there
        await eventually(lambda: counted(house, "two", 1))
        assert await texts(house) == ["one", "two"]


async def test_stopping_lets_calls_in_flight_end(sqlite: Database, box: Sandbox) -> None:
    async with opened(sqlite, box) as house:
        vera = await house.person("vera")
        await fault(house, "slow", seconds=0.5)
        await queue(house, vera, Say(Message("x")))
        await house.engine.start()
        await eventually(lambda: equals(stages(house), [Stage.SENDING]))
        await house.engine.stop()
        assert await texts(house) == ["x"]
        assert await stages(house) == []


async def test_telegram_s_strict_limits_are_never_met_with_the_pace_as_shipped(
    sqlite: Database,
) -> None:
    async with running(Sandbox(rates="strict")) as strict, opened(sqlite, strict) as house:
        house.engine.pace = Pace(25.0)
        people = [await house.person(f"person{n}") for n in range(40)]
        for person in [*people, *people[:3], *people[:3], *people[:3], *people[:3]]:
            await queue(house, person, Say(Message("x")))
        await house.engine.start()
        await house.engine.idle()
        rates = await strict.control("GET", "rates")
        assert len(await house.calls("sendMessage")) == 52
        assert (rates["refused"], rates["faults"]) == (0, 0)
