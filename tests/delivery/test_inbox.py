"""Updates are stored before they are acknowledged, and each is handled once, alone, in order."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from telegram import Update
from telegram.ext import MessageHandler, TypeHandler, filters

from bot.delivery import inbox as handling
from bot.delivery.raw import Raw, chat_of, language_of, shape
from bot.domain.privacy import TelegramId
from bot.i18n import translator
from bot.views.message import Message
from handlers.context import Ctx
from handlers.errors import Routes
from handlers.feature import Feature
from sandbox.server import Sandbox
from storage import inbox
from storage.db import Database, StorageUnavailable, Tx
from storage.inbox import Stage
from tests.delivery.house import Echo, House, now, opened, running_house

Callback = Callable[[Update, Ctx], Awaitable[None]]


class Plain(Feature):
    """Hands every text to a function of the test."""

    def __init__(self, callback: Callback) -> None:
        self.callback = callback

    def routes(self) -> Routes:
        """Texts in private chats."""
        yield MessageHandler(filters.TEXT, self._run)

    async def _run(self, update: Update, ctx: Ctx) -> None:
        await self.callback(update, ctx)


def raw(id: int, text: str = "x", chat: int = 1001) -> Raw:
    """A text message as Telegram sends it."""
    who = {"id": chat, "is_bot": False, "first_name": "Vera", "language_code": "fr"}
    message = {
        "message_id": id,
        "date": 1790000000,
        "chat": {"id": chat, "type": "private", "first_name": "Vera"},
        "from": who,
        "text": text,
    }
    return {"update_id": id, "message": message}


async def store(house: House, *updates: Raw) -> None:
    """Receive updates as the poller does."""
    async with house.db.tx() as tx:
        for one in updates:
            await inbox.receive(
                tx,
                one["update_id"],
                chat=chat_of(one),
                payload=msgspec.json.encode(one),
                now=now(),
            )
    house.inbox.wake()


async def stages(house: House) -> dict[int, str]:
    """Where each update stands."""
    async with house.db.tx(write=False) as tx:
        rows = await tx.execute(select(inbox.table.c.id, inbox.table.c.stage))
        return {row.id: row.stage for row in rows}


async def said(house: House) -> list[str]:
    """What the bot sent, oldest first."""
    return [c["parameters"]["text"] for c in await house.calls("sendMessage") if c["result_id"]]


async def eventually(check: Callable[[], Awaitable[Any]]) -> None:
    """Wait until the check says yes."""
    async with asyncio.timeout(40):
        while not await check():
            await asyncio.sleep(0.02)


async def test_an_update_is_stored_before_it_is_acknowledged(
    sqlite: Database, box: Sandbox
) -> None:
    async with opened(sqlite, box) as house:
        await house.person("vera")
        await house.poller.start()
        await eventually(lambda: _acknowledged(box))
        assert list((await stages(house)).values()) == [Stage.WAITING]


async def _acknowledged(box: Sandbox) -> bool:
    return bool((await box.control("GET", "state"))["updates"]["pending"] == 0)


async def test_an_update_finished_while_the_list_is_read_is_not_taken_again(
    db: Database, box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = inbox.waiting

    async def finishing(tx: Tx, *, limit: int, taken: Collection[int]) -> list[inbox.Waiting]:
        house.inbox._taken.discard(1)
        return await read(tx, limit=limit, taken=taken)

    async with opened(db, box) as house:
        await store(house, raw(1, "one"), raw(2, "two"))
        house.inbox._taken.add(1)
        monkeypatch.setattr(inbox, "waiting", finishing)
        assert [waiting.id for waiting in await house.inbox._read()] == [2]
        house.inbox._taken.clear()


async def test_what_waits_at_the_start_is_handled_first_of_all(db: Database, box: Sandbox) -> None:
    async with opened(db, box) as house:
        await house.person("vera")
        await store(house, raw(1, "one"), raw(2, "two"))
        await house.inbox.start()
        await house.engine.start()
        await house.inbox.idle()
        await house.engine.idle()
        assert await said(house) == ["echo one", "echo two"]
        assert await stages(house) == {1: Stage.DONE, 2: Stage.DONE}


async def test_an_update_delivered_twice_is_answered_once(sqlite: Database, box: Sandbox) -> None:
    await box.control("POST", "faults", {"effect": "duplicate_update", "count": 1})
    async with running_house(sqlite, box) as house:
        await house.person("vera")
        await eventually(lambda: said(house))
        await eventually(lambda: _acknowledged(box))
        await house.inbox.idle()
        await house.engine.idle()
        assert await said(house) == ["hello"]


async def test_a_malformed_update_stalls_nobody_and_leaves_only_its_shape(
    sqlite: Database, box: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    async with running_house(sqlite, box) as house:
        await house.person("vera", started=False)
        odd = {"message": {"message_id": 1, "date": 1, "chat": {"id": 700700700}, "text": "plan"}}
        await box.control("POST", "updates", {"update": odd})
        await box.act("vera", "start")
        await eventually(lambda: said(house))
        await house.inbox.idle()
        async with sqlite.tx(write=False) as tx:
            poison = inbox.table.c.stage == Stage.POISON
            row = (await tx.execute(select(inbox.table).where(poison))).one()
        assert row.payload is None
        assert row.shape == (
            "{update_id: int, message: {message_id: int, date: int, chat: {id: int}, text: str}}"
        )
    assert "700700700" not in caplog.text
    assert "plan" not in caplog.text


async def test_one_chat_keeps_its_order_while_others_go_on(sqlite: Database, box: Sandbox) -> None:
    gate, order = asyncio.Event(), list[str]()

    async def slow(update: Update, ctx: Ctx) -> None:
        assert update.effective_message is not None
        text = str(update.effective_message.text)
        if text == "slow":
            await gate.wait()
        order.append(text)
        if text == "other":
            gate.set()

    async with opened(sqlite, box, features=[Plain(slow)]) as house:
        await store(house, raw(1, "slow"), raw(2, "after"), raw(3, "other", chat=1002))
        await house.inbox.start()
        await house.inbox.idle()
    assert order == ["other", "slow", "after"]


async def test_a_crash_before_anybody_is_known_is_tried_thrice_then_answered_politely(
    sqlite: Database, box: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    tries = []

    async def broken(update: Update, _ctx: Ctx) -> None:
        tries.append(update.update_id)
        raise ValueError("about 700700700")

    async with opened(sqlite, box, features=[Echo()]) as house:
        vera = await house.person("vera")
        house.app.add_handler(TypeHandler(Update, broken), group=-2)
        await store(house, raw(1, "x", chat=vera.reveal()))
        await house.inbox.start()
        await house.engine.start()
        await house.inbox.idle()
        await house.engine.idle()
        (answer,) = await said(house)
        assert tries == [1, 1, 1]
        assert answer.startswith(translator("fr")("error-internal", ref="?").split("?")[0])
        assert await stages(house) == {1: Stage.POISON}
    assert "ValueError" in caplog.text
    assert "700700700" not in caplog.text


async def test_nothing_that_a_crashed_handling_said_is_sent(sqlite: Database, box: Sandbox) -> None:
    async def fails_late(_update: Update, ctx: Ctx) -> None:
        ctx.say(Message("half an answer"))

    async def breaks(_update: Update, _ctx: Ctx) -> None:
        raise ValueError

    async with opened(sqlite, box, features=[Plain(fails_late)]) as house:
        vera = await house.person("vera")
        house.app.add_handler(TypeHandler(Update, breaks), group=1)
        await store(house, raw(1, "x", chat=vera.reveal()))
        await house.inbox.start()
        await house.engine.start()
        await house.inbox.idle()
        await house.engine.idle()
        assert "half an answer" not in await said(house)


async def test_an_update_that_ended_the_program_again_and_again_is_set_aside(
    sqlite: Database, box: Sandbox
) -> None:
    async with opened(sqlite, box) as house:
        vera = await house.person("vera")
        await store(house, raw(1, "fatal", chat=vera.reveal()), raw(2, "good", chat=1002))
        async with sqlite.tx() as tx:
            fatal = update(inbox.table).where(inbox.table.c.id == 1)
            await tx.execute(fatal.values(attempts=handling.CRASHES))
        await house.inbox.start()
        await house.inbox.idle()
        assert await stages(house) == {1: Stage.POISON, 2: Stage.DONE}


async def test_while_the_database_refuses_updates_wait_and_are_not_given_up(
    sqlite: Database, box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals, real = iter(range(4)), inbox.done

    async def full(*args: Any) -> None:
        if next(refusals, None) is not None:
            raise StorageUnavailable("database or disk is full")
        await real(*args)

    monkeypatch.setattr(inbox, "done", full)
    monkeypatch.setattr("bot.delivery.patience.LONGEST", timedelta(milliseconds=50))
    async with opened(sqlite, box) as house:
        await store(house, raw(1))
        await house.inbox.start()
        await house.inbox.idle()
        assert await stages(house) == {1: Stage.DONE}


async def test_the_poller_says_once_that_the_network_is_gone_and_goes_on(
    sqlite: Database, box: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(sqlite, box) as house:
        there, house.poller._url = house.poller._url, "http://127.0.0.1:9/bot1/getUpdates"
        with caplog.at_level(logging.WARNING):
            await house.poller.start()
            await asyncio.sleep(2)
            house.poller._url = there
            await house.person("vera")
            await eventually(lambda: stages(house))
            await eventually(lambda: _acknowledged(box))
    assert caplog.text.count("no connection to Telegram") == 1
    assert caplog.text.count("updates arrive again") == 1


async def test_a_second_reader_raises_one_clear_alarm(
    sqlite: Database, box: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    fault = {
        "effect": "error",
        "method": "getUpdates",
        "status": 409,
        "count": 1,
        "description": "Conflict: terminated by other getUpdates request",
    }
    await box.control("POST", "faults", fault)
    async with opened(sqlite, box) as house:
        await house.poller.start()
        await eventually(lambda: _logged(caplog, "somebody else reads"))
        assert not house.engine.paused
    assert "stolen" in caplog.text
    assert "another copy" in caplog.text


async def _logged(caplog: pytest.LogCaptureFixture, text: str) -> bool:
    return text in caplog.text


async def test_a_revoked_token_pauses_sending_until_it_works_again(
    sqlite: Database,
    box: Sandbox,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.delivery.poller.TOKEN_WAIT", 0.2)
    await box.control("POST", "faults", {"effect": "revoked"})
    async with opened(sqlite, box) as house:
        await house.poller.start()
        await eventually(lambda: _logged(caplog, "Telegram refuses the token"))
        assert house.engine.paused
        await box.control("DELETE", "faults")
        await house.person("vera")
        await eventually(lambda: stages(house))
        await eventually(lambda: _going(house))


async def _going(house: House) -> bool:
    return not house.engine.paused


async def test_without_a_network_at_the_start_the_bot_answers_once_there_is_one(
    sqlite: Database, box: Sandbox
) -> None:
    fault = {"effect": "error", "method": "getMe", "status": 500, "count": 1}
    await box.control("POST", "faults", fault)
    async with running_house(sqlite, box) as house:
        await house.person("vera")
        await eventually(lambda: said(house))


def test_the_chat_is_found_in_every_kind_of_update() -> None:
    chat, who = {"chat": {"id": -5}}, {"from": {"id": 7, "language_code": "be"}}
    assert chat_of({"update_id": 1, "message": chat | who}) == TelegramId(-5)
    assert chat_of({"update_id": 1, "callback_query": {"message": chat} | who}) == TelegramId(-5)
    assert chat_of({"update_id": 1, "callback_query": who}) == TelegramId(7)
    assert chat_of({"update_id": 1, "my_chat_member": chat | who}) == TelegramId(-5)
    assert chat_of({"update_id": 1}) is None
    assert language_of({"message": who}) == "be"
    assert language_of({"message": chat}) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)


@given(JSON)
@settings(max_examples=150)
def test_a_shape_never_contains_a_value(value: Any) -> None:
    marked = {"text": "vera@example", "id": 700700700, "odd key": value}
    found = shape(marked)
    assert "vera" not in found
    assert "700700700" not in found
    assert "odd key" not in found


@given(st.dictionaries(st.sampled_from(["message", "callback_query", "poll"]), JSON))
@settings(max_examples=150)
def test_odd_updates_never_confuse_the_search_for_their_chat(update: Raw) -> None:
    assert chat_of(update) is None or isinstance(chat_of(update), TelegramId)
    assert language_of(update) is None or isinstance(language_of(update), str)
