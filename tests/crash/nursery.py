"""Bots that get killed, born quickly: everything is imported once, each bot is a fork.

Run as ``python -m tests.crash.nursery``. Reads orders, a JSON line each, and tells when the bot of
an order is ready and when it has ended.
"""

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.crash import child

ENDED = b"ended\n"


@dataclass(slots=True)
class Nursery:
    """The process that bears bots, one at a time."""

    process: asyncio.subprocess.Process
    pid: int = 0

    async def bear(self, order: dict[str, Any]) -> None:
        """Start a bot and wait until it works."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.pid = json.loads(await self._told())["pid"]

    async def kill(self) -> None:
        """kill -9 of the bot that lives; returns once it is gone."""
        os.kill(self.pid, signal.SIGKILL)
        assert await self._told() == ENDED

    async def _told(self) -> bytes:
        assert self.process.stdout is not None
        return await self.process.stdout.readline()


@asynccontextmanager
async def nursery(log: Path) -> AsyncIterator[Nursery]:
    """Start one. What bots complain of gets into ``log``."""
    with log.open("ab") as told:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.crash.nursery"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=told,
            start_new_session=True,
        )
    try:
        yield Nursery(process)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def main() -> None:
    """Bear a bot per line."""
    for line in sys.stdin:
        if (pid := os.fork()) == 0:
            threading.Thread(target=_die_with_the_test, daemon=True).start()
            child.live(json.loads(line))
            os._exit(1)
        os.waitpid(pid, 0)
        sys.stdout.buffer.write(ENDED)
        sys.stdout.buffer.flush()


def _die_with_the_test() -> None:
    """No order comes while a bot lives: what ends the wait is the end of whoever gives them."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


if __name__ == "__main__":
    main()
