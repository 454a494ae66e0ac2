"""One task becomes one Bot API call, and its answer a verdict."""

from typing import assert_never

import msgspec
from telegram import Bot, InputFile, ReplyParameters
from telegram import Message as Sent
from telegram.error import TelegramError
from yarl import URL

from bot.delivery import dress
from bot.delivery.outcome import Verdict, judge
from bot.delivery.stamp import Stamp
from bot.delivery.transport import Transport
from bot.domain.outbox import Outcome
from bot.domain.privacy import TelegramId
from bot.views.message import Amend, Erase, Message, Say, Task, Toast


async def carry_out(
    bot: Bot, chat: TelegramId, task: Task, *, ring: bool, paid: bool = False
) -> Verdict:
    """Do it. Every failure that Telegram or the network can cause is a verdict, not an error.

    ``paid`` lets a message leave beyond Telegram's free rate, at the expense of the bot's owner.
    """
    if isinstance(task, Amend) and task.photo and not dress.fits_caption(task.message):
        return Verdict(Outcome.DROPPED, reason="too long for a caption")  # and is said anew
    try:
        sent = await _call(bot, chat.reveal(), task, ring=ring, paid=paid)
    except TelegramError as error:
        return judge(error, chat, pictured=_brings_picture(task))
    return Verdict(Outcome.SENT, message_id=sent.message_id if isinstance(sent, Sent) else None)


async def stamped(transport: Transport, url: URL, chat: TelegramId, stamp: Stamp) -> Verdict:
    """Send one copy of a publication the short way; ends as ``carry_out`` of its ``Say`` would.

    ``url`` is that of the stamp's method: ``Wire.url(stamp.method)``.
    """
    try:
        message_id = await transport.fire(url, stamp.body(chat.reveal()))
    except TelegramError as error:
        return judge(error, chat, pictured=stamp.picture)
    return Verdict(Outcome.SENT, message_id=message_id)


def plain(message: Message) -> Message:
    """The same without its picture: what is sent after ``Outcome.NO_MEDIA``."""
    return msgspec.structs.replace(message, picture=None)


def _brings_picture(task: Task) -> bool:
    match task:
        case Say(message=message):
            return dress.pictured(message)
        case Amend(message=message):
            return _only_anew(message) and dress.pictured(message)
        case _:
            return False


def _only_anew(message: Message) -> bool:
    """Whether it has what no edit can bring."""
    return message.keyboard is not None or message.file is not None


async def _call(bot: Bot, chat: int, task: Task, *, ring: bool, paid: bool) -> Sent | bool:
    match task:
        case Say(message=message, reply_to=reply_to):
            return await _send(bot, chat, message, reply_to, ring=ring, paid=paid)
        case Amend(message=message):
            if _only_anew(message):
                return await _send(bot, chat, message, None, ring=ring, paid=False)
            return await _edit(bot, chat, task)
        case Erase(message_id=id):
            return await bot.delete_message(chat, id)
        case Toast(query=query, text=text, alert=alert):
            return await bot.answer_callback_query(query, text or None, show_alert=alert)
        case other:
            assert_never(other)


async def _edit(bot: Bot, chat: int, amend: Amend) -> Sent | bool:
    message, markup = amend.message, dress.inline(amend.message)
    if amend.photo:
        return await bot.edit_message_caption(
            chat_id=chat,
            message_id=amend.message_id,
            reply_markup=markup,
            **dress.caption(message),
        )
    return await bot.edit_message_text(
        message.text,
        chat_id=chat,
        message_id=amend.message_id,
        entities=dress.entities(message.spans),
        reply_markup=markup,
        link_preview_options=dress.NO_PREVIEW,
    )


async def _send(
    bot: Bot, chat: int, message: Message, reply_to: int | None, *, ring: bool, paid: bool
) -> Sent:
    answers = (
        ReplyParameters(reply_to, allow_sending_without_reply=True)
        if reply_to is not None
        else None
    )
    if message.file is not None:
        return await bot.send_document(
            chat,
            InputFile(message.file.content, filename=message.file.name),
            reply_parameters=answers,
            **dress.caption(message),
            **dress.options(message, ring=ring, paid=paid),
        )
    if dress.pictured(message):
        picture = dress.photo(message, ring=ring, paid=paid)
        return await bot.send_photo(chat, reply_parameters=answers, **picture)
    text = dress.text(message, ring=ring, paid=paid)
    return await bot.send_message(chat, reply_parameters=answers, **text)
