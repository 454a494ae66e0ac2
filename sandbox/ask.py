"""A question to the control API: path, query and body, read with clear refusals."""

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any

from sandbox.chats import Chat
from sandbox.errors import Refused
from sandbox.people import Person
from sandbox.strings import whole
from sandbox.types import Json
from sandbox.world import World


@dataclass(slots=True)
class Ask:
    """What was asked; `me` is the person who acts, where one does."""

    world: World
    path: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    body: Json = field(default_factory=dict)

    def get(self, name: str, kind: type | tuple[type, ...], default: Any = None) -> Any:
        """Return a field of the body, of the right type or the default."""
        value = self.body.get(name)
        if value is None:
            return default
        wrong_bool = isinstance(value, bool) and kind is not bool
        if wrong_bool or not isinstance(value, kind):
            raise Refused(f"{name} has the wrong type")
        return value

    def need(self, name: str, kind: type | tuple[type, ...]) -> Any:
        """Return a field of the body that must be there."""
        value = self.get(name, kind)
        if value is None:
            raise Refused(f"{name} is missing")
        return value

    def text(self, name: str) -> str:
        """Return a string that must be there."""
        return str(self.need(name, str))

    def number(self, name: str) -> float:
        """Return a number that must be there."""
        return float(self.need(name, (int, float)))

    def integer(self, name: str) -> int:
        """Return a whole number that must be there."""
        return int(self.need(name, int))

    def count(self, name: str, default: int) -> int:
        """Return a whole number of the query."""
        number = whole(self.query.get(name, str(default)))
        if number is None or number < 0:
            raise Refused(f"{name} must be a number")
        return number

    def only(self, *names: str) -> None:
        """Refuse a body with anything else in it."""
        if unknown := set(self.body) - set(names):
            raise Refused(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(names)}")

    def content(self, name: str = "data") -> bytes:
        """Return bytes that came as base64."""
        try:
            return base64.b64decode(self.text(name), validate=True)
        except binascii.Error as error:
            raise Refused(f"{name} is not base64") from error

    @property
    def me(self) -> Person:
        """The acting person."""
        return find_person(self.world, self.path["person"])

    def chat(self, name: str = "chat", default: str | None = "bot") -> Chat:
        """Return the chat that a field of the body names, as the acting person means it."""
        key = self.body.get(name, default)
        if key is None:
            raise Refused(f"{name} is missing")
        return find_chat(self.world, key, me=self.me)


def find_person(world: World, key: object) -> Person:
    """Return the person with this id or username."""
    text = str(key)
    number = whole(text)
    found = world.by_username(text) if number is None else world.people.get(number)
    if not isinstance(found, Person):
        raise Refused(f"there is no person {text}", status=404)
    return found


def find_account(world: World, key: object) -> int:
    """Return the id of a person, or of the bot for "bot"."""
    return world.bot_id if key in ("bot", world.bot_id) else find_person(world, key).id


def find_chat(world: World, key: object, *, me: Person | None = None) -> Chat:
    """Return the chat with this id or username; "bot" is a person's private chat."""
    text = str(key)
    if me is not None and text in ("bot", str(world.bot_id)):
        return world.chats[me.id]
    number = whole(text)
    found = world.by_username(text) if number is None else world.chats.get(number)
    if isinstance(found, Chat) and (me is None or found.type != "private" or found.id == me.id):
        return found
    raise Refused(f"there is no chat {text}", status=404)


def find_message(chat: Chat, message_id: int) -> Any:
    """Return a message that is still there."""
    found = chat.live(message_id)
    if found is None:
        raise Refused(f"there is no message {message_id} in this chat", status=404)
    return found
