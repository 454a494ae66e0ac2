"""Groups, channels, their members, links, topics and pins."""

from typing import Any

import pytest
import telegram

from sandbox.errors import Refused
from sandbox.server import Sandbox
from tests.sandbox.conftest import Call, make_chat

ALL_KINDS = [kind.value for kind in telegram.constants.UpdateType]
RULE = {
    "can_post_messages": True,
    "can_edit_messages": True,
    "can_delete_messages": True,
    "can_restrict_members": True,
    "can_promote_members": True,
    "can_invite_users": True,
    "can_pin_messages": True,
    "can_manage_topics": True,
}


async def test_channel_posts_reach_the_bot_that_administers_it(
    box: Sandbox, bot: telegram.Bot, vera: int
) -> None:
    chat = await make_chat(box, "channel", username="centre", members=["bob"], bot=RULE)
    box.world.updates.queue.clear()
    told = await box.act("vera", "text", chat="@centre", text="Marta", reply_to=None)
    await box.act("vera", "edit", chat=chat, message_id=told["message"]["message_id"], text="Now")
    post, edited = await bot.get_updates()
    assert post.channel_post is not None
    assert post.channel_post.chat.type == "channel"
    assert post.channel_post.from_user is None
    assert edited.edited_channel_post is not None
    assert edited.edited_channel_post.text == "Now"
    with pytest.raises(Refused, match="may not write"):
        await box.act("bob", "text", chat=chat, text="me too")
    listed = await box.control("GET", "people/bob/chats")
    assert [d["last"]["text"] for d in listed["chats"] if d["chat"]["id"] == chat] == ["Now"]


async def test_lost_rights_are_told_and_felt(box: Sandbox, bot: telegram.Bot) -> None:
    chat = await make_chat(box, "channel", bot=RULE)
    box.world.updates.queue.clear()
    few = {"can_delete_messages": True}
    await box.act("vera", "member", chat=chat, user="bot", status="administrator", rights=few)
    (update,) = await bot.get_updates()
    assert update.my_chat_member is not None
    old, new = update.my_chat_member.old_chat_member, update.my_chat_member.new_chat_member
    assert isinstance(old, telegram.ChatMemberAdministrator)
    assert isinstance(new, telegram.ChatMemberAdministrator)
    assert (old.can_post_messages, new.can_post_messages) == (True, False)
    with pytest.raises(telegram.error.BadRequest, match="Need administrator rights"):
        await bot.send_message(chat, "x")


async def test_comings_and_goings_are_told_to_an_administrator(
    box: Sandbox, bot: telegram.Bot, bob: int
) -> None:
    chat = await make_chat(box, "supergroup", username="centre", bot=RULE)
    await bot.get_updates(allowed_updates=ALL_KINDS)
    box.world.updates.queue.clear()
    await box.act("bob", "join", chat="@centre")
    await box.act("bob", "leave", chat=chat)
    updates = await bot.get_updates()
    statuses = [u.chat_member.new_chat_member.status for u in updates if u.chat_member]
    assert statuses == ["member", "left"]
    service = [u.message for u in updates if u.message]
    assert service[0].new_chat_members[0].id == bob
    assert service[1].left_chat_member is not None
    assert await bot.get_chat_member_count(chat) == 2


async def test_members_are_promoted_restricted_banned_and_let_back(
    box: Sandbox, bot: telegram.Bot, bob: int, vera: int
) -> None:
    chat = await make_chat(box, "supergroup", members=["bob"], bot=RULE)
    assert await bot.promote_chat_member(chat, bob, can_pin_messages=True)
    promoted = await bot.get_chat_member(chat, bob)
    assert isinstance(promoted, telegram.ChatMemberAdministrator)
    assert (promoted.can_pin_messages, promoted.can_be_edited) == (True, True)
    assert await bot.promote_chat_member(chat, bob)
    assert (await bot.get_chat_member(chat, bob)).status == "member"
    quiet = telegram.ChatPermissions.no_permissions()
    assert await bot.restrict_chat_member(chat, bob, quiet)
    with pytest.raises(Refused):
        await box.act("bob", "text", chat=chat, text="x")
    assert await bot.ban_chat_member(chat, bob)
    with pytest.raises(Refused):
        await box.act("bob", "join", chat=chat)
    assert await bot.unban_chat_member(chat, bob)
    assert (await bot.get_chat_member(chat, bob)).status == "left"
    with pytest.raises(telegram.error.BadRequest, match="owner"):
        await bot.ban_chat_member(chat, vera)
    admins = {m.user.id for m in await bot.get_chat_administrators(chat)}
    assert admins == {vera, bot.id}


async def test_only_those_with_the_right_change_members(box: Sandbox, bob: int) -> None:
    chat = await make_chat(box, "supergroup", members=["bob"])
    with pytest.raises(Refused) as caught:
        await box.act("bob", "member", chat=chat, user="vera", status="kicked")
    assert caught.value.status == 409
    with pytest.raises(Refused, match="can_invite_users"):
        await box.act("bob", "member", chat=chat, user="bot", status="member")


