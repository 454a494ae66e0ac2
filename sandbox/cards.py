"""Chats and messages as the control API shows them."""

from sandbox import posting
from sandbox.chats import Chat, Member
from sandbox.messages import MEDIA, Message
from sandbox.people import Person
from sandbox.types import Json
from sandbox.world import World


def member_card(world: World, member: Member) -> Json:
    """Return the control API's Member."""
    user = world.user(member.user_id)
    return {
        "user_id": member.user_id,
        "name": " ".join(filter(None, (user["first_name"], user.get("last_name")))),
        "username": user.get("username"),
        "is_bot": user["is_bot"],
        "status": member.status,
        "rights": member.rights or None,
    }


def chat_card(world: World, chat: Chat) -> Json:
    """Return the control API's Chat."""
    private = chat.type == "private"
    return {
        "id": chat.id,
        "type": chat.type,
        "title": world.people[chat.id].full_name if private else chat.title,
        "username": chat.username,
        "description": chat.description,
        "is_forum": chat.is_forum,
        "creator": chat.creator,
        "deleted": chat.deleted,
        "migrated_to": chat.migrated_to,
        "protected": chat.protected,
        "members": [member_card(world, m) for m in chat.members.values()],
        "topics": [{"id": t.id, "name": t.name, "closed": t.closed} for t in chat.topics.values()],
        "pinned": chat.pinned,
        "links": list(chat.links.values()),
        "join_requests": list(chat.requests),
    }


def sender_name(message: Message) -> str:
    """Return who a reader sees as the author."""
    if sender_chat := message.data.get("sender_chat"):
        return str(sender_chat["title"])
    user = message.data["from"]
    return " ".join(filter(None, (user["first_name"], user.get("last_name"))))


def message_card(world: World, message: Message, *, me: Person | None = None) -> Json:
    """Return the control API's Message: the Bot API object and what only a person sees."""
    chat = world.chats[message.chat_id]
    return posting.seen(world, message) | {
        "kind": message.kind,
        "out": me is not None and message.sender_id == me.id,
        "sender_name": sender_name(message),
        "deleted": message.deleted,
        "edited": "edit_date" in message.data,
        "pinned": message.id in chat.pinned,
        "silent": message.silent,
        "protected": message.protected,
        "reply_keyboard": message.keyboard,
        "files": _files(world, message),
        "reactions": [{"user_id": u, "emoji": e} for u, e in message.reactions.items()],
    }


def _files(world: World, message: Message) -> list[Json]:
    for kind in MEDIA:
        if kind in message.data:
            media = message.data[kind]
            largest = media[-1] if isinstance(media, list) else media
            return [world.files.by_id[largest["file_id"]].shown(world.base)]
    return []


def messages_for(chat: Chat, me: Person | None) -> list[Message]:
    """Return the messages of a chat that a person has not cleared, oldest first."""
    everything = chat.messages.values()
    return [m for m in everything if me is None or me.id not in m.cleared_for]


def dialog(world: World, chat: Chat, me: Person) -> Json:
    """Return the control API's Dialog."""
    private = chat.type == "private"
    member = chat.members.get(me.id)
    visible = [m for m in messages_for(chat, me) if not m.deleted]
    return {
        "chat": chat_card(world, chat),
        "joined": private or (member is not None and member.present),
        "member": member_card(world, member) if member else None,
        "last": message_card(world, visible[-1], me=me) if visible else None,
    }


def dialogs(world: World, me: Person) -> list[Json]:
    """Return the bot's chat, the chats this person is in, and the public ones."""
    mine, public = [world.chats[me.id]], list[Chat]()
    for chat in world.chats.values():
        if chat.type == "private" or chat.deleted or chat.migrated_to is not None:
            continue
        if chat.member(me.id).present:
            mine.append(chat)
        elif chat.username:
            public.append(chat)
    return [dialog(world, chat, me) for chat in mine + public]


def can_write(chat: Chat, me: Person) -> bool:
    """Whether the person may write there now."""
    if me.deactivated or chat.deleted or chat.migrated_to is not None:
        return False
    if chat.type == "private":
        return me.bot == "started"
    member = chat.member(me.id)
    if chat.type == "channel":
        return member.may("can_post_messages")
    allowed = member.permissions if member.status == "restricted" else chat.permissions
    return member.admin or (member.present and allowed.get("can_send_messages", True))
