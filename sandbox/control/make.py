"""Making people and chats, migrating and deleting chats."""

from sandbox import cards, founding, members
from sandbox.ask import Ask, find_chat
from sandbox.control.registry import answers
from sandbox.errors import Refused
from sandbox.types import Json


@answers("POST", "people")
def add_person(ask: Ask) -> Json:
    """Create an account."""
    ask.only("name", "last_name", "username", "language_code", "id")
    names = ("name", "last_name", "username", "language_code")
    values = {name: ask.get(name, str) for name in names}
    return ask.world.add_person(ask.get("id", int), **values).card()


@answers("POST", "chats")
def add_chat(ask: Ask) -> Json:
    """Create a group, a supergroup or a channel."""
    return cards.chat_card(ask.world, founding.found(ask.world, ask.body))


@answers("POST", "chats/{chat}/migrate")
def migrate(ask: Ask) -> Json:
    """Turn a group into a supergroup."""
    chat = find_chat(ask.world, ask.path["chat"])
    if chat.type != "group" or chat.migrated_to is not None:
        raise Refused("only a group can become a supergroup", status=409)
    return cards.chat_card(ask.world, members.migrate(ask.world, chat))


@answers("DELETE", "chats/{chat}")
def delete(ask: Ask) -> Json:
    """Delete a group or channel for everybody."""
    chat = find_chat(ask.world, ask.path["chat"])
    if chat.type == "private":
        raise Refused("a private chat is cleared by its person")
    founding.dissolve(ask.world, chat)
    return cards.chat_card(ask.world, chat)
