"""Deleting messages."""

from sandbox import access, posting
from sandbox.calls import Call
from sandbox.chats import Chat
from sandbox.errors import CANT_DELETE, bad
from sandbox.messages import Message
from sandbox.methods.registry import method
from sandbox.world import World

TWO_DAYS = 48 * 3600
NOT_FOUND = "message to delete not found"


def may_delete(world: World, chat: Chat, message: Message) -> bool:
    """Whether the bot may delete it: not after 48 hours, others' only with the right."""
    if world.clock.now() - message.date >= TWO_DAYS:
        return False
    member = world.bot_in(chat)
    if member.may("can_delete_messages") or chat.type == "private":
        return True
    own = message.sender_id == world.bot_id
    return own and (chat.type != "channel" or member.may("can_post_messages"))


@method("deleteMessage")
def delete_message(world: World, call: Call) -> bool:
    """Delete one message for everybody."""
    chat = access.present(world, call)
    message = access.message(chat, call, NOT_FOUND)
    if not may_delete(world, chat, message):
        raise bad(CANT_DELETE)
    posting.delete(world, chat, message)
    return True


@method("deleteMessages")
def delete_messages(world: World, call: Call) -> bool:
    """Delete up to a hundred; missing ones are skipped."""
    ids = call.ids()
    chat = access.present(world, call)
    found = [message for message in map(chat.live, ids) if message]
    if not all(may_delete(world, chat, message) for message in found):
        raise bad(CANT_DELETE)
    for message in found:
        posting.delete(world, chat, message)
    return True
