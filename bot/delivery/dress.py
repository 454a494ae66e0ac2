"""A ``Message`` in the clothes of the Bot API: entities, keyboards, options."""

from datetime import UTC, datetime
from typing import Any, assert_never

from telegram import (
    ChatAdministratorRights,
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    KeyboardButtonRequestChat,
    LinkPreviewOptions,
    MessageEntity,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)

from bot.views.message import (
    AskChannel,
    AskLocation,
    Button,
    DropKeyboard,
    Message,
    Span,
    units,
)

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
CAPTION_LIMIT = 1024
"""Characters of a caption (Bot API, sendPhoto), counted strictly: in UTF-16 units."""


def fits_caption(message: Message) -> bool:
    """Whether the text can stand below a picture."""
    return units(message.text) <= CAPTION_LIMIT


def pictured(message: Message) -> bool:
    """Whether a new message goes out as a picture with a caption rather than as a text."""
    return message.picture is not None and message.file is None and fits_caption(message)


def entities(spans: tuple[Span, ...]) -> list[MessageEntity]:
    """Spans as entities; no text of ours or others ever goes through ``parse_mode``."""
    return [
        MessageEntity(
            span.kind,
            span.offset,
            span.length,
            url=span.url,
            unix_time=None if span.unix is None else datetime.fromtimestamp(span.unix, UTC),
        )
        for span in spans
    ]


def inline(message: Message) -> InlineKeyboardMarkup | None:
    """The buttons below a message, if it has any."""
    if not message.buttons:
        return None
    return InlineKeyboardMarkup([[_button(one) for one in row] for row in message.buttons])


def markup(
    message: Message,
) -> InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove | None:
    """Whatever keyboard a new message brings; Telegram allows one of the two kinds."""
    match message.keyboard:
        case None:
            return inline(message)
        case DropKeyboard():
            return ReplyKeyboardRemove()
        case AskLocation(label=label, cancel=cancel):
            return _keyboard(KeyboardButton(label, request_location=True), cancel)
        case AskChannel(label=label, cancel=cancel, request=request):
            return _keyboard(KeyboardButton(label, request_chat=_channel(request)), cancel)
        case other:
            assert_never(other)


def text(message: Message, *, ring: bool, paid: bool) -> dict[str, Any]:
    """Arguments of sendMessage, all but where to; those that are ``None`` are left out."""
    return {
        "text": message.text,
        "entities": entities(message.spans),
        "link_preview_options": NO_PREVIEW,
        **options(message, ring=ring, paid=paid),
    }


def photo(message: Message, *, ring: bool, paid: bool) -> dict[str, Any]:
    """Arguments of sendPhoto for a ``pictured`` message, all but where to."""
    return {"photo": message.picture, **caption(message), **options(message, ring=ring, paid=paid)}


def caption(message: Message) -> dict[str, Any]:
    """The text of a message where it stands below something; may be empty."""
    return {
        "caption": message.text or None,
        "caption_entities": entities(message.spans),
    }


def options(message: Message, *, ring: bool, paid: bool) -> dict[str, Any]:
    """Arguments that every new message has; ``ring`` decides over the sound with it.

    ``paid`` lets it leave beyond Telegram's free rate, at the expense of the bot's owner.
    """
    return {
        "reply_markup": markup(message),
        "disable_notification": message.silent and not ring,
        "protect_content": message.protect or None,
        "allow_paid_broadcast": paid or None,
    }


def _button(one: Button) -> InlineKeyboardButton:
    return InlineKeyboardButton(
        one.label,
        url=one.url,
        callback_data=one.data,
        copy_text=CopyTextButton(one.copy) if one.copy is not None else None,
    )


def _keyboard(key: KeyboardButton, cancel: str) -> ReplyKeyboardMarkup:
    rows = [[key], [KeyboardButton(cancel)]]
    return ReplyKeyboardMarkup(rows, resize_keyboard=True, one_time_keyboard=True)


def _channel(request: int) -> KeyboardButtonRequestChat:
    """Channels where both the admin and the bot may post; Telegram grants the bot its rights."""
    return KeyboardButtonRequestChat(
        request,
        chat_is_channel=True,
        user_administrator_rights=_rights(can_promote_members=True),
        bot_administrator_rights=_rights(),
        request_title=True,
        request_username=True,
    )


def _rights(*, can_promote_members: bool = False) -> ChatAdministratorRights:
    return ChatAdministratorRights(
        is_anonymous=False,
        can_manage_chat=True,
        can_delete_messages=False,
        can_manage_video_chats=False,
        can_restrict_members=False,
        can_promote_members=can_promote_members,
        can_change_info=False,
        can_invite_users=False,
        can_post_stories=False,
        can_edit_stories=False,
        can_delete_stories=False,
        can_post_messages=True,
        can_edit_messages=True,
    )
