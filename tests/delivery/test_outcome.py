"""Every answer of Telegram and every accident on the way has exactly one outcome, either way."""

import asyncio
from datetime import timedelta

import pytest
from telegram import Bot
from telegram.ext import ExtBot

from bot.delivery.calls import carry_out, stamped
from bot.delivery.outcome import Verdict
from bot.delivery.stamp import stamp
from bot.delivery.transport import Transport, Wire
from bot.domain.outbox import Outcome
from bot.domain.privacy import TelegramId
from bot.views.message import Message, Say
from tests.delivery.answers import TOKEN, answering

PERSON, CHANNEL = TelegramId(7), TelegramId(-1007)
HELLO = Message("hello")
PICTURE = Message("hello", picture="https://example.org/a.jpg")
MODIFIED = (
    "message is not modified: specified new message content and reply markup are "
    "exactly the same as a current content and reply markup of the message"
)
Pair = tuple[Outcome, Outcome]
"""What it means when it was for a person, and when it was for a channel."""
GONE: Pair = (Outcome.FORGET, Outcome.LOST_CHAT)
MOVED: Pair = (Outcome.MIGRATED, Outcome.MIGRATED)
SAME: Pair = (Outcome.UNCHANGED, Outcome.UNCHANGED)
DROPPED: Pair = (Outcome.DROPPED, Outcome.DROPPED)
REFUSED: Pair = (Outcome.REFUSED, Outcome.REFUSED)
REVOKED: Pair = (Outcome.REVOKED, Outcome.REVOKED)
LATER: Pair = (Outcome.LATER, Outcome.LATER)
UNCERTAIN: Pair = (Outcome.UNCERTAIN, Outcome.UNCERTAIN)
NO_MEDIA: Pair = (Outcome.NO_MEDIA, Outcome.NO_MEDIA)

