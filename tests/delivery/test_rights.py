"""Rights as Telegram reports them, read for linking a channel."""

from typing import Any, cast

import pytest
from telegram import Bot, ChatMember
from telegram.error import BadRequest, Forbidden, NetworkError, TelegramError

from bot.delivery.rights import asking, bot_rights
from bot.domain.channels import ChannelRights, Unreachable
from bot.domain.privacy import TelegramId

NOTHING = ChannelRights()
FLAGS = (
    "can_be_edited",
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)


def member(status: str, **fields: Any) -> ChatMember:
    """A membership as Telegram writes it."""
    user = {"id": 1, "is_bot": False, "first_name": "x"}
    flags = dict.fromkeys(FLAGS, False) if status == "administrator" else {}
    if status == "creator":
        flags = {"is_anonymous": False}
    return ChatMember.de_json({"status": status, "user": user, **flags, **fields}, None)


class Server:
    """Answers getChatMember: for the bot (number 1) and for a person."""

    id = 1

    def __init__(self, mine: ChatMember | TelegramError, theirs: ChatMember) -> None:
        self.mine, self.theirs = mine, theirs

    async def get_chat_member(self, chat: int, user: int) -> ChatMember:
        """The membership, or the error."""
        found = self.mine if user == self.id else self.theirs
        if isinstance(found, TelegramError):
            raise found
        return found


async def ask(mine: ChatMember | TelegramError, theirs: ChatMember) -> ChannelRights:
    """What ``asking`` makes of the two."""
    rights = asking(cast("Bot", Server(mine, theirs)))
    return await rights(TelegramId(-1001), TelegramId(7))


ADMIN = member("administrator", can_post_messages=True, can_edit_messages=True)


@pytest.mark.parametrize(
    ("theirs", "admin"),
    [
        (member("creator"), True),
        (ADMIN, True),
        (member("administrator", can_post_messages=False), False),
        (member("member"), False),
        (member("left"), False),
    ],
)
async def test_only_who_may_post_there_may_link_it(theirs: ChatMember, admin: bool) -> None:
    found = await ask(ADMIN, theirs)
    assert found == ChannelRights(person_admin=admin, post=True, edit=True)


@pytest.mark.parametrize(
    ("mine", "enough"),
    [
        (ADMIN, True),
        (member("administrator", can_post_messages=True), False),
        (member("administrator", can_edit_messages=True), False),
        (member("member"), False),
        (member("left"), False),
    ],
)
async def test_the_bot_needs_posting_and_editing(mine: ChatMember, enough: bool) -> None:
    assert (await ask(mine, ADMIN)).enough is enough


async def test_a_channel_that_is_closed_to_the_bot_gives_no_rights() -> None:
    for error in (BadRequest("chat not found"), Forbidden("bot was kicked")):
        assert await ask(error, ADMIN) == NOTHING
    with pytest.raises(Unreachable):
        await ask(NetworkError("no route"), ADMIN)


def test_in_groups_members_post_unless_they_are_restricted() -> None:
    assert bot_rights(member("member"), in_channel=False).enough
    assert bot_rights(member("administrator"), in_channel=False).enough
    assert not bot_rights(member("administrator"), in_channel=True).enough
    assert not bot_rights(member("kicked", until_date=0), in_channel=False).enough
