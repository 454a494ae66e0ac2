"""Asks Telegram what the bot and a person may do in a channel, at this moment."""

from collections.abc import Awaitable, Callable

from telegram import Bot, ChatMember, ChatMemberAdministrator, ChatMemberOwner
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


def _rights(mine: ChatMember, theirs: ChatMember) -> ChannelRights:
    admin = isinstance(theirs, ChatMemberAdministrator | ChatMemberOwner)
    if not isinstance(mine, ChatMemberAdministrator):
        return ChannelRights(person_admin=admin)
    return ChannelRights(
        person_admin=admin,
        post=bool(mine.can_post_messages),
        edit=bool(mine.can_edit_messages),
        delete=mine.can_delete_messages,
        promote=mine.can_promote_members,
    )