ANSWERS: list[tuple[int, str, Pair]] = [
    (403, "Forbidden: bot was blocked by the user", GONE),
    (403, "Forbidden: user is deactivated", GONE),
    (403, "Forbidden: bot can't initiate conversation with a user", GONE),
    (403, "Forbidden: bot can't send messages to bots", GONE),
    (403, "Forbidden: bot can't send messages to the bot", GONE),
    (403, "Forbidden: bot was kicked from the group chat", GONE),
    (403, "Forbidden: bot was kicked from the channel chat", GONE),
    (403, "Forbidden: bot is not a member of the supergroup chat", GONE),
    (403, "Forbidden: bot is not a member of the channel chat", GONE),
    (403, "Forbidden: the group chat was deleted", GONE),
    (400, "Bad Request: chat not found", GONE),
    (400, "Bad Request: PEER_ID_INVALID", GONE),
    (400, "Bad Request: CHAT_WRITE_FORBIDDEN", GONE),
    (403, "Forbidden: CHAT_WRITE_FORBIDDEN", GONE),
    (400, "Bad Request: CHAT_SEND_PLAIN_FORBIDDEN", GONE),
    (400, "Bad Request: CHAT_ADMIN_REQUIRED", GONE),
    (400, "Bad Request: CHANNEL_PRIVATE", GONE),
    (400, "Bad Request: USER_BANNED_IN_CHANNEL", GONE),
    (400, "Bad Request: have no rights to send a message", GONE),
    (400, "Bad Request: need administrator rights in the channel chat", GONE),
    (400, "Bad Request: not enough rights to send text messages to the chat", GONE),
    (403, "Forbidden: not enough rights to send text messages to the chat", GONE),
    (400, f"Bad Request: {MODIFIED}", SAME),
    (
        400,
        "Bad Request: query is too old and response timeout expired or query ID is invalid",
        DROPPED,
    ),
    (400, "Bad Request: message can't be deleted", DROPPED),
    (400, "Bad Request: message can't be deleted for everyone", DROPPED),
    (400, "Bad Request: message to delete not found", DROPPED),
    (400, "Bad Request: message to edit not found", DROPPED),
    (400, "Bad Request: message can't be edited", DROPPED),
    (400, "Bad Request: MESSAGE_ID_INVALID", DROPPED),
    (400, "Bad Request: MESSAGE_EDIT_TIME_EXPIRED", DROPPED),
    (400, "Bad Request: there is no text in the message to edit", DROPPED),
    (400, "Bad Request: there is no caption in the message to edit", DROPPED),
    (400, "Bad Request: message is too long", REFUSED),
    (400, "Bad Request: message text is empty", REFUSED),
    (400, "Bad Request: chat_id is empty", REFUSED),
    (400, "Bad Request: BUTTON_DATA_INVALID", REFUSED),
    (400, "Bad Request: reply markup is too long", REFUSED),
    (400, "Bad Request: too many message identifiers specified", REFUSED),
    (400, "Bad Request: message to be replied not found", REFUSED),
    (400, "Bad Request: can't parse entities: Can't find end tag corresponding to…", REFUSED),
    (400, "Bad Request: inline keyboard button URL 'x' is invalid: Wrong HTTP URL", REFUSED),
    (401, "Unauthorized", REVOKED),
    (404, "Not Found", REVOKED),
    (404, "Not Found: method not found", REFUSED),
    (409, "Conflict: terminated by other getUpdates request", REFUSED),
    (413, "Request Entity Too Large", REFUSED),
    (418, "I'm a teapot", LATER),
    (429, "Too Many Requests", LATER),
    (500, "Internal Server Error: restart", LATER),
    (503, "Service Unavailable", LATER),
    (502, "Bad Gateway", UNCERTAIN),
    (504, "Gateway Timeout", UNCERTAIN),
]
"""A picture makes no difference to these."""
MEDIA: list[tuple[int, str, Pair]] = [
    (400, "Bad Request: wrong HTTP URL specified", REFUSED),
    (400, "Bad Request: failed to get HTTP URL content", REFUSED),
    (400, "Bad Request: wrong type of the web page content", REFUSED),
    (400, "Bad Request: can't upload file by URL", REFUSED),
    (400, "Bad Request: wrong file identifier/HTTP URL specified", REFUSED),
    (400, "Bad Request: WEBPAGE_CURL_FAILED", REFUSED),
    (400, "Bad Request: WEBPAGE_MEDIA_EMPTY", REFUSED),
    (400, "Bad Request: PHOTO_INVALID_DIMENSIONS", REFUSED),
    (400, "Bad Request: PHOTO_SAVE_FILE_INVALID", REFUSED),
    (400, "Bad Request: IMAGE_PROCESS_FAILED", REFUSED),
    (400, "Bad Request: MEDIA_EMPTY", REFUSED),
    (400, "Bad Request: file is too big", REFUSED),
    (400, "Bad Request: message caption is too long", REFUSED),
    (400, "Bad Request: not enough rights to send photos to the chat", GONE),
    (403, "Forbidden: not enough rights to send photos to the chat", GONE),
]
"""What they mean without a picture; with one they all mean the same."""
UNHEARD: list[tuple[int, str, Pair, Pair]] = [
    (400, "Bad Request: something nobody has seen", REFUSED, NO_MEDIA),
    (400, "", REFUSED, NO_MEDIA),
    (
        403,
        "Forbidden: something nobody has seen",
        (Outcome.REFUSED, Outcome.LOST_CHAT),
        (Outcome.NO_MEDIA, Outcome.LOST_CHAT),
    ),
    (
        400,
        "Bad Request: message thread not found",
        (Outcome.REFUSED, Outcome.LOST_CHAT),
        (Outcome.NO_MEDIA, Outcome.LOST_CHAT),
    ),
    (
        400,
        "Bad Request: TOPIC_CLOSED",
        (Outcome.REFUSED, Outcome.LOST_CHAT),
        (Outcome.NO_MEDIA, Outcome.LOST_CHAT),
    ),
]
"""Unknown words: without a picture and with one."""
NOT_TELEGRAM: list[tuple[int, bytes, Outcome]] = [
    (200, b"<html>busy</html>", Outcome.UNCERTAIN),
    (200, b"", Outcome.UNCERTAIN),
    (200, b'{"ok":true}', Outcome.UNCERTAIN),
    (200, b'{"ok":true,"result":{"message_id":5', Outcome.UNCERTAIN),
    (200, b'{"ok":true,"result":{"text":"\xff"}}', Outcome.UNCERTAIN),
    (200, b"[]", Outcome.UNCERTAIN),
    (302, b"", Outcome.LATER),
    (400, b"<html>Bad Request</html>", Outcome.LATER),
    (401, b"<html>Log in first</html>", Outcome.LATER),
    (403, b"<html>This page is blocked by the user of this network</html>", Outcome.LATER),
    (403, b'{"error":"bot was blocked"}', Outcome.LATER),
    (404, b"<html>Not Found</html>", Outcome.LATER),
    (407, b"", Outcome.LATER),
    (408, b"", Outcome.LATER),
    (413, b"<html>Request Entity Too Large</html>", Outcome.REFUSED),
    (429, b"<html>Slow down</html>", Outcome.LATER),
    (451, b"<html>Blocked by order of a court</html>", Outcome.LATER),
    (502, b"<html>Bad Gateway</html>", Outcome.UNCERTAIN),
    (503, b"<html>Try again</html>", Outcome.LATER),
    (520, b"<html>Web server is down</html>", Outcome.UNCERTAIN),
]
"""What a proxy, a firewall or a censor between us and Telegram may say."""


async def verdict_of(bot: Bot, chat: TelegramId, message: Message = HELLO) -> Verdict:
    """What becomes of a message: the same, whichever way it goes."""
    wire, made = Wire.of(bot), stamp(message, ring=False, paid=False)
    assert made is not None
    slow, fast = await asyncio.gather(
        carry_out(bot, chat, Say(message), ring=False),
        stamped(wire.transport, wire.url(made.method), chat, made),
    )
    assert slow == fast
    return fast


async def pair_of(bot: Bot, message: Message) -> Pair:
    """The outcome for a person and for a channel."""
    person, channel = (
        await verdict_of(bot, PERSON, message),
        await verdict_of(bot, CHANNEL, message),
    )
    return person.outcome, channel.outcome


