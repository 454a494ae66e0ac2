"""People with phones, driven through the sandbox's control API as the page drives it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

Json = dict[str, Any]


@dataclass(slots=True)
class Street:
    """The sandbox as a test uses it: one HTTP session to its control API.

    ``settle`` waits until the bot has received, handled and sent everything that is due.
    """

    http: aiohttp.ClientSession
    control: str
    settle: Callable[[], Awaitable[None]]

    async def call(self, method: str, path: str, body: Json | None = None) -> Json:
        """One control call; a refusal fails the test with its text."""
        url = f"{self.control}/{path}"
        async with self.http.request(method, url, json=body) as answer:
            found: Json = await answer.json()
            assert answer.status == 200, f"{method} {path}: {found.get('error')}"
            return found

    async def person(self, name: str, language_code: str, **fields: Any) -> "Phone":
        """Create a person and hand out their phone."""
        body = {"name": name, "language_code": language_code, **fields}
        made = await self.call("POST", "people", body)
        return Phone(self, made["id"])

    async def move_clock(self, seconds: float) -> None:
        """Move the sandbox's clock forward."""
        await self.call("POST", "clock", {"seconds": seconds})


@dataclass(slots=True)
class Phone:
    """One person's view. ``taps`` counts buttons pressed, START included."""

    street: Street
    id: int
    taps: int = 0
    typed: int = 0
    toasts: list[str] = field(default_factory=list)

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

    async def say(self, text: str) -> str:
        """Type a text to the bot; returns the bot's latest message."""
        self.typed += 1
        await self.deed("text", {"text": text})
        return await self.text()

    async def press(self, label: str) -> str:
        """Tap the newest inline button whose label contains ``label``; exact matches win."""
        self.taps += 1
        message, data = await self._find(label)
        done = await self.deed("press", {"message_id": message["message_id"], "data": data})
        if done.get("text"):
            self.toasts.append(done["text"])
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
        return str(newest.get("text") or newest.get("caption") or "")

    async def labels(self, chat: int | str = "bot") -> list[str]:
        """Every inline label on the screen, newest message first."""
        rows = [self._buttons(m) for m in reversed(await self.received(chat))]
        return [button["text"] for row in rows for button in row]

    async def _find(self, label: str, chat: int | str = "bot") -> tuple[Json, str]:
        for test in (str.__eq__, str.__contains__):
            for message in reversed(await self.received(chat)):
                for button in self._buttons(message):
                    if test(button["text"], label) and "callback_data" in button:
                        return message, button["callback_data"]
        raise AssertionError(f"no button {label!r} among {await self.labels(chat)}")

    @staticmethod
    def _buttons(message: Json) -> list[Json]:
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        return [button for row in rows for button in row]
