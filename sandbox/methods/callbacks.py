"""answerCallbackQuery."""

from sandbox import errors
from sandbox.calls import Call
from sandbox.errors import bad
from sandbox.methods.registry import method
from sandbox.strings import address
from sandbox.world import World

LIFETIME = 60.0
MAX_ANSWER = 200


@method("answerCallbackQuery")
def answer_callback_query(world: World, call: Call) -> bool:
    """Answer a pressed button once, while its query lives."""
    callback = world.callbacks.get(call.text("callback_query_id"))
    if callback is None or world.clock.now() - callback.created > LIFETIME:
        raise bad(errors.QUERY_TOO_OLD)
    text, url = call.text("text"), call.text("url")
    if len(text) > MAX_ANSWER:
        raise bad("MESSAGE_TOO_LONG")
    if url and not _allowed(url, world.bot_username):
        raise bad("URL_INVALID")
    del world.callbacks[callback.id]
    answer = {"text": text or None, "alert": call.flag("show_alert"), "url": url or None}
    if not callback.answer.done():
        callback.answer.set_result(answer)
    world.events.tell(
        "callback",
        chat_id=callback.chat_id,
        message_id=callback.message_id,
        person_id=callback.person_id,
        **answer,
    )
    return True


def _allowed(url: str, username: str) -> bool:
    """A bot without games may only open itself."""
    parts = address(url)
    return parts.hostname == "t.me" and parts.path.strip("/").lower() == username.lower()
