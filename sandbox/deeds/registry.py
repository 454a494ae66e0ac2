"""The table of deeds, and the checks that most of them share."""

from collections.abc import Awaitable, Callable

from sandbox import cards, posting
from sandbox.ask import Ask, find_message
from sandbox.chats import Chat
from sandbox.errors import Refused
from sandbox.messages import Message
from sandbox.types import Json

Deed = Callable[[Ask], Json | Awaitable[Json]]
TABLE: dict[str, Deed] = {}
PLACE = ("chat", "reply_to", "topic")


def deed(name: str) -> Callable[[Deed], Deed]:
    """Register what a person can do under its name in the control API."""

    def register(run: Deed) -> Deed:
        TABLE[name] = run
        return run

    return register


def alive(run: Deed) -> Deed:
    """Wrap a deed so that only accounts that still exist do it."""

    def checked(ask: Ask) -> Json | Awaitable[Json]:
        if ask.me.deactivated:
            raise Refused("this account is deactivated", status=409)
        return run(ask)

    return checked


def writable(ask: Ask, name: str = "chat") -> Chat:
    """Return the chat that is written to, or say why this person cannot."""
    chat, me = ask.chat(name), ask.me
    if chat.type == "private" and me.bot != "started":
        hint = "press START first" if me.bot == "new" else "unblock the bot first"
        raise Refused(hint, status=409)
    if not cards.can_write(chat, me):
        raise Refused("this person may not write there", status=409)
    return chat


def administered(ask: Ask, right: str) -> Chat:
    """Return a chat in which the person holds a right."""
    chat = ask.chat(default=None)
    if not chat.member(ask.me.id).may(right):
        raise Refused(f"this person lacks {right} there", status=409)
    return chat


def say(ask: Ask, content: Json, *, chat: Chat | None = None) -> Message:
    """Post as the person, into the chat, topic and reply that the body names."""
    chat = chat or writable(ask)
    reply, topic = ask.get("reply_to", int), ask.get("topic", int)
    if reply is not None:
        original = find_message(chat, reply)
        topic = topic or original.thread
    if topic is not None and topic not in chat.topics:
        raise Refused("there is no such topic", status=404)
    return posting.post(ask.world, chat, ask.me.id, content, reply_to=reply, thread=topic)


def shown(ask: Ask, message: Message) -> Json:
    """Return the usual answer: the message as its author sees it."""
    return {"message": cards.message_card(ask.world, message, me=ask.me)}
