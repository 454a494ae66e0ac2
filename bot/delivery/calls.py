"""One task becomes one Bot API call, and its answer a verdict."""

from typing import assert_never

from telegram import Bot, InputFile, ReplyParameters
from telegram import Message as Sent
from telegram.error import TelegramError

from bot.delivery import dress
from bot.delivery.outcome import Verdict, judge
from bot.domain.outbox import Outcome
from bot.domain.privacy import TelegramId
from bot.views.message import Amend, Erase, Message, Say, Task, Toast


async def carry_out(
    bot: Bot, chat: TelegramId, task: Task, *, ring: bool, paid: bool = False
) -> Verdict:
    """Do it. Every failure that Telegram or the network can cause is a verdict, not an error.

    ``paid`` lets a message leave beyond Telegram's free rate, at the expense of the bot's owner.
    """
    try:
        sent = await _call(bot, chat.reveal(), task, ring=ring, paid=paid)
    except TelegramError as error:
        return judge(error, chat)
    return Verdict(Outcome.SENT, message_id=sent.message_id if isinstance(sent, Sent) else None)


async def _call(bot: Bot, chat: int, task: Task, *, ring: bool, paid: bool) -> Sent | bool:
    match task:
        case Say(message=message, reply_to=reply_to):
            return await _send(bot, chat, message, reply_to, ring=ring, paid=paid)
        case Amend(message_id=id, message=message):
            if message.keyboard is not None or message.file is not None:
                return await _send(bot, chat, message, None, ring=ring)
            return await bot.edit_message_text(
                message.text,
                chat_id=chat,
                message_id=id,
                entities=dress.entities(message.spans),
                reply_markup=dress.inline(message),
                link_preview_options=dress.NO_PREVIEW,
            )
        case Erase(message_id=id):
            return await bot.delete_message(chat, id)
        case Toast(query=query, text=text, alert=alert):
            return await bot.answer_callback_query(query, text or None, show_alert=alert)
        case other:
            assert_never(other)


async def _send(
    bot: Bot,
    chat: int,
    message: Message,
    reply_to: int | None,
    *,
    ring: bool,
    paid: bool = False,
) -> Sent:
    answers = (
        ReplyParameters(reply_to, allow_sending_without_reply=True)
        if reply_to is not None
        else None
    )
    common = dress.options(message, ring=ring) | ({"allow_paid_broadcast": True} if paid else {})
    spans = dress.entities(message.spans)
    if message.file is not None:
        return await bot.send_document(
            chat,
            InputFile(message.file.content, filename=message.file.name),
            caption=message.text or None,
            caption_entities=spans,
            reply_parameters=answers,
            **common,
        )
    return await bot.send_message(
        chat,
        message.text,
        entities=spans,
        link_preview_options=dress.NO_PREVIEW,
        reply_parameters=answers,
        **common,
    )
