"""The single map from what Telegram answers to what becomes of a message.

Texts are those of the Bot API server's source or widely quoted ones. They are compared without
regard to case, since python-telegram-bot strips the prefix and capitalises.
"""

from dataclasses import dataclass
from datetime import timedelta

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
)

from bot.delivery.transport import Lost, NoSuchMethod, NotSent, ServerFault, TooMany
from bot.domain.outbox import Outcome
from bot.domain.privacy import TelegramId


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one attempt, and what is needed to act on it.

    ``offline`` marks a call that found no connection: every other one would fare the same.
    """

    outcome: Outcome
    message_id: int | None = None
    retry_after: timedelta | None = None
    moved_to: TelegramId | None = None
    offline: bool = False
    reason: str = ""


UNCHANGED = ("message is not modified",)
DROPPED = (
    "query is too old",
    "query id is invalid",
    "message can't be deleted",
    "message to delete not found",
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "there is no text in the message to edit",
    "message identifier is not specified",
)
NO_CHAT = ("chat not found", "peer_id_invalid", "user not found")
LOST_CHAT = (
    "chat_write_forbidden",
    "chat_admin_required",
    "chat_restricted",
    "channel_private",
    "need administrator rights",
    "not enough rights",
    "have no rights to send",
    "bot was kicked",
    "bot is not a member",
    "chat was deleted",
    "group chat was deactivated",
    "chat is deactivated",
)
FORGET = (
    "bot was blocked",
    "user is deactivated",
    "can't initiate conversation",
    "can't send messages to bots",
    "user_is_blocked",
    "input_user_deactivated",
)
UNCERTAIN_STATUS = 502
"""A front end's Bad Gateway may follow acceptance."""


def judge(error: TelegramError, chat: TelegramId) -> Verdict:
    """The outcome of a failed call that was meant for ``chat``."""
    match error:
        case ChatMigrated(new_chat_id=id):
            return Verdict(Outcome.MIGRATED, moved_to=TelegramId(id))
        case TooMany(seconds=seconds):
            return Verdict(Outcome.LATER, retry_after=timedelta(seconds=seconds))
        case NotSent():
            return Verdict(Outcome.LATER, offline=True, reason="not sent")
        case ServerFault(status=status) if status != UNCERTAIN_STATUS:
            return Verdict(Outcome.LATER, reason=f"status {status}")
        case NoSuchMethod() | EndPointNotFound():
            return Verdict(Outcome.REFUSED, reason="no such method")
        case InvalidToken():
            return Verdict(Outcome.REVOKED)
        case BadRequest() | Forbidden() | Conflict():
            return _by_text(error, chat)
        case Lost() | ServerFault() | NetworkError():
            return Verdict(Outcome.UNCERTAIN, reason="answer lost")
        case _:
            return _by_text(error, chat)


def _by_text(error: TelegramError, chat: TelegramId) -> Verdict:
    text = error.message.lower()
    if _says(text, UNCHANGED):
        return Verdict(Outcome.UNCHANGED)
    if _says(text, DROPPED):
        return Verdict(Outcome.DROPPED)
    if "too many requests" in text:
        return Verdict(Outcome.LATER, retry_after=timedelta(seconds=1))
    if "invalid server response" in text:
        return Verdict(Outcome.UNCERTAIN, reason="answer not readable")
    if _says(text, FORGET) or _says(text, NO_CHAT) or _says(text, LOST_CHAT):
        return Verdict(Outcome.FORGET if chat.private else Outcome.LOST_CHAT)
    if isinstance(error, Forbidden):
        return Verdict(Outcome.FORGET if chat.private else Outcome.LOST_CHAT)
    return Verdict(Outcome.REFUSED, reason=_known(text))


def _says(text: str, any_of: tuple[str, ...]) -> bool:
    return any(part in text for part in any_of)


REFUSALS = (
    "message is too long",
    "caption is too long",
    "text is empty",
    "button_data_invalid",
    "can't parse entities",
    "reply markup is too long",
    "chat_id is empty",
    "wrong http url",
    "failed to get http url content",
    "unknown parameter",
)


def _known(text: str) -> str:
    """Which of the known refusals it is: Telegram's own words may quote the message."""
    return next((part for part in REFUSALS if part in text), "another reason")
