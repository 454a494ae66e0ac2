"""People react and vote."""

from sandbox.ask import Ask, find_message
from sandbox.chats import Chat
from sandbox.deeds.registry import deed, shown
from sandbox.errors import Refused
from sandbox.types import Json
from sandbox.world import PollState


def _visible(ask: Ask) -> Chat:
    chat = ask.chat()
    if chat.type != "private" and not chat.member(ask.me.id).present:
        raise Refused("this person is not in the chat", status=409)
    return chat


def _reaction(emoji: str | None) -> list[Json]:
    return [{"type": "emoji", "emoji": emoji}] if emoji else []


@deed("react")
def react(ask: Ask) -> Json:
    """Set or take away a reaction."""
    ask.only("message_id", "emoji", "chat")
    world, chat = ask.world, _visible(ask)
    message = find_message(chat, ask.integer("message_id"))
    old, new = message.reactions.pop(ask.me.id, None), ask.get("emoji", str)
    if new:
        message.reactions[ask.me.id] = new
    if chat.type == "private" or world.bot_in(chat).admin:
        body: Json = {
            "chat": world.chat_json(chat),
            "message_id": message.id,
            "user": ask.me.user(),
            "date": world.clock.stamp(),
            "old_reaction": _reaction(old),
            "new_reaction": _reaction(new),
        }
        world.updates.add("message_reaction", body)
    world.events.tell("reaction", chat_id=chat.id, message_id=message.id)
    return shown(ask, message)


@deed("vote")
def vote(ask: Ask) -> Json:
    """Choose options of a poll; none takes the vote back."""
    ask.only("message_id", "options", "chat")
    world, chat = ask.world, _visible(ask)
    message = find_message(chat, ask.integer("message_id"))
    poll: Json | None = message.data.get("poll")
    if poll is None:
        raise Refused("this is not a poll")
    chosen = ask.need("options", list)
    _check(poll, chosen)
    state = world.polls[poll["id"]]
    state.votes[ask.me.id] = chosen
    _count(state)
    world.updates.add("poll", poll)
    if not poll["is_anonymous"]:
        _tell(ask, poll, chosen)
    world.events.tell("edited", chat_id=chat.id, message_id=message.id)
    return shown(ask, message)


def _check(poll: Json, chosen: list[object]) -> None:
    known = range(len(poll["options"]))
    if poll["is_closed"]:
        raise Refused("this poll is closed", status=409)
    if any(type(option) is not int or option not in known for option in chosen):
        raise Refused("there is no such option")
    if len(chosen) > 1 and not poll["allows_multiple_answers"]:
        raise Refused("this poll takes one answer", status=409)


def _count(state: PollState) -> None:
    for number, option in enumerate(state.poll["options"]):
        option["voter_count"] = sum(number in votes for votes in state.votes.values())
    state.poll["total_voter_count"] = sum(bool(votes) for votes in state.votes.values())


def _tell(ask: Ask, poll: Json, chosen: list[int]) -> None:
    persistent = [poll["options"][option]["persistent_id"] for option in chosen]
    body: Json = {"poll_id": poll["id"], "user": ask.me.user(), "option_ids": chosen}
    ask.world.updates.add("poll_answer", body | {"option_persistent_ids": persistent})
