"""A button of the reply keyboard is pressed: text, place, contact, a chosen chat or people."""

from collections.abc import Iterator

from sandbox import cards, members
from sandbox.ask import Ask, find_chat, find_person
from sandbox.chats import Chat
from sandbox.deeds.registry import deed, say, shown, writable
from sandbox.deeds.send import own_contact, point
from sandbox.entities import typed
from sandbox.errors import Refused
from sandbox.keyboards import buttons
from sandbox.messages import Message
from sandbox.people import Person
from sandbox.types import Json


def _button(ask: Ask) -> Json:
    chat = ask.chat()
    if chat.keyboard is None:
        raise Refused("there is no keyboard", status=409)
    text, row, col = ask.get("text", str), ask.get("row", int), ask.get("col", int, 0)
    for at_row, at_col, button in buttons(chat.keyboard[1], "keyboard"):
        if (text is not None and button["text"] == text) or (row, col) == (at_row, at_col):
            return button
    raise Refused("there is no such button", status=404)


@deed("keyboard")
def keyboard(ask: Ask) -> Json:
    """Press a button of the keyboard that the bot has put under the field for text."""
    ask.only("text", "row", "col", "chat", "choose", "choose_users", "latitude", "longitude")
    writable(ask)
    message = _press(ask, _button(ask))
    _fold(ask)
    return shown(ask, message)


def _press(ask: Ask, button: Json) -> Message:
    here = Ask(ask.world, ask.path, {}, {"chat": ask.body.get("chat", "bot")})
    if button.get("request_location"):
        return say(here, {"location": point(ask)})
    if button.get("request_contact"):
        return say(here, {"contact": own_contact(ask)})
    if "request_chat" in button:
        return say(here, {"chat_shared": _share_chat(ask, button["request_chat"])})
    if "request_users" in button:
        return say(here, {"users_shared": _share_users(ask, button["request_users"])})
    content: Json = {}
    typed(button["text"]).put(content)
    return say(here, content)


def _fold(ask: Ask) -> None:
    """A one-time keyboard folds away after its use."""
    chat = ask.chat()
    if chat.keyboard and chat.keyboard[1].get("one_time_keyboard"):
        chat.keyboard = None
        ask.world.events.tell("keyboard", chat_id=chat.id)


def _fits(ask: Ask, chat: Chat, wish: Json) -> bool:
    """Whether the client's chooser would offer this chat."""
    member = chat.member(ask.me.id)
    bot = ask.world.bot_in(chat)
    wanted = [k for k, v in (wish.get("user_administrator_rights") or {}).items() if v]
    same = ("is_forum", "chat_is_forum"), ("username", "chat_has_username")
    return (
        chat.type != "private"
        and not chat.deleted
        and chat.migrated_to is None
        and member.present
        and bool(wish.get("chat_is_channel")) == (chat.type == "channel")
        and all(name not in wish or bool(getattr(chat, own)) == wish[name] for own, name in same)
        and (not wish.get("chat_is_created") or member.status == "creator")
        and (not wish.get("bot_is_member") or bot.present or member.may("can_invite_users"))
        and all(member.may(right) for right in wanted if right != "is_anonymous")
    )


def _share_chat(ask: Ask, wish: Json) -> Json:
    chat = find_chat(ask.world, ask.need("choose", (int, str)), me=ask.me)
    if not _fits(ask, chat, wish):
        raise Refused("the chooser would not offer that chat", status=409)
    _grant(ask, chat, wish)
    shared: Json = {"request_id": wish["request_id"], "chat_id": chat.id}
    if wish.get("request_title"):
        shared["title"] = chat.title
    if wish.get("request_username") and chat.username:
        shared["username"] = chat.username
    return shared


def _grant(ask: Ask, chat: Chat, wish: Json) -> None:
    """Give the bot the rights that the button asked for, on top of those it has."""
    world = ask.world
    wanted = {k: True for k, v in (wish.get("bot_administrator_rights") or {}).items() if v}
    bot = world.bot_in(chat)
    if wanted and not all(bot.may(right) for right in wanted):
        rights = bot.rights | wanted
        members.change(world, chat, world.bot_id, "administrator", by=ask.me.id, given=rights)
    elif wish.get("bot_is_member") and not bot.present:
        members.change(world, chat, world.bot_id, "member", by=ask.me.id)


def _share_users(ask: Ask, wish: Json) -> Json:
    people = [find_person(ask.world, key) for key in ask.need("choose_users", list)]
    most = wish.get("max_quantity", 1)
    if not 1 <= len(people) <= most or wish.get("user_is_bot"):
        raise Refused(f"choose 1 to {most} people", status=409)
    return {"request_id": wish["request_id"], "users": [_shared(p, wish) for p in people]}


def _shared(person: Person, wish: Json) -> Json:
    shared: Json = {"user_id": person.id}
    if wish.get("request_name"):
        shared["first_name"] = person.name
        if person.last_name:
            shared["last_name"] = person.last_name
    if wish.get("request_username") and person.username:
        shared["username"] = person.username
    return shared


@deed("choices")
def choices(ask: Ask) -> Json:
    """Return what the chooser of a button would offer."""
    ask.only("text", "row", "col", "chat")
    button = _button(ask)
    return {
        "chats": [cards.chat_card(ask.world, chat) for chat in _offered(ask, button)],
        "people": [
            person.card()
            for person in ask.world.people.values()
            if "request_users" in button and person.id != ask.me.id and not person.deactivated
        ],
    }


def _offered(ask: Ask, button: Json) -> Iterator[Chat]:
    if wish := button.get("request_chat"):
        yield from (chat for chat in ask.world.chats.values() if _fits(ask, chat, wish))
