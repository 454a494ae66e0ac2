"""The transport: one session, files as multipart, and no token in any error."""

import logging
from collections.abc import Awaitable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from telegram.error import TelegramError
from telegram.ext import ExtBot
from telegram.request import HTTPXRequest
from yarl import URL

from bot.delivery.calls import carry_out
from bot.delivery.transport import NotSent, Transport, Wire
from bot.domain.outbox import Outcome
from bot.domain.privacy import TelegramId
from bot.views.message import (
    Amend,
    AskChannel,
    AskLocation,
    Button,
    DropKeyboard,
    Erase,
    File,
    Message,
    Say,
    Span,
    Toast,
)
from tests.delivery.answers import TOKEN, answering

PERSON = TelegramId(7)
SENT = {
    "ok": True,
    "result": {"message_id": 5, "date": 1790000000, "chat": {"id": 7, "type": "private"}},
}


async def test_a_message_goes_out_with_entities_buttons_and_without_preview_or_sound() -> None:
    async with answering() as (answers, bot):
        answers.body = SENT
        spans = (Span("bold", 0, 2), Span("text_link", 3, 2, url="https://example.org/"))
        rows = ((Button("Go", data="x"), Button("Copy", copy="AB-12")),)
        message = Message("Hi you", spans, rows, protect=True)
        verdict = await carry_out(bot, PERSON, Say(message, reply_to=3), ring=False)
    assert verdict.outcome is Outcome.SENT
    assert verdict.message_id == 5
    method, asked = answers.asked[0]
    assert method == "sendMessage"
    assert asked["text"] == "Hi you"
    assert [entity["type"] for entity in asked["entities"]] == ["bold", "text_link"]
    assert asked["reply_markup"]["inline_keyboard"][0][1]["copy_text"] == {"text": "AB-12"}
    assert asked["link_preview_options"] == {"is_disabled": True}
    assert asked["disable_notification"] is True
    assert asked["protect_content"] is True
    assert asked["reply_parameters"]["message_id"] == 3
    assert "parse_mode" not in asked


@pytest.mark.parametrize(("silent", "ring", "quiet"), [(True, True, False), (False, False, False)])
async def test_sound_comes_from_the_message_or_the_copy(
    silent: bool, ring: bool, quiet: bool
) -> None:
    async with answering() as (answers, bot):
        answers.body = SENT
        await carry_out(bot, PERSON, Say(Message("x", silent=silent)), ring=ring)
    assert answers.asked[0][1]["disable_notification"] is quiet


async def test_a_file_is_uploaded_with_the_text_as_its_caption() -> None:
    async with answering() as (answers, bot):
        answers.body = SENT
        message = Message("Your calendar", file=File("rally.ics", b"BEGIN:VCALENDAR"))
        verdict = await carry_out(bot, PERSON, Say(message), ring=False)
    assert verdict.outcome is Outcome.SENT
    assert answers.asked[0][0] == "sendDocument"
    assert answers.asked[0][1]["caption"] == "Your calendar"
    assert answers.files == {"rally.ics": b"BEGIN:VCALENDAR"}


async def test_keyboards_ask_for_a_place_or_a_channel_or_go_away() -> None:
    async with answering() as (answers, bot):
        answers.body = SENT
        for keyboard in (AskLocation("Here", "No"), AskChannel("Which?", "No", 1), DropKeyboard()):
            await carry_out(bot, PERSON, Say(Message("x", keyboard=keyboard)), ring=False)
    place, channel, gone = (asked["reply_markup"] for _, asked in answers.asked)
    assert place["keyboard"][0][0]["request_location"] is True
    wanted = channel["keyboard"][0][0]["request_chat"]
    assert wanted["chat_is_channel"] is True
    assert wanted["bot_administrator_rights"]["can_post_messages"] is True
    assert gone["remove_keyboard"] is True


async def test_edits_deletions_and_toasts_use_their_own_methods() -> None:
    async with answering() as (answers, bot):
        for task in (Amend(4, Message("new")), Erase(4), Toast("q1", "done", alert=True)):
            assert (await carry_out(bot, PERSON, task, ring=False)).outcome is Outcome.SENT
    assert [method for method, _ in answers.asked] == [
        "editMessageText",
        "deleteMessage",
        "answerCallbackQuery",
    ]


