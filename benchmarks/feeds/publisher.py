"""A stand-in for a thousand publishers, as fast as Python allows: bare HTTP on every 127.x.y.z.

Runs as a process of its own (``python -m benchmarks.feeds.publisher``): reads one JSON line of
options, prints one with its port, and ends when its standard input does.

``/tagged/…`` has an ETag and answers 304, ``/plain/…`` sends the same body each time,
``/told/…`` each source's own texts. For the benchmark itself, ``/control/turn/N/M`` gives every
Nth of M sources one new item.
"""

import asyncio
import json
import sys
import time
from functools import partial

from benchmarks.common.programs import asked
from benchmarks.feeds.documents import rss, told

BASE = 1
"""The version that every source begins with."""
HEAD = b"HTTP/1.1 %s\r\nContent-Type: application/rss+xml\r\n%sContent-Length: %d\r\n\r\n"


class Publisher:
    """What is served, by whom, and how often it was asked."""

    def __init__(self) -> None:
        self.versions: dict[int, int] = {}
        self.asked = {"304": 0, "200": 0}
        self._answers: dict[int, tuple[bytes, bytes, bytes]] = {}

    def answer(self, head: bytes) -> bytes:
        """The whole response to a request."""
        kind, number = head[: head.find(b" HTTP/")].split(b"/")[1:3]
        if kind == b"control":
            return self._control(head)
        if kind == b"told":
            self.asked["200"] += 1
            body = told(int(number), self.versions.get(int(number), BASE))
            return HEAD % (b"200 OK", b"", len(body)) + body
        tagged, unchanged, plain = self._prepared(self.versions.get(int(number), BASE))
        if kind == b"plain":
            self.asked["200"] += 1
            return plain
        mark = b'"%d"' % self.versions.get(int(number), BASE)
        known = b"If-None-Match: " + mark in head or b"if-none-match: " + mark in head
        self.asked["304" if known else "200"] += 1
        return unchanged if known else tagged

    def _prepared(self, version: int) -> tuple[bytes, bytes, bytes]:
        if version not in self._answers:
            body, tag = rss(version), b'ETag: "%d"\r\n' % version
            self._answers[version] = (
                HEAD % (b"200 OK", tag, len(body)) + body,
                b"HTTP/1.1 304 Not Modified\r\n" + tag + b"\r\n",
                HEAD % (b"200 OK", b"", len(body)) + body,
            )
        return self._answers[version]

    def _control(self, head: bytes) -> bytes:
        words = head[: head.find(b" HTTP/")].decode().split("/")[2:]
        if words[0] == "turn":
            every, of = int(words[1]), int(words[2])
            for number in range(0, of, every):
                self.versions[number] = self.versions.get(number, BASE) + 1
        asked = json.dumps({**self.asked, "cpu": time.process_time()}).encode()
        return HEAD % (b"200 OK", b"", len(asked)) + asked


def turn(port: int, *, every: int = 1, of: int) -> None:
    """Let each ``every``th of the first so many sources of a publisher have one new item."""
    asked(f"http://127.0.0.1:{port}/control/turn/{every}/{of}")


class Connection(asyncio.Protocol):
    """One connection, kept alive unless the client wants otherwise."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Requests here have no body."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head, self._buffer = self._buffer[:end], self._buffer[end + 4 :]
            self._transport.write(self._publisher.answer(head))
            if b"onnection: close" in head:
                self._transport.close()


async def serve() -> None:
    """Answer until standard input ends."""
    loop = asyncio.get_running_loop()
    made = partial(Connection, Publisher())
    listening = await loop.create_server(made, "0.0.0.0", 0, backlog=4096)
    async with listening:
        print(json.dumps({"port": listening.sockets[0].getsockname()[1]}), flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    sys.stdin.readline()
    asyncio.run(serve())