@pytest.mark.parametrize(("status", "text", "wanted"), ANSWERS)
async def test_each_answer_has_its_outcome(status: int, text: str, wanted: Pair) -> None:
    async with answering() as (answers, bot):
        answers.refuse(status, text)
        assert await pair_of(bot, HELLO) == wanted
        assert await pair_of(bot, PICTURE) == wanted


@pytest.mark.parametrize(("status", "text", "without"), MEDIA)
async def test_a_refused_picture_is_told_from_a_refused_message(
    status: int, text: str, without: Pair
) -> None:
    async with answering() as (answers, bot):
        answers.refuse(status, text)
        assert await pair_of(bot, PICTURE) == NO_MEDIA
        assert await pair_of(bot, HELLO) == without


@pytest.mark.parametrize(("status", "text", "without", "pictured"), UNHEARD)
async def test_nobody_is_erased_on_account_of_unknown_words(
    status: int, text: str, without: Pair, pictured: Pair
) -> None:
    async with answering() as (answers, bot):
        answers.refuse(status, text)
        assert await pair_of(bot, HELLO) == without
        assert await pair_of(bot, PICTURE) == pictured


@pytest.mark.parametrize(("status", "body", "wanted"), NOT_TELEGRAM)
async def test_what_is_not_telegrams_word_erases_nobody_and_revokes_nothing(
    status: int, body: bytes, wanted: Outcome
) -> None:
    async with answering() as (answers, bot):
        answers.status, answers.body = status, body
        assert await pair_of(bot, HELLO) == (wanted, wanted)
        assert await pair_of(bot, PICTURE) == (wanted, wanted)


@pytest.mark.parametrize("trouble", ["drop", "slow"])
async def test_an_answer_that_does_not_come_leaves_it_uncertain(trouble: str) -> None:
    async with answering(timeout=0.3) as (answers, bot):
        answers.trouble = trouble
        assert (await verdict_of(bot, PERSON)).outcome is Outcome.UNCERTAIN


async def test_an_answer_without_a_message_leaves_it_uncertain() -> None:
    made = stamp(HELLO, ring=False, paid=False)
    assert made is not None
    async with answering() as (answers, bot):
        wire = Wire.of(bot)
        for result in (True, None, {}, {"message_id": "5"}):
            answers.body = {"ok": True, "result": result}
            url = wire.url(made.method)
            verdict = await stamped(wire.transport, url, PERSON, made)
            assert verdict == Verdict(Outcome.UNCERTAIN, reason="answer not readable")


async def test_without_a_connection_it_was_certainly_not_sent() -> None:
    async with answering() as (answers, _):
        url = answers.url
    transport = Transport()  # nobody listens there any more
    bot: ExtBot[None] = ExtBot(TOKEN, base_url=f"{url}/bot", request=transport)
    verdict = await verdict_of(bot, PERSON)
    await transport.shutdown()
    assert verdict.outcome is Outcome.LATER
    assert verdict.offline


@pytest.mark.parametrize(
    ("status", "asked", "kept"),
    [(429, 7, 7), (429, 0, 1), (429, -3, 1), (429, 10**30, 7 * 86_400), (400, 7, 7)],
)
async def test_the_wait_that_telegram_asks_for_is_kept(status: int, asked: int, kept: int) -> None:
    async with answering() as (answers, bot):
        answers.refuse(status, f"Too Many Requests: retry after {asked}", retry_after=asked)
        verdict = await verdict_of(bot, PERSON)
    assert verdict == Verdict(Outcome.LATER, retry_after=timedelta(seconds=kept))


async def test_a_group_that_moved_tells_where_to() -> None:
    async with answering() as (answers, bot):
        text = "Bad Request: group chat was upgraded to a supergroup chat"
        answers.refuse(400, text, migrate_to_chat_id=-1009)
        assert await pair_of(bot, PICTURE) == MOVED
        assert (await verdict_of(bot, CHANNEL)).moved_to == TelegramId(-1009)


QUOTES = [
    'Bad Request: can\'t parse entities: Unsupported start tag "{}"',
    "Bad Request: inline keyboard button URL 'https://example.org/{}' is invalid",
    'Bad Request: failed to send message with the error message "{}"',
]


@pytest.mark.parametrize("quote", QUOTES)
@pytest.mark.parametrize("words", ["bot was blocked by the user", "chat not found", "vera"])
async def test_the_words_of_the_message_decide_nothing_and_are_not_told(
    quote: str, words: str
) -> None:
    async with answering() as (answers, bot):
        answers.refuse(400, quote.format(words))
        verdict = await verdict_of(bot, PERSON)
    assert verdict.outcome is Outcome.REFUSED
    assert words not in verdict.reason


def test_every_outcome_of_an_attempt_is_in_the_tables() -> None:
    rows: list[Pair] = [row[2] for row in (*ANSWERS, *MEDIA)] + [row[3] for row in UNHEARD]
    seen = {outcome for pair in rows for outcome in pair} | set(MOVED)
    assert seen | {Outcome.SENT} == set(Outcome)
