"""The people: accounts with a name, a language and a relation to the bot."""

from dataclasses import dataclass
from typing import Literal

from sandbox.types import Json


@dataclass(slots=True)
class Person:
    """One account; `bot` says whether they ever pressed START, or blocked the bot."""

    id: int
    name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None
    bot: Literal["new", "started", "blocked"] = "new"
    deactivated: bool = False

    @property
    def full_name(self) -> str:
        """First and last name."""
        return f"{self.name} {self.last_name}" if self.last_name else self.name

    def user(self) -> Json:
        """Return the Bot API `User`."""
        user: Json = {"id": self.id, "is_bot": False, "first_name": self.name}
        for key in ("last_name", "username", "language_code"):
            if value := getattr(self, key):
                user[key] = value
        return user

    def chat(self) -> Json:
        """Return the Bot API `Chat` of the private chat with this person."""
        chat: Json = {"id": self.id, "type": "private", "first_name": self.name}
        for key in ("last_name", "username"):
            if value := getattr(self, key):
                chat[key] = value
        return chat

    def card(self) -> Json:
        """Return the control API's Person."""
        return {
            "id": self.id,
            "name": self.name,
            "last_name": self.last_name,
            "username": self.username,
            "language_code": self.language_code,
            "bot": self.bot,
            "deactivated": self.deactivated,
        }
