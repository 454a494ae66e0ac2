"""The transport: one session, files as multipart, and no token in any error."""

import logging

import pytest
from telegram.error import NetworkError, TelegramError

from bot.delivery.calls import carry_out
from bot.delivery.transport import NotSent, Transport
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
            for status in (400, 401, 404, 409, 500, 502):
                answers.refuse(status, "whatever")
                with pytest.raises(TelegramError) as caught:
                    await bot.get_me()
                errors.append(caught.value)
            answers.trouble = "drop"
            with pytest.raises(NetworkError) as lost:
                await bot.get_me()
            errors.append(lost.value)
    assert len(errors) == 7
    for error in errors:
        chain = [error, error.__cause__, error.__context__]
        assert all(TOKEN not in repr(one) for one in chain)
        assert error.__cause__ is None
    assert TOKEN not in caplog.text


async def test_it_opens_again_after_a_shutdown() -> None:
    async with answering() as (answers, bot):
        transport = Transport(timeout=0.5)
        url = f"{answers.url}/bot1/getMe"
        assert await transport.call(url, {}, timeout=1) is True
        await transport.shutdown()
        await transport.shutdown()
        assert await transport.call(url, {}, timeout=1) is True
        await transport.shutdown()
        assert len(answers.asked) == 2
        assert bot.token == TOKEN


async def test_an_unknown_host_is_not_sent() -> None:
    transport = Transport(timeout=0.5)
    with pytest.raises(NotSent):
        await transport.call("http://host.invalid/botx/getMe", {}, timeout=1)
    await transport.shutdown()
