"""What queueing a sealed message costs beside a bare insert: same file system, same run.

Rounds alternate in pairs, so that a busy machine slows both; the median of the ratios counts.
Each round commits every message on its own, with synchronous=FULL, as the bot does.
"""

import asyncio
import json
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import aiosqlite

from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from storage import outbox
from storage.crypto import Keyring
from storage.db import Database, connect
from storage.migrate import upgrade
from storage.sqlite import PRAGMAS

PAIRS = 9
MESSAGES = 300
TASK = b'["say",{"text":"' + b"A rally was announced in your district. " * 8 + b'"}]'
NOW = datetime(2026, 11, 21, 10, 40, tzinfo=UTC)


async def ours(db: Database, round_: int) -> float:
    """Messages queued per second: tagged, sealed, one transaction each."""
    started = time.perf_counter()
    for n in range(MESSAGES):
        async with db.tx() as tx:
            chat = TelegramId(1_000_000 + round_ * MESSAGES + n)
            await outbox.add(tx, lane=Lane.NEWS, chat=chat, task=TASK, now=NOW)
    return MESSAGES / (time.perf_counter() - started)


async def bare(connection: aiosqlite.Connection, round_: int) -> float:
    """The same number of plain rows of the same size through the bare driver."""
    started = time.perf_counter()
    for n in range(MESSAGES):
        await connection.execute("BEGIN IMMEDIATE")
        await connection.execute(
            "INSERT INTO outbox (lane, chat, task, due_at) VALUES (?, ?, ?, ?)",
            (3, 1_000_000 + round_ * MESSAGES + n, TASK, NOW.isoformat()),
        )
        await connection.execute("COMMIT")
    return MESSAGES / (time.perf_counter() - started)


async def open_bare(path: Path) -> aiosqlite.Connection:
    """The bare database, with the same pragmas and comparable indices."""
    connection = await aiosqlite.connect(path, isolation_level=None)
    for name, value in PRAGMAS.items():
        await connection.execute(f"PRAGMA {name}={value}")
    await connection.execute(
        "CREATE TABLE outbox (id INTEGER PRIMARY KEY, lane INTEGER, chat INTEGER, task BLOB,"
        " due_at TEXT)"
    )
    await connection.execute("CREATE INDEX by_chat ON outbox (chat)")
    await connection.execute("CREATE INDEX by_lane ON outbox (lane, id)")
    return connection


async def measure(folder: Path) -> list[tuple[float, float]]:
    """Pairs of (ours, bare), messages per second; a first pair warms up and is dropped."""
    url = f"sqlite+aiosqlite:///{folder / 'ours.db'}"
    await upgrade(url)
    db = connect(url, Keyring(bytes(range(32))))
    plain = await open_bare(folder / "bare.db")
    try:
        pairs = [(await ours(db, n), await bare(plain, n)) for n in range(PAIRS + 1)]
    finally:
        await db.close()
        await plain.close()
    return pairs[1:]


def main() -> None:
    """Print the pairs, then the result as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        pairs = asyncio.run(measure(Path(folder)))
    for mine, plain in pairs:
        print(f"sealed {mine:7.0f}/s   bare {plain:7.0f}/s   ratio {mine / plain:.2f}")
    result = {
        "benchmark": "storage",
        "sealed_per_second": round(statistics.median(mine for mine, _ in pairs)),
        "bare_per_second": round(statistics.median(plain for _, plain in pairs)),
        "ratio": round(statistics.median(mine / plain for mine, plain in pairs), 3),
        "pairs": PAIRS,
        "messages": MESSAGES,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
