"""Looking: the state, the people, the chats, the histories, the bot."""

from sandbox import cards
from sandbox.ask import Ask, find_chat, find_person
from sandbox.control.registry import answers
from sandbox.errors import Refused
from sandbox.types import Json

NEWEST = 200


@answers("GET", "state")
def state(ask: Ask) -> Json:
    """Return a snapshot of everything but the histories and the log."""
    world = ask.world
    return {
        "now": world.clock.now(),
        "offset": world.clock.offset,
        "bot": bot(ask),
        "people": [p.card() for p in world.people.values()],
        "chats": [cards.chat_card(world, c) for c in world.chats.values()],
        "faults": [f.json() for f in world.faults.rules],
        "rates": world.rates.json(world.clock.now()),
        "feeds": world.feeds.json(),
        "updates": world.updates.json(),
    }


@answers("GET", "bot")
def bot(ask: Ask) -> Json:
    """Return what the bot has set about itself."""
    return {"user": ask.world.bot_user(), **ask.world.profile.json()}


@answers("GET", "people")
def people(ask: Ask) -> Json:
    """Return all people."""
    return {"people": [p.card() for p in ask.world.people.values()]}


@answers("GET", "people/{person}")
def person(ask: Ask) -> Json:
    """Return one person."""
    return ask.me.card()


@answers("GET", "people/{person}/chats")
def chats_of(ask: Ask) -> Json:
    """Return the chats of a person, as their phone lists them."""
    return {"chats": cards.dialogs(ask.world, ask.me)}


@answers("GET", "people/{person}/chats/{chat}")
def history_of(ask: Ask) -> Json:
    """Return a chat as one person sees it."""
    world, me = ask.world, ask.me
    chat = find_chat(world, ask.path["chat"], me=me)
    if chat.type != "private" and not chat.username and not chat.member(me.id).present:
        raise Refused("this person cannot see that chat", status=409)
    messages = cards.messages_for(chat, me)
    messages = [m for m in messages if m.id > ask.count("after", 0)]
    messages = messages[-ask.count("limit", NEWEST) :]
    member = chat.member(me.id)
    keyboard = chat.keyboard[1] if chat.keyboard else None
    doing = chat.action[0] if chat.action and chat.action[1] > world.clock.now() else None
    return {
        "chat": cards.chat_card(world, chat),
        "messages": [cards.message_card(world, m, me=me) for m in messages],
        "keyboard": keyboard,
        "can_write": cards.can_write(chat, me),
        "commands": world.profile.commands_for(
            chat.id, language=me.language_code, admin=member.admin
        ),
        "action": doing,
    }


@answers("GET", "chats")
def chats(ask: Ask) -> Json:
    """Return all chats."""
    return {"chats": [cards.chat_card(ask.world, c) for c in ask.world.chats.values()]}


@answers("GET", "chats/{chat}")
def chat(ask: Ask) -> Json:
    """Return one chat with its messages, as nobody in particular sees it."""
    found = find_chat(ask.world, ask.path["chat"])
    messages = [cards.message_card(ask.world, m) for m in found.messages.values()]
    return {"chat": cards.chat_card(ask.world, found), "messages": messages}


@answers("DELETE", "people/{person}")
def deactivate(ask: Ask) -> Json:
    """Deactivate an account."""
    gone = find_person(ask.world, ask.path["person"])
    gone.deactivated = True
    ask.world.events.tell("person", person_id=gone.id)
    return gone.card()
