"""A stand-in for Telegram that answers as it is told, fast enough for thousands of messages.

It writes down what it was asked, what it accepted, and who asked again before ``retry_after`` was
over. Rules decide; without one everything is accepted.
"""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from benchmarks.delivery.stub import Request, answer, cut

TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it arrives; ``at`` in seconds of the loop's clock."""

    at: float
    method: str
    chat: int
    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What becomes of a call. ``accepts``: the message gets into the chat.

    ``status`` 0 closes the connection without a word; ``after`` seconds the answer is heard, and
    with ``NEVER`` it never is. ``ambiguous``: accepted, and the bot cannot know.
    """

    accepts: bool = True
    status: int = 200
    description: str = ""
    retry_after: int | None = None
    after: float = 0.0

    @property
    def ambiguous(self) -> bool:
        """Whether the message arrived and the bot cannot know."""
        return self.accepts and (self.status != 200 or self.after == NEVER)

    def body(self, message: int, call: Call) -> bytes:
        """The whole HTTP response."""
        if self.status == 200:
            chat = {"id": call.chat, "type": "private", "first_name": "Somebody"}
            said = {"message_id": message, "date": 0, "chat": chat, "text": call.text}
            return answer(json.dumps({"ok": True, "result": said}).encode())
        told: dict[str, Any] = {"ok": False, "error_code": self.status}
        told["description"] = self.description or "refused"
        if self.retry_after is not None:
            told["parameters"] = {"retry_after": self.retry_after}
        return answer(json.dumps(told).encode(), b"%d Refused" % self.status)


Rule = Callable[[Call], Reply | None]
"""Decides about a call, or leaves it to the next rule."""
SENT = Reply()
LOST = Reply(status=0)
LATE = Reply(after=NEVER)


def limited(seconds: int) -> Reply:
    """429 for a chat."""
    told = f"Too Many Requests: retry after {seconds}"
    return Reply(accepts=False, status=429, description=told, retry_after=seconds)


def refused(status: int, description: str) -> Reply:
    """A refusal in Telegram's words."""
    return Reply(accepts=False, status=status, description=description)


@dataclass(slots=True)
class Telegram:
    """The stand-in. ``way``: seconds until a request arrives, and again until its answer does."""

    rules: list[Rule] = field(default_factory=list)
    way: float = 0.0
    port: int = 0
    calls: list[Call] = field(default_factory=list)
    accepted: Counter[tuple[int, str]] = field(default_factory=Counter)
    replies: Counter[Reply] = field(default_factory=Counter)
    early: int = 0
    """Requests inside their chat's retry window."""
    shut: dict[int, float] = field(default_factory=dict)
    _heard: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def api(self) -> str:
        """The address for a bot."""
        return f"http://127.0.0.1:{self.port}/bot"

    async def reach(self, count: int) -> None:
        """Wait until so many messages were accepted."""
        while self.accepted.total() < count:
            self._heard.clear()
            await self._heard.wait()

    def take(self, request: Request, tell: Callable[[bytes | None], None]) -> None:
        """A request was written to the wire."""
        if self.way:
            asyncio.get_running_loop().call_later(self.way, self._arrived, request, tell)
        else:
            self._arrived(request, tell)

    def _arrived(self, request: Request, tell: Callable[[bytes | None], None]) -> None:
        path, body = request
        said = json.loads(body) if body else {}
        now = asyncio.get_running_loop().time()
        text = str(said.get("text", said.get("caption", "")))
        chat = int(said.get("chat_id", 0))
        call = Call(now, path.rsplit(b"/", 1)[1].decode(), chat, text)
        self.calls.append(call)
        reply = self._decide(call)
        self.replies[reply] += 1
        if reply.accepts:
            self.accepted[call.chat, call.text] += 1
            self._heard.set()
        if reply.after == NEVER:
            return
        said_back = reply.body(len(self.calls), call) if reply.status else None
        if back := self.way + reply.after:
            asyncio.get_running_loop().call_later(back, tell, said_back)
        else:
            tell(said_back)

    def _decide(self, call: Call) -> Reply:
        if (opens := self.shut.get(call.chat, 0.0)) > call.at:
            self.early += 1
            return limited(int(opens - call.at) + 1)
        reply = next((r for rule in self.rules if (r := rule(call)) is not None), SENT)
        if reply.retry_after is not None:
            self.shut[call.chat] = call.at + reply.retry_after
        return reply


class _Connection(asyncio.Protocol):
    """One kept-alive connection."""

    def __init__(self, telegram: Telegram, open_: set[asyncio.Transport]) -> None:
        self._telegram, self._open = telegram, open_
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._open.add(transport)

    def connection_lost(self, problem: Exception | None) -> None:
        """Answers that are still on their way go nowhere."""
        if self._transport is not None:
            self._open.discard(self._transport)
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Hand on whatever requests are whole."""
        self._buffer += data
        while self._buffer and (found := cut(self._buffer)) is not None:
            request, self._buffer = found
            self._telegram.take(request, self._tell)

    def _tell(self, response: bytes | None) -> None:
        if self._transport is None:
            return
        if response is None:
            self._transport.abort()
        else:
            self._transport.write(response)


@asynccontextmanager
async def listening(*rules: Rule, way: float = 0.0) -> AsyncIterator[Telegram]:
    """Listen on a free port of loopback."""
    telegram, connections = Telegram(list(rules), way), set[asyncio.Transport]()
    server = await asyncio.get_running_loop().create_server(
        partial(_Connection, telegram, connections), "127.0.0.1", 0, backlog=1024
    )
    telegram.port = server.sockets[0].getsockname()[1]
    try:
        yield telegram
    finally:
        server.close()
        for transport in [*connections]:
            transport.abort()
        await server.wait_closed()


def weather(seed: int) -> Rule:
    """10 % 429, 5 % 5xx, 5 % answers that come too late, 2 % that are lost, as chance has it.

    What a 500 or 503 says no to was not carried out; a front end's 502 and 504 follow acceptance.
    """
    chance = random.Random(seed)
    broken = [Reply(accepts=status in (502, 504), status=status) for status in (500, 502, 503, 504)]

    def rule(_call: Call) -> Reply | None:
        roll = chance.random()
        if roll < 0.10:
            return limited(chance.choice((1, 2)))
        if roll < 0.15:
            return chance.choice(broken)
        if roll < 0.20:
            return LATE
        return LOST if roll < 0.22 else None

    return rule
