"""A strict Telegram inside the program: every exchange is real but for the network itself.

It takes the place of the session below ``Transport``, so that bodies, answers, errors and what they
mean are the program's own.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, cast

import aiohttp
import msgspec
from telegram.ext import ExtBot
from yarl import URL

from bot.delivery.transport import Transport

TOKEN = "1:in-memory"


class Fate(Enum):
    """What becomes of a call."""

    DONE = auto()
    """Answered as Telegram answers it."""
    TOO_MANY = auto()
    FAULT = auto()
    """500, not carried out."""
    NOT_SENT = auto()
    """No connection."""
    LOST_BEFORE = auto()
    """The connection broke before it arrived, which nobody can know."""
    LOST_AFTER = auto()
    """Carried out, and the answer was lost."""


AMBIGUOUS = (Fate.LOST_BEFORE, Fate.LOST_AFTER)


@dataclass(slots=True)
class Post:
    """One message of a chat. ``firm``: too old to be edited or deleted."""

    text: str
    first: str
    reply_to: int | None
    alive: bool = True
    firm: bool = False


@dataclass(slots=True)
class Chat:
    """A chat as Telegram has it; at most ``keep`` messages of it can be changed."""

    id: int
    keep: int | None = None
    posts: dict[int, Post] = field(default_factory=dict)
    last: int = 0
    blocked: bool = False
    moved_to: int | None = None

    def add(self, text: str, reply_to: int | None) -> int:
        """A new message; returns its number."""
        self.last += 1
        self.posts[self.last] = Post(text, text, reply_to)
        if self.keep is not None and len(self.posts) > self.keep:
            del self.posts[next(iter(self.posts))]
        return self.last


@dataclass(slots=True, eq=False)
class Call:
    """One call as it arrived; ``number`` counts all of them."""

    number: int
    method: str
    chat: int
    parameters: dict[str, Any]
    at: float
    _fate: "asyncio.Future[Fate]"

    @property
    def text(self) -> str:
        """What is to be read, if anything."""
        return str(self.parameters.get("text", ""))

    @property
    def message(self) -> int | None:
        """The message that is to be changed, or answered."""
        reply = self.parameters.get("reply_parameters", {})
        number: int | None = self.parameters.get("message_id", reply.get("message_id"))
        return number

    def tell(self, fate: Fate) -> None:
        """Decide what becomes of it."""
        if not self._fate.done():
            self._fate.set_result(fate)

    async def delay(self, seconds: float) -> None:
        """Take so long, unless it is told before."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await asyncio.shield(self._fate)

    async def told(self) -> Fate:
        """What was decided, as soon as it is."""
        return await self._fate


Answer = tuple[int, dict[str, Any]]


class Watch:
    """Somebody who looks on; does nothing here."""

    def arrived(self, call: Call) -> None:
        """A call is there; nothing has become of it."""

    def decided(self, call: Call, fate: Fate) -> None:
        """What will become of it; nothing of that has happened."""

    def carried_out(self, call: Call, message: int, fate: Fate) -> None:
        """It was done: sent as, or done to, this message."""


