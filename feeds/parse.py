"""Parsing in a pool of killable children: a hostile document costs one of them, nothing else.

Where the platform has no resource limits (Windows) only the wall deadline remains, which
``Parser.limited`` says.
"""

import asyncio
import contextlib
import os
import struct
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

import feeds
from bot.domain.entries import FeedDocument
from feeds.child import Declined, Read, Reply, Task
from feeds.failures import FeedRefused, Malformed, NotAFeed, ParserDown, TooLarge, TooSlow

_LENGTH = struct.Struct("!I")
_LONGEST_REPLY = 32 * 2**20
_AT_ONCE = 2**16


@dataclass(frozen=True, slots=True)
class ParseLimits:
    """Bounds of one parse: bytes in, seconds of processor, seconds by the clock on the wall.

    A child is replaced after ``documents``, or when it took much memory. ``start`` is how long a
    new one may take to come up, in seconds.
    """

    body: int = 2 * 2**20
    cpu: int = 4
    wall: float = 4.0
    documents: int = 2000
    start: float = 30.0


class Parser:
    """Reads documents in at most ``children`` processes. Opened at start, closed at stop."""

    def __init__(self, *, children: int = 2, limits: ParseLimits | None = None) -> None:
        self._limits = limits or ParseLimits()
        self._room = asyncio.Semaphore(children)
        self._idle: list[_Child] = []
        self._closed = False
        self.limited = True

    async def open(self) -> None:
        """Start the first child, so that a broken installation shows at once."""
        self._closed = False
        async with self._room:
            self._idle.append(await self._start())

    async def close(self) -> None:
        """End all children that wait; those at work end when their document is done."""
        self._closed = True
        while self._idle:
            await self._idle.pop().end()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def parse(
        self,
        body: bytes,
        *,
        content_type: str = "",
        address: str = "",
        seen: frozenset[bytes] = frozenset(),
    ) -> FeedDocument:
        """Read a document; raise ``NotAFeed``, ``Malformed``, ``TooLarge`` or ``TooSlow``.

        ``ParserDown`` says that no child could be started, which is no fault of the source.
        ``content_type`` is the header of the answer, ``address`` where it was found in the end.
        Entries whose marks are in ``seen`` are only named, which is most of what reading costs.
        """
        if len(body) > self._limits.body:
            raise TooLarge(limit=self._limits.body)
        if not body.strip(b"\0 \t\r\n"):
            raise NotAFeed
        task = Task(body, content_type, address, self._limits.cpu, seen)
        async with self._room:
            reply = await self._ask(await self._child(), task)
        if isinstance(reply, Read):
            return reply.document
        raise _refusal(reply)

    async def _ask(self, child: "_Child", task: Task) -> Reply:
        try:
            async with asyncio.timeout(self._limits.wall):
                reply = await child.ask(task)
        except TimeoutError:
            await child.end()
            raise TooSlow(seconds=self._limits.wall) from None
        except (OSError, asyncio.IncompleteReadError, msgspec.MsgspecError):
            # The kernel ended it: processor or memory. To the reader of the feed it is one thing.
            await child.end()
            return Declined(Malformed.key, reason="hostile")
        except BaseException:
            await child.end()
            raise
        if reply.worn or self._closed or child.answered >= self._limits.documents:
            await child.end()
        else:
            self._idle.append(child)
        return reply

    async def _child(self) -> "_Child":
        while self._idle:
            child = self._idle.pop()
            if child.alive:
                return child
            await child.end()
        return await self._start()

    async def _start(self) -> "_Child":
        try:
            child = await _Child.start(within=self._limits.start)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            raise ParserDown from error
        self.limited = child.limited
        return child


class _Child:
    """One process and its two pipes."""

    def __init__(self, process: Process, *, limited: bool) -> None:
        self._process = process
        self.limited = limited
        self.answered = 0

    @property
    def alive(self) -> bool:
        """Not known to have ended."""
        return self._process.returncode is None

    @classmethod
    async def start(cls, *, within: float) -> Self:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-P", "-s", "-m", "feeds.child"),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=_environment(),
            cwd=tempfile.gettempdir(),
            limit=2**20,
        )
        child = cls(process, limited=True)
        try:
            async with asyncio.timeout(within):
                child.limited = await child._receive() == b"limited"
        except BaseException:
            await child.end()
            raise
        return child

    async def ask(self, task: Task) -> Reply:
        sink = self._process.stdin
        assert sink is not None
        payload = msgspec.msgpack.encode(task)
        sink.write(_LENGTH.pack(len(payload)))
        for at in range(0, len(payload), _AT_ONCE):
            # What a pipe does not take at once is copied, and again each time it takes some.
            sink.write(payload[at : at + _AT_ONCE])
            await sink.drain()
        reply: Reply = msgspec.msgpack.decode(await self._receive(), type=Reply)
        self.answered += 1
        return reply

    async def _receive(self) -> bytes:
        source = self._process.stdout
        assert source is not None
        (length,) = _LENGTH.unpack(await source.readexactly(_LENGTH.size))
        if length > _LONGEST_REPLY:
            raise OSError("reply too long")
        return await source.readexactly(length)

    async def end(self) -> None:
        """Kill it and wait until it is gone; a child keeps nothing that could be lost."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        if self._process.stdin is not None:
            self._process.stdin.close()
        await asyncio.shield(self._process.wait())


def _environment() -> dict[str, str]:
    """Only what Python needs: a child has no business with tokens that stand in ours."""
    root = Path(feeds.__file__).resolve().parent.parent
    kept = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    return {**kept, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}


def _refusal(reply: Declined) -> FeedRefused:
    if reply.kind == NotAFeed.key:
        return NotAFeed(feeds=reply.feeds)
    return Malformed(reason=reply.reason)