async def test_links_open_a_chat_once_with_approval_and_until_revoked(
    box: Sandbox, bot: telegram.Bot, bob: int
) -> None:
    chat = await make_chat(box, "channel", bot=RULE)
    await bot.get_updates(allowed_updates=ALL_KINDS)
    box.world.updates.queue.clear()
    gate = await bot.create_chat_invite_link(chat, creates_join_request=True, name="gate")
    asked = await box.act("bob", "join", link=gate.invite_link)
    assert asked["requested"] is True
    (request,) = [u.chat_join_request for u in await bot.get_updates()]
    assert request is not None
    assert (request.from_user.id, request.user_chat_id) == (bob, bob)
    assert await bot.approve_chat_join_request(chat, bob)
    assert (await bot.get_chat_member(chat, bob)).status == "member"
    await box.act("bob", "leave", chat=chat)
    once = await bot.create_chat_invite_link(chat, member_limit=1)
    await box.act("bob", "join", link=once.invite_link)
    await box.control("POST", "people", {"name": "Ada", "username": "ada"})
    with pytest.raises(Refused, match="expired"):
        await box.act("ada", "join", link=once.invite_link)
    late = await bot.create_chat_invite_link(chat, expire_date=int(box.world.clock.now()) + 60)
    await box.control("POST", "clock", {"seconds": 61})
    with pytest.raises(Refused, match="expired"):
        await box.act("ada", "join", link=late.invite_link)
    revoked = await bot.revoke_chat_invite_link(chat, gate.invite_link)
    assert revoked.is_revoked is True
    assert (await bot.export_chat_invite_link(chat)).startswith("https://t.me/+")
    with pytest.raises(telegram.error.BadRequest, match=r"(?i)hide_requester_missing"):
        await bot.decline_chat_join_request(chat, bob)


async def test_topics_open_close_and_go(box: Sandbox, bot: telegram.Bot) -> None:
    chat = await make_chat(box, "supergroup", topics=["Centre"], bot=RULE)
    topic = await bot.create_forum_topic(chat, "North")
    number = topic.message_thread_id
    sent = await bot.send_message(chat, "x", message_thread_id=number)
    assert sent.is_topic_message is True
    assert sent.reply_to_message is not None
    assert sent.reply_to_message.message_id == number
    assert await bot.edit_forum_topic(chat, number, name="South")
    assert await bot.close_forum_topic(chat, number)
    few = {**RULE, "can_manage_topics": False}
    await box.act("vera", "member", chat=chat, user="bot", status="administrator", rights=few)
    with pytest.raises(telegram.error.BadRequest, match=r"(?i)topic_closed"):
        await bot.send_message(chat, "x", message_thread_id=number)
    await box.act("vera", "member", chat=chat, user="bot", status="administrator", rights=RULE)
    assert await bot.reopen_forum_topic(chat, number)
    assert await bot.delete_forum_topic(chat, number)
    with pytest.raises(telegram.error.BadRequest, match="thread not found"):
        await bot.send_message(chat, "x", message_thread_id=number)
    card = (await box.control("GET", f"chats/{chat}"))["chat"]
    assert [t["name"] for t in card["topics"]] == ["Centre"]


async def test_pins_are_kept_in_order_and_need_the_right(
    box: Sandbox, bot: telegram.Bot, vera: int
) -> None:
    chat = await make_chat(box, "supergroup", bot=RULE)
    one, two = await bot.send_message(chat, "1"), await bot.send_message(chat, "2")
    assert await one.pin()
    assert await two.pin()
    full = await bot.get_chat(chat)
    assert full.pinned_message is not None
    assert full.pinned_message.message_id == two.message_id
    assert await two.unpin()
    assert (await box.control("GET", f"chats/{chat}"))["chat"]["pinned"] == [one.message_id]
    assert await bot.unpin_all_chat_messages(chat)
    await box.act("vera", "member", chat=chat, user="bot", status="member")
    with pytest.raises(telegram.error.BadRequest, match="pinned messages"):
        await one.pin()


async def test_a_bot_deletes_others_messages_only_with_the_right(
    box: Sandbox, bot: telegram.Bot
) -> None:
    chat = await make_chat(box, "supergroup", bot="member")
    told = await box.act("vera", "text", chat=chat, text="x")
    number = told["message"]["message_id"]
    with pytest.raises(telegram.error.BadRequest, match="can't be deleted"):
        await bot.delete_message(chat, number)
    await box.act("vera", "member", chat=chat, user="bot", status="administrator")
    assert await bot.delete_message(chat, number)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"type": "club"}, "type"),
        ({"type": "group", "title": " "}, "title"),
        ({"type": "channel", "title": "x", "creator": "nobody"}, "no person"),
        ({"type": "channel", "title": "x", "creator": "vera", "bot": "member"}, "administrator"),
        ({"type": "group", "title": "x", "creator": "vera", "username": "x"}, "usernames"),
        ({"type": "group", "title": "x", "creator": "vera", "colour": 1}, "colour"),
    ],
)
async def test_chats_that_cannot_be_are_refused(
    box: Sandbox, body: dict[str, Any], text: str
) -> None:
    with pytest.raises(Refused, match=text):
        await box.control("POST", "chats", body)


async def test_a_person_founds_migrates_and_ends_a_group(box: Sandbox, call: Call) -> None:
    group = await box.act("bob", "create", type="group", title="Friends", bot="member")
    with pytest.raises(Refused):
        await box.act("vera", "migrate", chat=group["id"])
    moved = await box.act("bob", "migrate", chat=group["id"])
    assert moved["type"] == "supergroup"
    await box.act("bob", "delete_chat", chat=moved["id"])
    assert (await call("sendMessage", chat_id=moved["id"], text="x"))[0] == 403
