"""People with phones, driven through the sandbox's control API as the page drives it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import aiohttp

from bot.i18n import Translator, translator
from tests.leaks import CANARY, FIRST_ID

Json = dict[str, Any]
LABEL = 30
"""Letters of a button that a small phone shows; views cut longer ones."""


@dataclass(slots=True)
class Street:
    """The sandbox as a test uses it: one HTTP session to its control API.

    ``settle`` waits until the bot has received, handled and sent everything that is due.
    """

    http: aiohttp.ClientSession
    control: str
    settle: Callable[[], Awaitable[None]]
    ids: "count[int]" = field(default_factory=lambda: count(FIRST_ID + 1))

    async def call(self, method: str, path: str, body: Json | None = None) -> Json:
        """One control call; a refusal fails the test with its text."""
        url = f"{self.control}/{path}"
        async with self.http.request(method, url, json=body) as answer:
            found: Json = await answer.json()
            assert answer.status == 200, f"{method} {path}: {found.get('error')}"
            return found

    async def person(self, name: str, lang: str) -> "Phone":
        """Create a person and hand out their phone. Name, username and id must never be logged."""
        body = {
            "name": f"{name} {CANARY}",
            "username": f"{name.lower()}_{CANARY}",
            "language_code": lang,
            "id": next(self.ids),
        }
        made = await self.call("POST", "people", body)
        return Phone(self, made["id"], lang)

    async def move_clock(self, seconds: float) -> None:
        """Move the sandbox's clock forward."""
        await self.call("POST", "clock", {"seconds": seconds})

    async def calls(self, method: str) -> list[Json]:
        """What the bot asked of Telegram by one method, oldest first."""
        found = await self.call("GET", f"calls?method={method}&limit=100000")
        return sorted(found["calls"], key=lambda call: call["id"])


@dataclass(slots=True)
class Phone:
    """One person's view. ``taps`` counts buttons pressed, START and menu commands included."""

    street: Street
    id: int
    lang: str
    taps: int = 0
    typed: int = 0
    toasts: list[str] = field(default_factory=list)

    @property
    def t(self) -> Translator:
        """The words of the bot in this person's language."""
        return translator(self.lang)

    async def deed(self, deed: str, body: Json | None = None) -> Json:
        """Do something as this person, then let the bot finish."""
        done = await self.street.call("POST", f"people/{self.id}/{deed}", body or {})
        await self.street.settle()
        return done

    async def start(self, payload: str | None = None) -> str:
        """Press START, with a poster's payload if any."""
        self.taps += 1
        await self.deed("start", {"payload": payload} if payload else {})
        return await self.text()

    async def command(self, command: str) -> str:
        """Choose a command from the menu of the chat: one tap."""
        self.taps += 1
        await self.deed("text", {"text": command})
        return await self.text()

    async def say(self, text: str) -> str:
        """Type a text to the bot; returns what the bot wrote last."""
        self.typed += 1
        await self.deed("text", {"text": text})
        return await self.text()

    async def tap(self, key: str, **args: object) -> str:
        """Tap the button with the words of a catalogue key."""
        return await self.press(self.t(key, **args))

    async def press(self, label: str) -> str:
        """Tap the newest inline button that is, else contains, ``label``."""
        message, data = await self.find(label)
        return await self.press_data(message["message_id"], data)

    async def choose(self, label: str) -> str:
        """Tap an entry of a list, turning its pages as far as needed."""
        while not any(label in shown for shown in await self.labels()):
            await self.tap("next-page")
        return await self.press(label)

    async def press_data(self, message_id: int, data: str) -> str:
        """Tap a button again, though it may be gone by now. Every press must be answered."""
        self.taps += 1
        done = await self.deed("press", {"message_id": message_id, "data": data})
        assert done["answered"], f"nobody answered the press of {data}"
        if done.get("text"):
            self.toasts.append(done["text"])
        return await self.text()

    async def forward(self, message: Json, chat: int | str) -> str:
        """Forward a message of a chat to the bot."""
        await self.deed("forward", {"from": chat, "message_id": message["message_id"]})
        return await self.text()

    async def history(self, chat: int | str = "bot") -> list[Json]:
        """The messages of a chat as this person sees them, oldest first."""
        seen = await self.street.call("GET", f"people/{self.id}/chats/{chat}")
        return [m for m in seen["messages"] if not m["deleted"]]

    async def received(self, chat: int | str = "bot") -> list[Json]:
        """What others wrote in a chat, oldest first."""
        return [m for m in await self.history(chat) if not m["out"] and m["kind"] != "service"]

    async def last(self, chat: int | str = "bot") -> Json:
        """The newest message from the other side."""
        got = await self.received(chat)
        assert got, "nothing was received"
        return got[-1]

    async def text(self, chat: int | str = "bot") -> str:
        """The text that was written or changed last by the other side."""
        got = await self.received(chat)
        assert got, "nothing was received"
        newest = max(got, key=lambda m: (m.get("edit_date") or m["date"], m["message_id"]))
        return words(newest)

    async def texts(self, chat: int | str = "bot") -> list[str]:
        """Every text of the other side, oldest first."""
        return [words(message) for message in await self.received(chat)]

    async def labels(self, chat: int | str = "bot") -> list[str]:
        """Every inline label on the screen, newest message first."""
        rows = [buttons(m) for m in reversed(await self.received(chat))]
        return [button["text"] for row in rows for button in row]

    async def find(self, label: str, chat: int | str = "bot") -> tuple[Json, str]:
        """The newest message with such a button, and what the button sends back."""
        wanted = label if len(label) <= LABEL else label[: LABEL - 1]
        got = await self.received(chat)
        for test in (str.__eq__, str.__contains__):
            for message in reversed(got):
                for button in buttons(message):
                    if test(button["text"], wanted) and "callback_data" in button:
                        return message, button["callback_data"]
        raise AssertionError(f"no button {label!r} among {await self.labels(chat)}")


def words(message: Json) -> str:
    """The text or caption of a message."""
    return str(message.get("text") or message.get("caption") or "")


def buttons(message: Json) -> list[Json]:
    """The inline buttons of a message, row by row."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button for row in rows for button in row]
