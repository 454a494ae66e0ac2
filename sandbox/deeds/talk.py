"""People start the bot, write, edit, delete, and stop."""

import re

from sandbox import members, posting
from sandbox.ask import Ask, find_message
from sandbox.deeds.registry import PLACE, deed, say, shown, writable
from sandbox.entities import typed
from sandbox.errors import Refused
from sandbox.messages import Message
from sandbox.types import Json

MAX_TEXT = 4096


@deed("start")
def start(ask: Ask) -> Json:
    """Press START, from a deep link or not; somebody who had blocked the bot unblocks it."""
    ask.only("payload")
    payload = ask.get("payload", str, "")
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,64}", payload):
        raise Refused("a payload has at most 64 of A-Z a-z 0-9 _ -")
    members.set_relation(ask.world, ask.me, blocked=False)
    return shown(ask, _text(ask, f"/start {payload}".strip()))


def _text(ask: Ask, text: str) -> Message:
    content: Json = {}
    words = typed(text)
    if not words.text or len(words.text) > MAX_TEXT:
        raise Refused("a text has 1 to 4096 characters")
    words.put(content)
    return say(ask, content)


@deed("text")
def text(ask: Ask) -> Json:
    """Write a text; in a channel, post as the channel."""
    ask.only("text", *PLACE)
    return shown(ask, _text(ask, ask.text("text")))


@deed("edit")
def edit(ask: Ask) -> Json:
    """Change one's own text or caption."""
    ask.only("message_id", "text", "chat")
    chat = writable(ask)
    message = find_message(chat, ask.integer("message_id"))
    may_edit = chat.type == "channel" and chat.member(ask.me.id).may("can_edit_messages")
    if message.sender_id != ask.me.id and not may_edit:
        raise Refused("this is somebody else's message", status=409)
    words = typed(ask.text("text"))
    kind, marks = (
        ("text", "entities") if message.kind == "text" else ("caption", "caption_entities")
    )
    change: Json = {kind: words.text, marks: words.entities or None}
    posting.edited(ask.world, chat, message, change)
    return shown(ask, message)


@deed("delete")
def delete(ask: Ask) -> Json:
    """Delete a message; the bot is not told, as on Telegram."""
    ask.only("message_id", "chat")
    chat = ask.chat()
    message = find_message(chat, ask.integer("message_id"))
    may_delete = chat.type == "private" or chat.member(ask.me.id).may("can_delete_messages")
    if message.sender_id != ask.me.id and not may_delete:
        raise Refused("this is somebody else's message", status=409)
    posting.delete(ask.world, chat, message)
    return shown(ask, message)


@deed("clear")
def clear(ask: Ask) -> Json:
    """Delete the whole chat for this person."""
    ask.only("chat")
    chat = ask.chat()
    for message in chat.messages.values():
        message.cleared_for.add(ask.me.id)
    if chat.type == "private":
        chat.keyboard = None
    ask.world.events.tell("chat", chat_id=chat.id)
    return {"cleared": len(chat.messages)}


@deed("stop")
@deed("block")
def block(ask: Ask) -> Json:
    """Stop the bot, which is how clients call blocking it."""
    ask.only()
    members.set_relation(ask.world, ask.me, blocked=True)
    return ask.me.card()


@deed("unblock")
def unblock(ask: Ask) -> Json:
    """Let the bot write again, without pressing START."""
    ask.only()
    if ask.me.bot != "blocked":
        raise Refused("the bot is not blocked", status=409)
    members.set_relation(ask.world, ask.me, blocked=False)
    return ask.me.card()
