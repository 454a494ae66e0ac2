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
from dataclasses import dataclass, field
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
LONG = 0.25
"""Seconds after which a document has taken long; a usual one takes a tenth of that."""


@dataclass(frozen=True, slots=True)
class ParseLimits:
    """Bounds of one parse: bytes in, seconds of processor, seconds by the clock on the wall.

    ``whole`` bounds reading together with the start of a new child where none waits; what is over
    ``wall`` is left for that. A child is replaced after ``documents``, or when it took much memory;
    one that is not up after ``start`` seconds never will be.
    """

    body: int = 2 * 2**20
    cpu: int = 4
    wall: float = 4.0
    whole: float = 5.8
    documents: int = 2000
    start: float = 30.0


class Parser:
    """Reads documents in at most ``children`` processes. Opened at start, closed at stop.

    Usually one after the other, which one child does fastest; beside one that takes long, others.
    """

    def __init__(self, *, children: int = 2, limits: ParseLimits | None = None) -> None:
        self._limits = limits or ParseLimits()
        self._places = _Places(children - 1)
        self._idle: list[_Child] = []
        self._coming: list[_Child] = []
        self._closed = False
        self.limited = True

    async def open(self) -> None:
        """Start the first child, so that a broken installation shows at once."""
        self._closed = False
        async with _Turn(self._places):
            try:
                async with asyncio.timeout(self._limits.start):
                    self._idle.append(await self._started())
            except TimeoutError as error:
                raise ParserDown from error

    async def close(self) -> None:
        """End all children that wait; those at work end when their document is done."""
        self._closed = True
        while waiting := self._idle or self._coming:
            await waiting.pop().end()

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

        ``ParserDown`` says that no child could be started (in time), which is no fault of the
        source. Waiting for another document to be read does not count against ``limits.whole``.
        ``content_type`` is the header of the answer, ``address`` where it was found in the end.
        Entries whose marks are in ``seen`` are only named, which is most of what reading costs.
        """
        if len(body) > self._limits.body:
            raise TooLarge(limit=self._limits.body)
        if not body.strip(b"\0 \t\r\n"):
            raise NotAFeed
        task = Task(body, content_type, address, self._limits.cpu, seen)
        async with _Turn(self._places):
            try:
                async with asyncio.timeout(self._limits.whole):
                    reply = await self._ask(await self._child(), task)
            except TimeoutError:
                raise ParserDown from None
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
        return await self._started()

    async def _started(self) -> "_Child":
        """A new child, or one for which somebody else could not wait any longer."""
        try:
            child = self._coming.pop() if self._coming else await _Child.spawn()
        except OSError as error:
            raise ParserDown from error
        try:
            await child.come_up()
        except asyncio.CancelledError:
            # Who waits for it gives up; the next one finds it further on.
            if self._closed or child.age > self._limits.start:
                await child.end()
            else:
                self._coming.append(child)
            raise
        except (OSError, asyncio.IncompleteReadError) as error:
            await child.end()
            raise ParserDown from error
        self.limited = child.limited
        return child


@dataclass(slots=True)
class _Places:
    """Whose turn it is, and how many more may read beside those who take long."""

    spare: int
    turn: asyncio.Semaphore = field(default_factory=asyncio.Semaphore)


class _Turn:
    """Waits until a document may be read. What takes long passes the turn on and is read beside."""

    __slots__ = ("_passed_on", "_places", "_timer")

    def __init__(self, places: _Places) -> None:
        self._places, self._passed_on = places, False

    async def __aenter__(self) -> None:
        await self._places.turn.acquire()
        self._wait()

    async def __aexit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._passed_on:
            self._places.spare += 1
        else:
            self._places.turn.release()

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(LONG, self._pass_on)

    def _pass_on(self) -> None:
        if not self._places.spare:
            self._wait()
            return
        self._passed_on = True
        self._places.spare -= 1
        self._places.turn.release()


class _Child:
    """One process and its two pipes."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._clock = asyncio.get_running_loop().time
        self._born = self._clock()
        self.limited = True
        self.answered = 0

    @property
    def alive(self) -> bool:
        """Not known to have ended."""
        return self._process.returncode is None

    @property
    def age(self) -> float:
        """Seconds since it was started."""
        return self._clock() - self._born

    @classmethod
    async def spawn(cls) -> Self:
        """Start the process, which is not ready yet."""
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
        return cls(process)

    async def come_up(self) -> None:
        """Wait until it says that it is ready; may be given up and tried again."""
        self.limited = await self._receive() == b"limited"

    async def ask(self, task: Task) -> Reply:
        sink = self._process.stdin
        assert sink is not None
        payload = msgspec.msgpack.encode(task)
        payload = _LENGTH.pack(len(payload)) + payload
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
