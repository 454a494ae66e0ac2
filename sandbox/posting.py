"""A message appears, changes or goes, and the bot is told what Telegram would tell it."""

from sandbox.chats import Chat
from sandbox.messages import Message
from sandbox.types import Json
from sandbox.world import World


def seen(world: World, message: Message) -> Json:
    """Return the Bot API `Message`, with what it replies to one level deep."""
    data = dict(message.data)
    chat = world.chats[message.chat_id]
    target = message.reply_to if message.reply_to is not None else message.thread
    if target is not None and (original := chat.live(target)) and original is not message:
        data["reply_to_message"] = original.data
    return data


def post(
    world: World,
    chat: Chat,
    sender_id: int,
    content: Json,
    *,
    reply_to: int | None = None,
    thread: int | None = None,
    keyboard: Json | None = None,
    silent: bool = False,
    protected: bool = False,
    service: bool = False,
) -> Message:
    """Write a message into a chat and tell the bot and the pages."""
    data: Json = {"message_id": world.next_message_id(chat), **_sender(world, chat, sender_id)}
    data |= {"date": world.clock.stamp(), "chat": world.chat_json(chat)}
    if thread is not None:
        data |= {"message_thread_id": thread, "is_topic_message": True}
    if protected or chat.protected:
        data["has_protected_content"] = True
    message = Message(chat.id, data["message_id"], data | content, sender_id)
    message.reply_to, message.silent, message.service = reply_to, silent, service
    message.protected = protected or chat.protected
    _set_keyboard(chat, message, keyboard)
    chat.messages[message.id] = message
    world.events.tell("message", chat_id=chat.id, message_id=message.id)
    tell_bot(world, chat, message)
    return message


def _sender(world: World, chat: Chat, sender_id: int) -> Json:
    if chat.type == "channel":
        return {"sender_chat": chat.json()}
    if chat.member(sender_id).rights.get("is_anonymous"):
        # The account that Telegram puts in place of an anonymous administrator.
        stand_in = {
            "id": 1087968824,
            "is_bot": True,
            "first_name": "Group",
            "username": "GroupAnonymousBot",
        }
        return {"sender_chat": chat.json(), "from": stand_in}
    return {"from": world.user(sender_id)}


def _set_keyboard(chat: Chat, message: Message, keyboard: Json | None) -> None:
    if keyboard is None:
        return
    if "inline_keyboard" in keyboard:
        if keyboard["inline_keyboard"]:
            message.data["reply_markup"] = keyboard
        return
    message.keyboard = keyboard
    if "keyboard" in keyboard:
        chat.keyboard = (message.id, keyboard)
    elif keyboard.get("remove_keyboard"):
        chat.keyboard = None


def tell_bot(world: World, chat: Chat, message: Message, *, edited: bool = False) -> None:
    """Queue the update that this message makes for the bot, if it may see it."""
    if message.sender_id == world.bot_id or not _visible(world, chat, message):
        return
    kind = "channel_post" if chat.type == "channel" else "message"
    world.updates.add(f"edited_{kind}" if edited else kind, seen(world, message))


def _visible(world: World, chat: Chat, message: Message) -> bool:
    if chat.type == "private":
        return world.people[chat.id].bot == "started"
    member = world.bot_in(chat)
    if chat.type == "channel" or not member.present:
        return member.admin
    return member.admin or message.service or _addressed(world, chat, message)


def _addressed(world: World, chat: Chat, message: Message) -> bool:
    """Privacy mode: commands for this bot, and replies to it."""
    if message.reply_to is not None:
        original = chat.live(message.reply_to)
        if original is not None and original.sender_id == world.bot_id:
            return True
    data = message.data
    raw = str(data.get("text") or data.get("caption") or "").encode("utf-16-le")
    for item in data.get("entities") or data.get("caption_entities") or []:
        value = raw[item["offset"] * 2 :][: item["length"] * 2].decode("utf-16-le")
        name = value.partition("@")[2].lower()
        if item["type"] == "bot_command" and name in ("", world.bot_username.lower()):
            return True
    return False


def edited(world: World, chat: Chat, message: Message, content: Json) -> None:
    """Replace the content of a message; `None` values take a field away."""
    for key, value in content.items():
        if value is None:
            message.data.pop(key, None)
        else:
            message.data[key] = value
    message.data["edit_date"] = world.clock.stamp()
    world.events.tell("edited", chat_id=chat.id, message_id=message.id)
    tell_bot(world, chat, message, edited=True)


def delete(world: World, chat: Chat, message: Message) -> None:
    """Take a message away for everybody; bots are not told."""
    message.erase()
    if message.id in chat.pinned:
        chat.pinned.remove(message.id)
    if chat.keyboard and chat.keyboard[0] == message.id:
        chat.keyboard = None
    world.events.tell("deleted", chat_id=chat.id, message_id=message.id)


def service(
    world: World, chat: Chat, sender_id: int, content: Json, *, thread: int | None = None
) -> Message:
    """Write a service message."""
    return post(world, chat, sender_id, content, thread=thread, service=True)


def origin(world: World, message: Message, *, hidden: bool = False) -> Json:
    """Return the `MessageOrigin` that a forward of this message carries."""
    if known := message.data.get("forward_origin"):
        return dict(known)
    made: Json = {"date": message.date}
    if (chat := world.chats[message.chat_id]).type == "channel":
        return made | {"type": "channel", "chat": chat.json(), "message_id": message.id}
    if sender_chat := message.data.get("sender_chat"):
        return made | {"type": "chat", "sender_chat": sender_chat}
    user = message.data["from"]
    if hidden:
        name = " ".join(filter(None, (user["first_name"], user.get("last_name"))))
        return made | {"type": "hidden_user", "sender_user_name": name}
    return made | {"type": "user", "sender_user": user}
