"""Everything there is: the bot, the people, the chats, and what happened to them."""

import asyncio
import itertools
import random
import secrets
import string
from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox.calls import CallLog
from sandbox.chats import Chat, Member
from sandbox.clock import Clock
from sandbox.errors import Refused
from sandbox.events import Events
from sandbox.faults import Faults
from sandbox.feeds import Feeds
from sandbox.files import Files
from sandbox.people import Person
from sandbox.profile import Profile
from sandbox.rates import Rates
from sandbox.types import Json
from sandbox.updates import Updates
from sandbox.web import Web

ALPHABET = string.ascii_letters + string.digits + "_-"


def new_token() -> str:
    """Return a token of the real shape that no real bot has."""
    return "123456789:AA" + "".join(secrets.choice(ALPHABET) for _ in range(33))


@dataclass(slots=True)
class Callback:
    """A pressed button that waits for the bot's answer."""

    id: str
    person_id: int
    chat_id: int
    message_id: int
    created: float
    answer: "asyncio.Future[Json]"


@dataclass(slots=True)
class PollState:
    """Who chose what, and where the poll is shown."""

    poll: Json
    chat_id: int
    message_id: int
    votes: dict[int, list[int]] = field(default_factory=dict)


class World:
    """The state of one sandbox, all in memory."""

    def __init__(self, *, token: str | None = None) -> None:
        self.token = token or new_token()
        self.clock = Clock()
        self.events = Events()
        self.files = Files()
        self.web = Web()
        self.faults = Faults()
        self.calls = CallLog()
        self.rates = Rates()
        self.updates = Updates(self.clock)
        self.feeds = Feeds(self.clock, self.events)
        self.closing = asyncio.Event()
        self.bot_id = int(self.token.partition(":")[0])
        self.bot_username = "tocsin_demo_bot"
        self.profile = Profile(name="Tocsin")
        self.people: dict[int, Person] = {}
        self.chats: dict[int, Chat] = {}
        self.callbacks: dict[str, Callback] = {}
        self.polls: dict[str, PollState] = {}
        self.base = ""
        self._chance = random.Random(7)  # noqa: S311 - invents ids, guards nothing
        self._person_ids = itertools.count(1001)
        self._chat_ids = itertools.count(1001)
        self._small_ids = itertools.count(1)
        self._tokens = itertools.count(1)

    def close(self) -> None:
        """Let go of everybody who waits."""
        self.closing.set()
        self.events.tell("bye")
        self.updates.stop()

    def bot_user(self, *, me: bool = False) -> Json:
        """Return the bot's `User`; getMe adds its abilities."""
        user: Json = {
            "id": self.bot_id,
            "is_bot": True,
            "first_name": self.profile.names.get("") or self.profile.name,
            "username": self.bot_username,
        }
        if me:
            user |= {
                "can_join_groups": True,
                "can_read_all_group_messages": False,
                "supports_inline_queries": False,
                "can_connect_to_business": False,
                "has_main_web_app": False,
            }
        return user

    def user(self, user_id: int) -> Json:
        """Return the `User` of a person or of the bot."""
        return self.bot_user() if user_id == self.bot_id else self.people[user_id].user()

    def chat_json(self, chat: Chat) -> Json:
        """Return the Bot API `Chat`, private ones included."""
        return self.people[chat.id].chat() if chat.type == "private" else chat.json()

    def add_person(self, person_id: int | None = None, **values: str | None) -> Person:
        """Create an account and its still empty private chat with the bot."""
        username = (values.get("username") or "").lstrip("@") or None
        if username and self.by_username(username):
            raise Refused(f"the username {username} is taken")
        if person_id is None:
            person_id = next(i for i in self._person_ids if i not in self.people)
        if person_id in self.people or person_id <= 0:
            raise Refused(f"the id {person_id} cannot be used")
        name = values.get("name") or ""
        if not name.strip():
            raise Refused("a person needs a name")
        person = Person(
            person_id, name, values.get("last_name"), username, values.get("language_code")
        )
        self.people[person.id] = person
        self.chats[person.id] = Chat(person.id, "private")
        self.events.tell("person", person_id=person.id)
        return person

    def by_username(self, username: str) -> Person | Chat | None:
        """Return who or what has the name."""
        wanted = username.lower().lstrip("@")
        holders: Iterator[Person | Chat] = itertools.chain(
            self.people.values(), self.chats.values()
        )
        return next((h for h in holders if (h.username or "").lower() == wanted), None)

    def new_chat_id(self, *, supergroup: bool) -> int:
        """Return an id of the real shape: -100… for supergroups and channels."""
        number = next(self._chat_ids)
        return -1_000_000_000_000 - number if supergroup else -number

    def next_message_id(self, chat: Chat) -> int:
        """Supergroups and channels count for themselves, everything else shares one count."""
        if chat.type in ("supergroup", "channel"):
            chat.last_id += 1
        else:
            chat.last_id = next(self._small_ids)
        return chat.last_id

    def bot_in(self, chat: Chat) -> Member:
        """Return the bot's place in a chat."""
        return chat.member(self.bot_id)

    def unique(self) -> str:
        """Return an id like those of callbacks, polls and albums."""
        return f"{self._chance.randrange(10**15, 10**16)}{next(self._tokens)}"

    def slug(self) -> str:
        """Return the secret part of an invite link."""
        return "".join(self._chance.choice(ALPHABET[:62]) for _ in range(16))
