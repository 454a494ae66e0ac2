"""An inline button is pressed, and its answer awaited."""

import asyncio
import hashlib

from sandbox import posting
from sandbox.ask import Ask, find_message
from sandbox.deeds.registry import deed
from sandbox.errors import Refused
from sandbox.keyboards import buttons
from sandbox.messages import Message
from sandbox.types import Json
from sandbox.world import Callback

PATIENCE = 5.0


@deed("press")
async def press(ask: Ask) -> Json:
    """Press a button by row and col, by data or by label; return what the bot answered."""
    ask.only("message_id", "chat", "row", "col", "data", "text", "wait")
    chat = ask.chat()
    if chat.type != "private" and not chat.member(ask.me.id).present:
        raise Refused("this person is not in the chat", status=409)
    if chat.type == "private" and ask.me.bot != "started":
        raise Refused("the bot is blocked or was never started", status=409)
    message = find_message(chat, ask.integer("message_id"))
    button = _button(ask, message)
    if "url" in button:
        return _answer("url", url=button["url"])
    if "copy_text" in button:
        return _answer("copy", text=button["copy_text"]["text"])
    if "callback_data" not in button:
        raise Refused("this kind of button is not modelled")
    return await _call_back(ask, message, button["callback_data"])


def _button(ask: Ask, message: Message) -> Json:
    markup = message.data.get("reply_markup", {})
    row, col = ask.get("row", int), ask.get("col", int)
    data, text = ask.get("data", str), ask.get("text", str)
    for at_row, at_col, button in buttons(markup, "inline_keyboard"):
        found = (
            (data is not None and button.get("callback_data") == data)
            or (text is not None and button["text"] == text)
            or (row is not None and (at_row, at_col) == (row, col or 0))
        )
        if found:
            return button
    raise Refused("there is no such button", status=404)


def _answer(kind: str, *, answered: bool = True, **values: str | bool | None) -> Json:
    return {"kind": kind, "answered": answered, "text": None, "alert": False, "url": None} | values


async def _call_back(ask: Ask, message: Message, data: str) -> Json:
    world = ask.world
    answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
    created = world.clock.now()
    callback = Callback(world.unique(), ask.me.id, message.chat_id, message.id, created, answer)
    world.callbacks[callback.id] = callback
    body: Json = {
        "id": callback.id,
        "from": ask.me.user(),
        "message": posting.seen(world, message),
        "chat_instance": _instance(message.chat_id),
        "data": data,
    }
    world.updates.add("callback_query", body)
    wait = ask.get("wait", (int, float), PATIENCE)
    try:
        return _answer("callback", **await asyncio.wait_for(asyncio.shield(answer), wait))
    except TimeoutError:
        return _answer("callback", answered=False)


def _instance(chat_id: int) -> str:
    """Return the same opaque number for the same chat."""
    return str(int(hashlib.sha256(str(chat_id).encode()).hexdigest()[:15], 16))
