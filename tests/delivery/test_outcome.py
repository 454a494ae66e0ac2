"""Every answer of Telegram and every accident on the way has exactly one outcome."""

from datetime import timedelta
from typing import Any

import pytest

from bot.delivery.calls import carry_out
from bot.delivery.outcome import Verdict
from bot.domain.outbox import Outcome
from bot.domain.privacy import TelegramId
from bot.views.message import Message, Say
from tests.delivery.answers import answering

PERSON, CHANNEL = TelegramId(7), TelegramId(-1007)
HELLO = Say(Message("hello"))
MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are "
    "exactly the same as a current content and reply markup of the message"
)

ANSWERS: list[tuple[int, str, dict[str, int], Outcome, Outcome]] = [
    (403, "Forbidden: bot was blocked by the user", {}, Outcome.FORGET, Outcome.LOST_CHAT),
    (403, "Forbidden: user is deactivated", {}, Outcome.FORGET, Outcome.LOST_CHAT),
    (
        403,
        "Forbidden: bot can't initiate conversation with a user",
        {},
        Outcome.FORGET,
        Outcome.LOST_CHAT,
    ),
    (
        403,
        "Forbidden: bot was kicked from the channel chat",
        {},
        Outcome.FORGET,
        Outcome.LOST_CHAT,
    ),
    (
        403,
        "Forbidden: bot is not a member of the channel chat",
        {},
        Outcome.FORGET,
        Outcome.LOST_CHAT,
    ),
    (403, "Forbidden: the group chat was deleted", {}, Outcome.FORGET, Outcome.LOST_CHAT),
    (400, "Bad Request: chat not found", {}, Outcome.FORGET, Outcome.LOST_CHAT),
    (400, "Bad Request: CHAT_WRITE_FORBIDDEN", {}, Outcome.FORGET, Outcome.LOST_CHAT),
    (
        400,
        "Bad Request: need administrator rights in the channel chat",
        {},
        Outcome.FORGET,
        Outcome.LOST_CHAT,
    ),
    (
        400,
        "Bad Request: not enough rights to send text messages to the chat",
        {},
        Outcome.FORGET,
        Outcome.LOST_CHAT,
    ),
    (
        400,
        "Bad Request: group chat was upgraded to a supergroup chat",
        {"migrate_to_chat_id": -1009},
        Outcome.MIGRATED,
        Outcome.MIGRATED,
    ),
    (400, MODIFIED, {}, Outcome.UNCHANGED, Outcome.UNCHANGED),
    (
        400,
        "Bad Request: query is too old and response timeout expired or query ID is invalid",
        {},
        Outcome.DROPPED,
        Outcome.DROPPED,
    ),
    (400, "Bad Request: message can't be deleted", {}, Outcome.DROPPED, Outcome.DROPPED),
    (400, "Bad Request: message to edit not found", {}, Outcome.DROPPED, Outcome.DROPPED),
    (400, "Bad Request: message can't be edited", {}, Outcome.DROPPED, Outcome.DROPPED),
    (400, "Bad Request: message is too long", {}, Outcome.REFUSED, Outcome.REFUSED),
    (400, "Bad Request: message text is empty", {}, Outcome.REFUSED, Outcome.REFUSED),
    (400, "Bad Request: chat_id is empty", {}, Outcome.REFUSED, Outcome.REFUSED),
    (400, "Bad Request: BUTTON_DATA_INVALID", {}, Outcome.REFUSED, Outcome.REFUSED),
    (400, "Bad Request: something nobody has seen", {}, Outcome.REFUSED, Outcome.REFUSED),
    (401, "Unauthorized", {}, Outcome.REVOKED, Outcome.REVOKED),
    (404, "Not Found", {}, Outcome.REVOKED, Outcome.REVOKED),
    (404, "Not Found: method not found", {}, Outcome.REFUSED, Outcome.REFUSED),
    (429, "Too Many Requests: retry after 7", {"retry_after": 7}, Outcome.LATER, Outcome.LATER),
    (429, "Too Many Requests: retry after 0", {"retry_after": 0}, Outcome.LATER, Outcome.LATER),
    (500, "Internal Server Error: restart", {}, Outcome.LATER, Outcome.LATER),
    (503, "Service Unavailable", {}, Outcome.LATER, Outcome.LATER),
    (502, "Bad Gateway", {}, Outcome.UNCERTAIN, Outcome.UNCERTAIN),
]


@pytest.mark.parametrize(("status", "text", "parameters", "person", "channel"), ANSWERS)
async def test_each_answer_has_its_outcome(
    status: int, text: str, parameters: dict[str, int], person: Outcome, channel: Outcome
) -> None:
    async with answering() as (answers, bot):
        answers.refuse(status, text, **parameters)
        assert (await carry_out(bot, PERSON, HELLO, ring=False)).outcome is person
        assert (await carry_out(bot, CHANNEL, HELLO, ring=False)).outcome is channel


async def verdict_of(trouble: str = "", **answer: Any) -> Verdict:
    """What becomes of one message when the server behaves like this."""
    async with answering() as (answers, bot):
        answers.trouble = trouble
        for name, value in answer.items():
            setattr(answers, name, value)
        return await carry_out(bot, PERSON, HELLO, ring=False)


async def test_an_answer_that_is_cut_off_leaves_it_uncertain() -> None:
    assert (await verdict_of("drop")).outcome is Outcome.UNCERTAIN


async def test_an_answer_that_takes_too_long_leaves_it_uncertain() -> None:
    assert (await verdict_of("slow")).outcome is Outcome.UNCERTAIN


async def test_an_answer_that_is_not_json_leaves_it_uncertain() -> None:
    assert (await verdict_of(body=b"<html>busy</html>")).outcome is Outcome.UNCERTAIN


async def test_without_a_connection_it_was_certainly_not_sent() -> None:
    async with answering() as (answers, bot):
        url = answers.url
    async with answering() as (_, bot):
        bot._base_url = f"{url}/bot1"
        verdict = await carry_out(bot, PERSON, HELLO, ring=False)
    assert verdict.outcome is Outcome.LATER
    assert verdict.offline


async def test_the_wait_that_telegram_asks_for_is_kept() -> None:
    async with answering() as (answers, bot):
        answers.refuse(429, "Too Many Requests: retry after 7", retry_after=7)
        verdict = await carry_out(bot, PERSON, HELLO, ring=False)
    assert verdict.retry_after == timedelta(seconds=7)


async def test_a_group_that_moved_tells_where_to() -> None:
    async with answering() as (answers, bot):
        answers.refuse(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1009)
        verdict = await carry_out(bot, CHANNEL, HELLO, ring=False)
    assert verdict.moved_to == TelegramId(-1009)


async def test_a_refusal_is_described_without_the_words_of_the_message() -> None:
    async with answering() as (answers, bot):
        answers.refuse(400, 'Bad Request: can\'t parse entities: Unsupported start tag "vera"')
        verdict = await carry_out(bot, PERSON, HELLO, ring=False)
    assert verdict.outcome is Outcome.REFUSED
    assert "vera" not in verdict.reason
