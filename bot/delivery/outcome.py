"""The single map from what Telegram answers to what becomes of a message.

Texts come from the source of the Bot API server (``Client::fail_query_with_error`` of
tdlib/telegram-bot-api), of TDLib below it, from the errors that core.telegram.org lists for
messages.sendMedia, or are widely quoted. They are compared without regard to case, since
python-telegram-bot strips the prefix and capitalises.
"""

import re
from datetime import timedelta

import msgspec
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    TelegramError,
)

from bot.delivery.transport import (
    NoSuchMethod,
    NotSent,
    ServerFault,
    TooMany,
    TurnedAway,
    Unreadable,
)
from bot.domain.outbox import Outcome
from bot.domain.privacy import TelegramId


class Verdict(msgspec.Struct, frozen=True):
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
    "message_edit_time_expired",
    "message_author_required",
    "message_id_invalid",
    "there is no text in the message to edit",
    "there is no caption in the message to edit",
    "message identifier is not specified",
)
NO_MEDIA = (
    # fail_query_with_error, for what Telegram fetches by URL: WC_CONVERT_URL_INVALID and
    # EXTERNAL_URL_INVALID, WEBPAGE_CURL_FAILED, WEBPAGE_MEDIA_EMPTY, "File generation failed"
    "wrong http url specified",
    "failed to get http url content",
    "wrong type of the web page content",
    "can't upload file by url",
    # TDLib: "Wrong file identifier/HTTP URL specified" (python-telegram-bot#2917)
    "wrong file identifier",
    # the same as they are (nazurin#143)
    "webpage_curl_failed",
    "webpage_media_empty",
    # messages.sendMedia
    "external_url_invalid",
    "image_process_failed",
    "media_empty",
    "media_invalid",
    "photo_ext_invalid",
    "photo_invalid",
    "photo_save_file_invalid",
    "file is too big",
    # TDLib: "Photo has unsupported extension. …"
    "photo has unsupported extension",
    # a group that takes texts but no pictures; TDLib and messages.sendMedia
    "not enough rights to send photos",
    "chat_send_photos_forbidden",
    "chat_send_media_forbidden",
    # TDLib; a longer text goes without the picture anyway
    "caption is too long",
)
NO_CHAT = ("chat not found", "peer_id_invalid", "user not found", "chat_id_invalid")
LOST_CHAT = (
    "chat_write_forbidden",
    "chat_send_plain_forbidden",
    "chat_admin_required",
    "chat_restricted",
    "channel_private",
    "channel_invalid",
    "user_banned_in_channel",
    "need administrator rights",
    "not enough rights",
    "have no rights to send",
    "bot was kicked",
    "bot is not a member",
    "chat was deleted",
    "group chat was deactivated",
    "chat is deactivated",
)
LOST_TOPIC = ("message thread not found", "topic_closed", "topic_deleted", "topic_id_invalid")
"""Nothing of ours names a topic, so that only the general one can be closed to the bot."""
FORGET = (
    "bot was blocked",
    "user is deactivated",
    "can't initiate conversation",
    "can't send messages to",
    "user_is_blocked",
    "user_deactivated",
)
BUGS = (
    "message is too long",
    "text is empty",
    "message must be non-empty",
    "button_data_invalid",
    "button_url_invalid",
    "button_type_invalid",
    "keyboard button url",
    "can't parse",
    "entity_bounds_invalid",
    "reply markup is too long",
    "inline keyboard expected",
    "to be replied not found",
    "reply message not found",
    "replied message not found",
    "too many message identifiers",
    "chat_id is empty",
    "unknown parameter",
)
"""Refusals of what we wrote: without its picture it would be refused again."""
QUOTED = re.compile(r"\"|\s'")
CERTAIN_STATUSES = (500, 503)
"""Not carried out. A front end's 502 or 504 may follow acceptance, as may any other 5xx."""
TOO_BIG_STATUSES = (413, 414, 431)
"""What is too big for the front end today will be too big tomorrow."""


def judge(error: TelegramError, chat: TelegramId, *, pictured: bool = False) -> Verdict:
    """The outcome of a failed call that was meant for ``chat``.

    ``pictured``: it was to send a picture; only then can the picture be what is refused.
    """
    match error:
        case ChatMigrated(new_chat_id=id):
            return Verdict(Outcome.MIGRATED, moved_to=TelegramId(id))
        case TooMany(seconds=seconds):
            return Verdict(Outcome.LATER, retry_after=timedelta(seconds=seconds))
        case NotSent():
            return Verdict(Outcome.LATER, offline=True, reason="not sent")
        case TurnedAway(status=status) if status in TOO_BIG_STATUSES:
            return Verdict(Outcome.REFUSED, reason=f"status {status}")
        case TurnedAway(status=status):
            return Verdict(Outcome.LATER, reason=f"status {status}")
        case ServerFault(status=status) if status in CERTAIN_STATUSES:
            return Verdict(Outcome.LATER, reason=f"status {status}")
        case NoSuchMethod() | EndPointNotFound():
            return Verdict(Outcome.REFUSED, reason="no such method")
        case InvalidToken():
            return Verdict(Outcome.REVOKED)
        case Conflict():  # known of fetching updates only
            return Verdict(Outcome.REFUSED, reason="conflict")
        case BadRequest() | Forbidden():
            return _by_text(error, chat, pictured=pictured)
        case Unreadable():
            return Verdict(Outcome.UNCERTAIN, reason="answer not readable")
        case _:
            return Verdict(Outcome.UNCERTAIN, reason="answer lost")


def _by_text(error: TelegramError, chat: TelegramId, *, pictured: bool) -> Verdict:
    text = QUOTED.split(error.message.lower(), maxsplit=1)[0]  # what follows may be foreign words
    if _says(text, UNCHANGED):
        return Verdict(Outcome.UNCHANGED)
    if _says(text, DROPPED):
        return Verdict(Outcome.DROPPED)
    if "too many requests" in text:
        return Verdict(Outcome.LATER, retry_after=timedelta(seconds=1))
    if pictured and _says(text, NO_MEDIA):  # before the rights: those to pictures are fewer
        return Verdict(Outcome.NO_MEDIA, reason=_known(text))
    if _says(text, FORGET) or _says(text, NO_CHAT) or _says(text, LOST_CHAT):
        return Verdict(Outcome.FORGET if chat.private else Outcome.LOST_CHAT)
    return _unknown(error, text, chat, pictured=pictured)


def _unknown(error: TelegramError, text: str, chat: TelegramId, *, pictured: bool) -> Verdict:
    """Words nobody has told us the meaning of: nobody is erased on their account.

    A channel may be paused on them, since its staff is told and can link it again; and a picture
    may be what they are about, since nothing else of a message comes from elsewhere.
    """
    if not chat.private and (isinstance(error, Forbidden) or _says(text, LOST_TOPIC)):
        return Verdict(Outcome.LOST_CHAT)
    if pictured and not _says(text, BUGS):
        return Verdict(Outcome.NO_MEDIA, reason=_known(text))
    return Verdict(Outcome.REFUSED, reason=_known(text))


def _says(text: str, any_of: tuple[str, ...]) -> bool:
    return any(part in text for part in any_of)


def _known(text: str) -> str:
    """Which of the known refusals it is: Telegram's own words may quote the message."""
    return next((part for part in (*BUGS, *NO_MEDIA) if part in text), "another reason")
