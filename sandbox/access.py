"""What the bot may do where: chats found or refused as Telegram refuses them."""

from sandbox import errors
from sandbox.calls import Call
from sandbox.chats import Chat
from sandbox.errors import bad, forbidden
from sandbox.messages import Message
from sandbox.strings import whole
from sandbox.world import World

PERMISSION = {
    "text": ("can_send_messages", "text messages"),
    "photo": ("can_send_photos", "photos"),
    "video": ("can_send_videos", "videos"),
    "audio": ("can_send_audios", "music"),
    "document": ("can_send_documents", "documents"),
    "animation": ("can_send_other_messages", "GIFs"),
    "poll": ("can_send_polls", "polls"),
}


def lookup(world: World, value: object) -> Chat | None:
    """Return the chat of a number, a numeric string or an @username; never invent one."""
    text = str(value).strip()
    if text.startswith("@"):
        found = world.by_username(text)
        return found if isinstance(found, Chat) else None
    number = whole(text)
    return None if number is None else world.chats.get(number)


def find(world: World, call: Call, name: str = "chat_id") -> Chat:
    """Return the chat that a call names, if the bot can know of it."""
    if not call.has(name):
        raise bad(f"{name} is empty")
    chat = lookup(world, call.raw[name])
    if chat is None:
        raise bad(errors.CHAT_NOT_FOUND)
    if chat.type != "private" and not chat.username and world.bot_id not in chat.members:
        raise bad(errors.CHAT_NOT_FOUND)
    if chat.migrated_to is not None:
        raise errors.migrated(chat.migrated_to)
    return chat


def present(world: World, call: Call, name: str = "chat_id") -> Chat:
    """Return a chat in which the bot is and can be heard."""
    chat = find(world, call, name)
    if chat.type == "private":
        _check_person(world, chat.id)
        return chat
    if chat.deleted:
        channel = chat.type == "channel"
        raise bad(errors.CHAT_NOT_FOUND) if channel else forbidden(errors.GROUP_DELETED)
    member = world.bot_in(chat)
    if member.status == "kicked":
        raise errors.kicked(chat.type)
    if not member.present:
        raise errors.not_a_member(chat.type)
    return chat


def _check_person(world: World, person_id: int) -> None:
    person = world.people[person_id]
    if person.deactivated:
        raise forbidden(errors.DEACTIVATED)
    if person.bot == "new":
        raise forbidden(errors.CANT_INITIATE)
    if person.bot == "blocked":
        raise forbidden(errors.BLOCKED)


def writable(world: World, call: Call, kind: str, name: str = "chat_id") -> Chat:
    """Return a chat in which the bot may send this kind of message."""
    chat = present(world, call, name)
    member = world.bot_in(chat)
    if chat.type == "channel" and not member.may("can_post_messages"):
        raise bad(errors.NEED_ADMIN_IN_CHANNEL)
    if chat.type in ("group", "supergroup") and not member.admin:
        allowed = member.permissions if member.status == "restricted" else chat.permissions
        right, what = PERMISSION.get(kind, ("can_send_messages", "text messages"))
        if not allowed.get(right, True):
            raise bad(f"not enough rights to send {what} to the chat")
    return chat


def administered(world: World, call: Call, right: str) -> Chat:
    """Return a chat in which the bot holds an administrator's right."""
    chat = present(world, call)
    if chat.type == "private":
        raise bad("method is available for supergroup and channel chats only")
    if not world.bot_in(chat).may(right):
        raise bad("not enough rights")
    return chat


def message(chat: Chat, call: Call, what: str, name: str = "message_id") -> Message:
    """Return the message that a call names; `what` ends the refusal."""
    if not call.has(name):
        raise bad("message identifier is not specified")
    found = chat.live(call.integer(name))
    if found is None:
        raise bad(what)
    return found
