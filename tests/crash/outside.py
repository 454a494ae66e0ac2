"""What every crash test needs: a sandbox in a process of its own, and looks at a database."""

import asyncio
import json
import sqlite3
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from storage import inbox
from storage.db import Database


@dataclass(slots=True)
class Outside:
    """The sandbox in a process of its own, seen through its control API."""

    session: aiohttp.ClientSession
    control: str
    api: str
    token: str

    async def ask(self, verb: str, path: str, body: Any = None) -> Any:
        """One request."""
        async with self.session.request(verb, f"{self.control}/{path}", json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def sent(self) -> Counter[tuple[int, str]]:
        """How often each text reached each chat, also when the bot did not live to hear it."""
        found = await self.ask("GET", "calls?method=sendMessage&limit=100000")
        return Counter(
            (int(call["chat_id"]), str(call["parameters"]["text"]))
            for call in found["calls"]
            if call["result_id"] is not None
        )

    async def pending(self) -> int:
        """Updates that are not acknowledged."""
        return int((await self.ask("GET", "state"))["updates"]["pending"])


@asynccontextmanager
async def sandbox() -> AsyncIterator[Outside]:
    """Start one without rate limits."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sandbox", "--rates", "off", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        told = json.loads(await process.stdout.readline())
        async with aiohttp.ClientSession(trust_env=False) as session:
            yield Outside(session, told["control"], told["api"], told["token"])
    finally:
        process.terminate()
        await process.wait()


def sound(path: Path) -> bool:
    """Whether the file is intact."""
    with closing(sqlite3.connect(path)) as file:
        return file.execute("PRAGMA quick_check").fetchall() == [("ok",)]


async def open_rows(db: Database) -> int:
    """Updates and messages that still wait."""
    async with db.tx(write=False) as tx:
        waiting = len(await inbox.waiting_ids(tx))
        queued = (await tx.connection.exec_driver_sql("select count(*) from outbox")).scalar_one()
        walks = await tx.connection.exec_driver_sql(
            "select count(*) from publications where not walked"
        )
        return waiting + int(queued) + int(walks.scalar_one())
