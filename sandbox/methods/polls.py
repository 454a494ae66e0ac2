"""Polls."""

from sandbox import access, posting
from sandbox.calls import Call
from sandbox.entities import Text
from sandbox.errors import bad
from sandbox.methods.registry import method
from sandbox.methods.sending import formatted, markup_of, send
from sandbox.types import Json
from sandbox.world import PollState, World

MAX_QUESTION = 300
MAX_OPTION = 100
MAX_OPTIONS = 12


def _said(call: Call, name: str, most: int, what: str) -> Text:
    mode = call.text(f"{name}_parse_mode") or None
    text = formatted(call.text(name), mode, call.items(f"{name}_entities"))
    if not text.text:
        raise bad(f"{what} must be non-empty")
    if len(text.text) > most:
        raise bad(f"{what} length must not exceed {most}")
    return text


def _options(call: Call) -> list[Json]:
    options = list[Json]()
    for number, option in enumerate(call.items("options")):
        raw = option if isinstance(option, dict) else {"text": str(option)}
        text = formatted(
            str(raw.get("text", "")), raw.get("text_parse_mode"), raw.get("text_entities")
        )
        if not 1 <= len(text.text) <= MAX_OPTION:
            raise bad("poll options length must be 1-100")
        made: Json = {"persistent_id": f"option-{number}", "voter_count": 0}
        text.put(made, text="text", entities="text_entities")
        options.append(made)
    if not 2 <= len(options) <= MAX_OPTIONS:
        least = "at least 2 options" if len(options) < 2 else "at most 12 options"
        raise bad(f"poll must have {least}")
    return options


@method("sendPoll", cost=1)
def send_poll(world: World, call: Call) -> Json:
    """Send a poll; anonymous unless told otherwise."""
    poll: Json = {"id": world.unique()}
    _said(call, "question", MAX_QUESTION, "poll question").put(
        poll, text="question", entities="question_entities"
    )
    kind = call.text("type") or "regular"
    if kind != "regular":
        raise bad(f'poll type "{kind}" is not modelled by the sandbox')
    poll |= {
        "options": _options(call),
        "total_voter_count": 0,
        "is_closed": call.flag("is_closed"),
        "is_anonymous": call.flag("is_anonymous") if call.has("is_anonymous") else True,
        "type": kind,
        "allows_multiple_answers": call.flag("allows_multiple_answers"),
        "allows_revoting": call.flag("allows_revoting"),
        "members_only": call.flag("members_only"),
    }
    chat = access.writable(world, call, "poll")
    if chat.type == "channel" and not poll["is_anonymous"]:
        raise bad("non-anonymous polls can't be sent to channel chats")
    message = send(world, call, "poll", {"poll": poll})
    world.polls[poll["id"]] = PollState(poll, chat.id, message.id)
    return posting.seen(world, message)


@method("stopPoll", cost=1)
def stop_poll(world: World, call: Call) -> Json:
    """Close a poll of the bot and return the result."""
    chat = access.writable(world, call, "poll")
    message = access.message(chat, call, "message with poll to stop not found")
    poll: Json | None = message.data.get("poll")
    if message.sender_id != world.bot_id or poll is None:
        raise bad("poll can't be stopped")
    if poll["is_closed"]:
        raise bad("poll has already been closed")
    poll["is_closed"] = True
    posting.edited(world, chat, message, {"reply_markup": markup_of(call, chat)})
    del message.data["edit_date"]
    return poll
