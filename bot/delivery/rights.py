"""Asks Telegram what the bot and a person may do in a channel, at this moment."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from telegram import (
    Bot,
    ChatMember,
    ChatMemberAdministrator,
    ChatMemberMember,
    ChatMemberOwner,
    ChatMemberRestricted,
)
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.domain.channels import ChannelRights, Unreachable
from bot.domain.privacy import TelegramId

Ask = Callable[[TelegramId, TelegramId], Awaitable[ChannelRights]]
"""Takes the channel and the person."""


def asking(bot: Bot) -> Ask:
    """The question, put to this bot's server."""

    async def ask(channel: TelegramId, person: TelegramId) -> ChannelRights:
        try:
            mine = await bot.get_chat_member(channel.reveal(), bot.id)
            theirs = await bot.get_chat_member(channel.reveal(), person.reveal())
        except (BadRequest, Forbidden):
            return ChannelRights()
        except TelegramError:
            raise Unreachable from None
        return _rights(mine, theirs)

    return ask


def bot_rights(member: ChatMember, *, in_channel: bool) -> ChannelRights:
    """What the bot may do. In groups every member posts, and edits what it posted."""
    match member:
        case ChatMemberAdministrator():
            return ChannelRights(
                post=bool(member.can_post_messages) or not in_channel,
                edit=bool(member.can_edit_messages) or not in_channel,
                delete=member.can_delete_messages,
                promote=member.can_promote_members,
            )
        case ChatMemberMember() if not in_channel:
            return ChannelRights(post=True, edit=True)
        case ChatMemberRestricted() if not in_channel and member.is_member:
            return ChannelRights(post=member.can_send_messages, edit=member.can_send_messages)
        case _:
            return ChannelRights()


def _rights(mine: ChatMember, theirs: ChatMember) -> ChannelRights:
    """The person counts as an admin only with the right to post there themselves."""
    posts = isinstance(theirs, ChatMemberAdministrator) and bool(theirs.can_post_messages)
    admin = posts or isinstance(theirs, ChatMemberOwner)
    return replace(bot_rights(mine, in_channel=True), person_admin=admin)
