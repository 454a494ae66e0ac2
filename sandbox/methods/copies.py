"""Copying and forwarding."""

from collections.abc import Callable

from sandbox import access, posting
from sandbox.calls import Call
from sandbox.chats import Chat
from sandbox.errors import bad
from sandbox.messages import MEDIA, Message
from sandbox.methods.registry import method
from sandbox.methods.sending import caption_of, send, thread_of
from sandbox.types import Json
from sandbox.world import World

PAST = {"copy": "copied", "forward": "forwarded"}


def _count(call: Call) -> int:
    return max(1, len(call.items("message_ids")))


def _source(world: World, call: Call) -> Chat:
    return access.present(world, call, "from_chat_id")


def _movable(message: Message, verb: str) -> Message:
    if message.service or ("poll" in message.data and verb == "copied"):
        raise bad(f"message can't be {verb}")
    if message.protected:
        raise bad(f"message can't be {verb}: the message has protected content")
    return message


def _each(world: World, call: Call, verb: str, content: Callable[[Message], Json]) -> list[Json]:
    """Post what is there of 1 to 100 messages, skipping what is missing."""
    ids, source = call.ids(), _source(world, call)
    chat = access.writable(world, call, "text")
    thread = thread_of(world, call, chat)
    found = [m for m in map(source.live, ids) if m and not m.service]
    if not found:
        raise bad(f"there are no messages to {verb}")
    contents = [content(_movable(m, PAST[verb])) for m in found]
    sent = [
        posting.post(
            world,
            chat,
            world.bot_id,
            each,
            thread=thread,
            silent=call.flag("disable_notification"),
            protected=call.flag("protect_content"),
        )
        for each in contents
    ]
    return [{"message_id": message.id} for message in sent]


@method("copyMessage", cost=1)
def copy_message(world: World, call: Call) -> Json:
    """Send the same content without a link to its origin."""
    source = _source(world, call)
    message = access.message(source, call, "message to copy not found")
    content = _movable(message, "copied").content()
    if "caption" in call.raw and message.kind in MEDIA:
        for key in ("caption", "caption_entities", "show_caption_above_media"):
            content.pop(key, None)
        content |= caption_of(call)
    return {"message_id": send(world, call, message.kind, content).id}


@method("copyMessages", cost=_count)
def copy_messages(world: World, call: Call) -> list[Json]:
    """Copy up to a hundred."""
    bare = call.flag("remove_caption")

    def content(message: Message) -> Json:
        copied = message.content()
        return {k: v for k, v in copied.items() if not (bare and k.startswith("caption"))}

    return _each(world, call, "copy", content)


@method("forwardMessage", cost=1)
def forward_message(world: World, call: Call) -> Json:
    """Forward with the origin shown."""
    source = _source(world, call)
    message = _movable(access.message(source, call, "message to forward not found"), "forwarded")
    content = message.content() | {"forward_origin": posting.origin(world, message)}
    return posting.seen(world, send(world, call, message.kind, content, keyboard=False))


@method("forwardMessages", cost=_count)
def forward_messages(world: World, call: Call) -> list[Json]:
    """Forward up to a hundred."""

    def content(message: Message) -> Json:
        return message.content() | {"forward_origin": posting.origin(world, message)}

    return _each(world, call, "forward", content)
