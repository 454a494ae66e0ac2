"""A stamped copy is what `telegram.Bot` would have sent, to the last parameter."""

import json

import pytest
from telegram.ext import ExtBot

from bot.delivery.calls import carry_out, stamped
from bot.delivery.stamp import SEND_MESSAGE, SEND_PHOTO, stamp
from bot.delivery.transport import Transport, Wire
from bot.domain.outbox import Outcome
from bot.domain.privacy import TelegramId
from bot.views.message import (
    AskChannel,
    AskLocation,
    Button,
    DropKeyboard,
    File,
    Message,
    Say,
    Span,
)
from sandbox.server import Sandbox, running
from tests.delivery.answers import answering

SENT = {
    "ok": True,
    "result": {"message_id": 5, "date": 1790000000, "chat": {"id": 7, "type": "private"}},
}
SPANS = (
    Span("bold", 0, 2),
    Span("text_link", 3, 2, url="https://example.org/?a=1&b=2"),
    Span("date_time", 6, 4, unix=1790000000),
)
ROWS = (
    (Button("Go", data='["x",1]'), Button("Copy", copy="AB-12")),
    (Button("Read", url="https://example.org/ж"),),
)
PICTURE = "https://example.org/a.jpg"
MESSAGES = {
    "plain": Message("Прывітанне, \U0001f514 “you”\n\\"),
    "entities": Message("Hi you soon", SPANS),
    "buttons": Message("Hi", (), ROWS),
    "aloud": Message("Hi", silent=False),
    "protected": Message("Hi", protect=True),
    "place": Message("Hi", keyboard=AskLocation("Here", "No")),
    "channel": Message("Hi", keyboard=AskChannel("Which?", "No", 1)),
    "drop": Message("Hi", keyboard=DropKeyboard()),
    "picture": Message("Hi you soon", SPANS, ROWS, picture=PICTURE, protect=True),
    "picture alone": Message("", picture=PICTURE),
    "caption at the limit": Message("\U0001f514" * 512, picture=PICTURE),
    "too long for a caption": Message("\U0001f514" * 512 + ".", picture=PICTURE),
}


@pytest.mark.parametrize("paid", [False, True])
@pytest.mark.parametrize("ring", [False, True])
@pytest.mark.parametrize("name", MESSAGES)
async def test_both_ways_post_the_same(name: str, ring: bool, paid: bool) -> None:
    message, chat = MESSAGES[name], TelegramId(-1001234567890)
    made = stamp(message, ring=ring, paid=paid)
    assert made is not None
    async with answering() as (answers, bot):
        answers.body = SENT
        wire = Wire.of(bot)
        slow = await carry_out(bot, chat, Say(message), ring=ring, paid=paid)
        fast = await stamped(wire.transport, wire.url(made.method), chat, made)
    assert answers.asked[0] == answers.asked[1]
    assert answers.asked[0][1]["chat_id"] == -1001234567890
    assert slow == fast
    assert (fast.outcome, fast.message_id) == (Outcome.SENT, 5)


@pytest.mark.parametrize("name", MESSAGES)
def test_it_knows_whether_it_sends_a_picture(name: str) -> None:
    made = stamp(MESSAGES[name], ring=False, paid=False)
    assert made is not None
    shown = name in ("picture", "picture alone", "caption at the limit")
    assert (made.method, made.picture) == ((SEND_PHOTO, True) if shown else (SEND_MESSAGE, False))
    assert ("photo" in json.loads(made.body(7))) is shown
    assert (made.method == "sendPhoto") is shown


def test_only_the_chat_differs_from_copy_to_copy() -> None:
    made = stamp(MESSAGES["entities"], ring=True, paid=True)
    assert made is not None
    one, other = json.loads(made.body(7)), json.loads(made.body(-1009))
    assert (one.pop("chat_id"), other.pop("chat_id")) == (7, -1009)
    assert one == other


async def test_a_strict_server_takes_every_copy_as_it_is_meant() -> None:
    async with running(Sandbox(rates="off")) as box:
        vera = await box.control("POST", "people", {"name": "Vera", "username": "vera"})
        await box.act("vera", "start")
        await box.control("POST", "web", {"url": PICTURE})
        transport = Transport()
        wire = Wire.of(ExtBot(box.bot_token, base_url=box.bot_url, request=transport))
        for name, message in MESSAGES.items():
            made = stamp(message, ring=False, paid=False)
            assert made is not None
            url = wire.url(made.method)
            verdict = await stamped(transport, url, TelegramId(vera["id"]), made)
            sent = box.world.chats[vera["id"]].messages[verdict.message_id or 0]
            assert sent.data.get("caption" if made.picture else "text", "") == message.text, name
        await transport.shutdown()


def test_a_file_cannot_be_stamped() -> None:
    assert stamp(Message("x", file=File("a.ics", b"B")), ring=False, paid=False) is None


def test_it_shows_nobody_what_it_says() -> None:
    made = stamp(Message("Hello"), ring=False, paid=False)
    assert "Hello" not in repr(made)
