"""A stand-in for Telegram that is as fast as Python allows: bare HTTP over asyncio's protocols.

Runs as a process of its own (``python -m benchmarks.delivery.stub``): reads one JSON line of
``Options``, prints one with its port, and ends when its standard input does.
"""

import asyncio
import json
import random
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from benchmarks.delivery.window import Window

LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
CHAT = re.compile(rb'chat_id"?[=:] *"?(-?\d+)')
MARK = re.compile(rb"mark-[a-z0-9]+")
HEAD = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
ME = (
    b'{"id":123456789,"is_bot":true,"first_name":"Stub","username":"stub_bot",'
    b'"can_join_groups":true,"can_read_all_group_messages":false,"supports_inline_queries":false}'
)
SENT = (
    b'{"message_id":%d,"from":{"id":123456789,"is_bot":true,"first_name":"Stub","username":'
    b'"stub_bot"},"chat":{"id":%s,"first_name":"Somebody","type":"private"},"date":1795257600,'
    b'"text":"%s"}'
)
TEXT = (
    b"A rally was announced in your district: Saturday at 15.00, the square before the library. "
    b"Two organisers confirmed it. Tap to see the place, to be reminded, or to check the code."
)
REFUSED = (
    b'{"ok":false,"error_code":429,"description":"Too Many Requests: retry after %d",'
    b'"parameters":{"retry_after":%d}}'
)
FIRST_MESSAGE = 100_000_000

Request = tuple[bytes, bytes]
"""Path and body."""


@dataclass(frozen=True, slots=True)
class Options:
    """``limit``: messages in any second, ``None`` for as many as come. ``way`` + up to ``jitter``

    seconds pass before a request arrives, ``back`` seconds before its answer does.
    """

    limit: int | None = None
    way: float = 0.0
    jitter: float = 0.0
    back: float = 0.0
    seed: int = 3


def cut(buffer: bytes) -> tuple[Request, bytes] | None:
    """The first whole request of a buffer and what follows it; ``None`` while it is not whole."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    found = LENGTH.search(buffer, 0, end + 2)
    stop = end + 4 + (int(found[1]) if found else 0)
    if len(buffer) < stop:
        return None
    start = buffer.find(b" ") + 1
    path = buffer[start : buffer.find(b" ", start)]
    return (path, buffer[end + 4 : stop]), buffer[stop:]


def answer(body: bytes, status: bytes = b"200 OK") -> bytes:
    """A whole HTTP response."""
    return HEAD % (status, len(body), body)


@dataclass(slots=True)
class Ledger:
    """What arrived. Instants are ``time.monotonic()``, the same clock in every process here."""

    refused: int = 0
    cpu: float = 0.0
    arrivals: list[float] = field(default_factory=list)
    chats: set[bytes] = field(default_factory=set)
    marks: dict[bytes, float] = field(default_factory=dict)
    waiting: dict[bytes, Callable[[bytes], None]] = field(default_factory=dict)

    def accept(self, body: bytes, now: float) -> bytes:
        """Write a message down; returns Telegram's answer."""
        if not self.arrivals:
            self.cpu = time.process_time()
        self.arrivals.append(now)
        found = CHAT.search(body)
        chat = found[1] if found else b"0"
        self.chats.add(chat)
        if (mark := MARK.search(body)) is not None:
            self._marked(mark[0], now)
        message = SENT % (FIRST_MESSAGE + len(self.arrivals), chat, TEXT)
        return answer(b'{"ok":true,"result":' + message + b"}")

    def _marked(self, mark: bytes, now: float) -> None:
        if mark not in self.marks:
            self.marks[mark] = now
            if (tell := self.waiting.pop(mark, None)) is not None:
                tell(answer(b'{"at":%r}' % now))

    def control(self, path: bytes, tell: Callable[[bytes], None]) -> None:
        """Answer the benchmark itself: ``/control/report``, or ``/control/arrival/<mark>``, which

        waits until a message with that mark in its text has arrived.
        """
        word = path.rsplit(b"/", 1)[1]
        if word == b"report":
            tell(answer(json.dumps(self.report()).encode()))
        elif word in self.marks:
            tell(answer(b'{"at":%r}' % self.marks[word]))
        else:
            self.waiting[word] = tell

    def report(self) -> dict[str, object]:
        """Counts, accepted arrivals, and seconds of CPU since the first of them."""
        return {
            "accepted": len(self.arrivals),
            "refused": self.refused,
            "chats": len(self.chats),
            "arrivals": self.arrivals,
            "cpu": time.process_time() - self.cpu,
        }


class Server:
    """Decides about requests once they have made their way."""

    def __init__(self, options: Options) -> None:
        self.ledger = Ledger()
        self._options, self._chance = options, random.Random(options.seed)
        self._window = Window(options.limit) if options.limit is not None else None
        self._loop = asyncio.get_running_loop()
        self._near = not (options.way or options.jitter or options.back)

    def take(self, request: Request, tell: Callable[[bytes], None]) -> None:
        """A request was written to the wire; ``tell`` gets the answer when it is back."""
        path, body = request
        if path.startswith(b"/control/"):
            self.ledger.control(path, tell)
        elif self._near:
            tell(self._decide(path, body))
        else:
            way = self._options.way + self._chance.uniform(0, self._options.jitter)
            self._loop.call_later(way, self._arrived, path, body, tell)

    def _arrived(self, path: bytes, body: bytes, tell: Callable[[bytes], None]) -> None:
        self._loop.call_later(self._options.back, tell, self._decide(path, body))

    def _decide(self, path: bytes, body: bytes) -> bytes:
        method = path.rsplit(b"/", 1)[1]
        if method == b"getMe":
            return answer(b'{"ok":true,"result":' + ME + b"}")
        if not method.startswith((b"send", b"edit")):
            return answer(b'{"ok":true,"result":true}')
        now = time.monotonic()
        if self._window is not None and (wait := self._window.retry_after(now)) is not None:
            self.ledger.refused += 1
            return answer(REFUSED % (wait, wait), b"429 Too Many Requests")
        return self.ledger.accept(body, now)


class Connection(asyncio.Protocol):
    """One kept-alive connection."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, problem: Exception | None) -> None:
        """Answers that are still on their way go nowhere."""
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Hand on whatever requests are whole."""
        self._buffer = self._buffer + data if self._buffer else data
        while self._buffer and (found := cut(self._buffer)) is not None:
            request, self._buffer = found
            self._server.take(request, self._tell)

    def _tell(self, response: bytes) -> None:
        if self._transport is not None:
            self._transport.write(response)


async def listen(options: Options) -> tuple[Server, asyncio.Server, int]:
    """Listen on a free port of loopback; returns the port too."""
    server = Server(options)
    listening = await asyncio.get_running_loop().create_server(
        partial(Connection, server), "127.0.0.1", 0, backlog=1024
    )
    return server, listening, listening.sockets[0].getsockname()[1]


async def serve(options: Options) -> None:
    """Answer until standard input ends."""
    _, listening, port = await listen(options)
    async with listening:
        print(json.dumps({"port": port}), flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(Options(**json.loads(sys.stdin.readline()))))
