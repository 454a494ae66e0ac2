"""Pins and reactions."""

from sandbox import access, posting
from sandbox.calls import Call
from sandbox.chats import Chat
from sandbox.errors import bad
from sandbox.methods.registry import method
from sandbox.world import World


def _pinner(world: World, call: Call) -> Chat:
    chat = access.present(world, call)
    right = "can_edit_messages" if chat.type == "channel" else "can_pin_messages"
    if chat.type != "private" and not world.bot_in(chat).may(right):
        raise bad("not enough rights to manage pinned messages in the chat")
    return chat


@method("pinChatMessage")
def pin(world: World, call: Call) -> bool:
    """Pin a message; groups get a service message."""
    chat = _pinner(world, call)
    message = access.message(chat, call, "message to pin not found")
    pin_message(world, chat, message.id, by=world.bot_id)
    return True


def pin_message(world: World, chat: Chat, message_id: int, *, by: int) -> None:
    """Pin on top of the others, and say so where Telegram does."""
    if message_id in chat.pinned:
        chat.pinned.remove(message_id)
    chat.pinned.append(message_id)
    original = chat.messages[message_id]
    if chat.type != "channel":
        posting.service(world, chat, by, {"pinned_message": original.data})
    world.events.tell("pinned", chat_id=chat.id, message_id=message_id)


@method("unpinChatMessage")
def unpin(world: World, call: Call) -> bool:
    """Unpin one message, or the newest."""
    chat = _pinner(world, call)
    wanted = call.integer("message_id") or (chat.pinned[-1] if chat.pinned else 0)
    if wanted not in chat.pinned:
        raise bad("message to unpin not found")
    chat.pinned.remove(wanted)
    world.events.tell("pinned", chat_id=chat.id, message_id=wanted)
    return True


@method("unpinAllChatMessages")
def unpin_all(world: World, call: Call) -> bool:
    """Unpin everything."""
    chat = _pinner(world, call)
    chat.pinned.clear()
    world.events.tell("pinned", chat_id=chat.id, message_id=None)
    return True


@method("setMessageReaction")
def react(world: World, call: Call) -> bool:
    """Set or take away the bot's one reaction."""
    chat = access.present(world, call)
    message = access.message(chat, call, "message to react not found")
    reactions = call.items("reaction")
    if len(reactions) > 1:
        raise bad("REACTIONS_TOO_MANY")
    message.reactions.pop(world.bot_id, None)
    for reaction in reactions:
        known = isinstance(reaction, dict) and reaction.get("type") == "emoji"
        if not known or not isinstance(reaction.get("emoji"), str):
            raise bad("REACTION_INVALID")
        message.reactions[world.bot_id] = reaction["emoji"]
    world.events.tell("reaction", chat_id=chat.id, message_id=message.id)
    return True
