"""The sandbox as a child process, and its control API as far as the demo needs it."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

START_WITHIN = 30.0
CLOCK_EVERY = 0.5


class SandboxFailed(Exception):
    """The sandbox did not start, or refused what the demo asked of it."""


@dataclass(slots=True)
class Box:
    """A running sandbox. ``offset`` is how far people moved its clock, as last seen."""

    api: str
    page: str
    control: str
    feeds: str
    token: str
    http: aiohttp.ClientSession
    offset: timedelta = timedelta()

    async def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """One control call; raises ``SandboxFailed`` with the sandbox's own words."""
        async with self.http.request(method, f"{self.control}/{path}", json=body) as answer:
            found = await answer.json()
            if answer.status != 200:
                raise SandboxFailed(found.get("error", str(answer.status)))
            return found

    def now(self) -> datetime:
        """The sandbox's present, aware UTC: the bot of the demo lives in it."""
        return datetime.now(UTC) + self.offset

    async def follow_clock(self) -> None:
        """Keep ``offset`` fresh for as long as the demo runs."""
        while True:
            await self.refresh()
            await asyncio.sleep(CLOCK_EVERY)

    async def refresh(self) -> None:
        """Read the sandbox's clock now."""
        self.offset = timedelta(seconds=(await self.call("GET", "clock"))["offset"])


@asynccontextmanager
async def sandbox(
    folder: Path, *, seed: dict[str, Any], port: int, feeds: Path | None
) -> AsyncIterator[Box]:
    """Start the sandbox on loopback and end it with the block."""
    seeds = folder / "seed.json"
    seeds.write_text(json.dumps(seed), "utf-8")
    command = [sys.executable, "-m", "sandbox", "--port", str(port), "--seed", str(seeds)]
    if feeds is not None:
        command += ["--feeds", str(feeds)]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,  # a Ctrl-C ends the bot first, then the sandbox
    )
    try:
        ready = await _ready(process)
        async with aiohttp.ClientSession(trust_env=False) as http:
            yield Box(**ready, http=http)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _ready(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), START_WITHIN)
        ready: dict[str, Any] = json.loads(line)
    except (TimeoutError, ValueError):
        raise SandboxFailed("the sandbox did not start; is the port taken?") from None
    return ready