async def test_no_error_and_no_log_line_carries_the_token(caplog: pytest.LogCaptureFixture) -> None:
    errors: list[TelegramError] = []
    with caplog.at_level(logging.INFO):
        async with answering() as (answers, bot):
            wire = Wire.of(bot)
            url = wire.url("getMe")
            for status in (400, 401, 403, 404, 409, 418, 429, 500, 502):
                answers.refuse(status, "whatever")
                errors += [await error_of(bot.get_me()), await error_of(fired(wire, url))]
            answers.status, answers.body = 200, b"<html>"
            errors += [await error_of(bot.get_me()), await error_of(fired(wire, url))]
            answers.trouble = "drop"
            errors += [await error_of(bot.get_me()), await error_of(fired(wire, url))]
        errors += [await error_of(fired(wire, url)), await error_of(fired(wire, URL("x:y")))]
        await wire.transport.shutdown()
    assert len(errors) == 24
    for slow, fast in zip(errors[:22:2], errors[1:22:2], strict=True):
        assert (type(slow), slow.message) == (type(fast), fast.message)
    for error in errors:
        assert TOKEN not in repr(error)
        assert TOKEN not in str(error)
        assert error.__cause__ is None
        assert error.__suppress_context__ or error.__context__ is None
    assert TOKEN not in caplog.text


async def error_of(call: Awaitable[object]) -> TelegramError:
    """What a call ends in, which is an error."""
    with pytest.raises(TelegramError) as caught:
        await call
    return caught.value


def fired(wire: Wire, url: URL) -> Awaitable[int]:
    """One call the short way."""
    return wire.transport.fire(url, b"{}")


async def test_a_fired_message_has_the_number_that_telegram_gave_it() -> None:
    async with answering() as (answers, bot):
        answers.body = SENT
        wire = Wire.of(bot)
        url = wire.url("sendMessage")
        assert await wire.transport.fire(url, b'{"chat_id":7,"text":"x"}') == 5
        await wire.transport.shutdown()
        assert await wire.transport.fire(url, b'{"chat_id":7,"text":"y"}') == 5
    assert answers.asked == [
        ("sendMessage", {"chat_id": 7, "text": "x"}),
        ("sendMessage", {"chat_id": 7, "text": "y"}),
    ]


async def test_no_cookie_is_kept_between_calls() -> None:
    cookies: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        cookies.append(request.headers.get("Cookie", ""))
        answered = web.json_response(SENT)
        answered.set_cookie("seen", "before")
        return answered

    app = web.Application()
    app.router.add_post("/{path:.*}", answer)
    async with TestServer(app) as server:
        wire = Wire(Transport(), str(server.make_url("/bot1")))
        for _ in range(2):
            await wire.transport.fire(wire.url("sendMessage"), b"{}")
            await wire.transport.call(str(wire.url("sendMessage")), {}, timeout=20)
        await wire.transport.shutdown()
    assert cookies == ["", "", "", ""]


def test_only_a_bot_with_this_transport_has_a_wire() -> None:
    bot: ExtBot[None] = ExtBot(TOKEN, request=HTTPXRequest())
    with pytest.raises(TypeError):
        Wire.of(bot)


def test_a_wire_does_not_show_the_token() -> None:
    transport = Transport()
    bot: ExtBot[None] = ExtBot(TOKEN, request=transport)
    assert TOKEN not in repr(Wire.of(bot))
    assert str(Wire.of(bot).url("sendPhoto")) == f"https://api.telegram.org/bot{TOKEN}/sendPhoto"


async def test_it_opens_again_after_a_shutdown() -> None:
    async with answering() as (answers, bot):
        transport = Transport()
        url = f"{answers.url}/bot1/getMe"
        assert await transport.call(url, {}, timeout=20) is True
        await transport.shutdown()
        await transport.shutdown()
        assert await transport.call(url, {}, timeout=20) is True
        await transport.shutdown()
        assert len(answers.asked) == 2
        assert bot.token == TOKEN


async def test_an_unknown_host_is_not_sent() -> None:
    transport = Transport()
    with pytest.raises(NotSent):
        await transport.call("http://host.invalid/botx/getMe", {}, timeout=20)
    await transport.shutdown()