class Telegram:
    """The far side. ``decide`` is asked what becomes of each call, and may take its time: by

    default until somebody tells the call.
    """

    def __init__(self, *, keep: int | None = None) -> None:
        self.keep = keep
        self.chats: dict[int, Chat] = {}
        self.waiting: list[Call] = []
        self.watch = Watch()
        self.decide: Callable[[Call], Awaitable[Fate]] = Call.told
        self.retry_after = 2
        self._number = 0

    def chat(self, id: int) -> Chat:
        """A chat, which begins to exist by this."""
        return self.chats.setdefault(id, Chat(id, self.keep))

    async def receive(self, method: str, parameters: dict[str, Any]) -> Answer:
        """One exchange; raises what aiohttp does when it fails."""
        self._number += 1
        loop = asyncio.get_running_loop()
        chat = int(parameters["chat_id"])
        call = Call(self._number, method, chat, parameters, loop.time(), loop.create_future())
        self.watch.arrived(call)
        self.waiting.append(call)
        try:
            fate = await self.decide(call)
        finally:
            self.waiting.remove(call)
        return self.conclude(call, fate)

    def conclude(self, call: Call, fate: Fate) -> Answer:
        """Carry a call out, or not, and answer."""
        self.watch.decided(call, fate)
        match fate:
            case Fate.DONE:
                return self._carry_out(call, fate)
            case Fate.TOO_MANY:
                more = {"retry_after": self.retry_after}
                return _no(429, f"Too Many Requests: retry after {self.retry_after}", **more)
            case Fate.FAULT:
                return _no(500, "Internal Server Error")
            case Fate.NOT_SENT:
                raise aiohttp.ConnectionTimeoutError
            case Fate.LOST_BEFORE:
                raise aiohttp.ServerDisconnectedError
            case Fate.LOST_AFTER:
                self._carry_out(call, fate)
                raise aiohttp.ServerDisconnectedError

    def perish(self, call: Call, fate: Fate) -> None:
        """Conclude a call that nobody waits for any more."""
        with contextlib.suppress(aiohttp.ServerDisconnectedError):
            self.conclude(call, fate)

    def _carry_out(self, call: Call, fate: Fate) -> Answer:
        chat = self.chats.get(call.chat)
        if chat is None:
            return _no(400, "Bad Request: chat not found")
        if chat.moved_to is not None:
            words = "Bad Request: group chat was upgraded to a supergroup chat"
            return _no(400, words, migrate_to_chat_id=chat.moved_to)
        if chat.blocked:
            return _no(403, "Forbidden: bot was blocked by the user")
        act = {"sendMessage": _send, "editMessageText": _edit, "deleteMessage": _delete}[
            call.method
        ]
        message, answer = act(call, chat)
        if message is not None:
            self.watch.carried_out(call, message, fate)
        return answer


Done = tuple[int | None, Answer]
"""The message that was sent or changed, if any, and what is answered."""


def _send(call: Call, chat: Chat) -> Done:
    if not 1 <= len(call.text) <= 4096:
        return None, _no(400, "Bad Request: message text is empty")
    number = chat.add(call.text, call.message)
    sent = {"message_id": number, "date": int(call.at), "text": call.text}
    kind = "private" if chat.id > 0 else "supergroup"
    result = {**sent, "chat": {"id": chat.id, "type": kind}}
    return number, (200, {"ok": True, "result": result})


def _edit(call: Call, chat: Chat) -> Done:
    post = chat.posts.get(call.message or 0)
    if post is None or not post.alive:
        return None, _no(400, "Bad Request: message to edit not found")
    if post.firm:
        return None, _no(400, "Bad Request: message can't be edited")
    if post.text == call.text:
        return None, _no(400, "Bad Request: message is not modified: nothing is new in it")
    post.text = call.text
    return call.message, (200, {"ok": True, "result": True})


def _delete(call: Call, chat: Chat) -> Done:
    post = chat.posts.get(call.message or 0)
    if post is None or not post.alive:
        return None, _no(400, "Bad Request: message to delete not found")
    if post.firm:
        return None, _no(400, "Bad Request: message can't be deleted for everyone")
    post.alive = False
    return call.message, (200, {"ok": True, "result": True})


def _no(status: int, words: str, **more: int) -> Answer:
    said = {"ok": False, "error_code": status, "description": words}
    return status, {**said, "parameters": more} if more else said


@dataclass(slots=True)
class _Said:
    """An answer as aiohttp gives it."""

    status: int
    body: bytes

    async def read(self) -> bytes:
        return self.body


@dataclass(slots=True)
class _Session:
    """What ``Transport`` uses of an aiohttp session."""

    telegram: Telegram
    closed: bool = False

    async def post(self, url: URL, *, data: bytes, **_options: Any) -> _Said:
        status, said = await self.telegram.receive(url.name, msgspec.json.decode(data))
        return _Said(status, msgspec.json.encode(said))

    @asynccontextmanager
    async def request(self, method: str, url: str, *, data: bytes, **_options: Any) -> Any:
        assert method == "POST"
        yield await self.post(URL(url), data=data)

    async def close(self) -> None:
        self.closed = True


class InMemory(Transport):
    """The program's transport over a Telegram in memory."""

    def __init__(self, telegram: Telegram) -> None:
        super().__init__()
        self._telegram = telegram

    async def initialize(self) -> None:
        """Open the session; a second call changes nothing."""
        if self._session is None or self._session.closed:
            self._session = cast(aiohttp.ClientSession, _Session(self._telegram))


def bot_of(telegram: Telegram) -> "ExtBot[None]":
    """A bot whose calls arrive there."""
    request = InMemory(telegram)
    return ExtBot(TOKEN, request=request, get_updates_request=request)
