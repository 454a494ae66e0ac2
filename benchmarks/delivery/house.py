"""Our side of the benchmark: the engine as the program runs it. Only this file knows its parts."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from telegram.ext import ExtBot
from yarl import URL

from benchmarks.common.gauge import Watched, watch
from benchmarks.delivery.crowd import KEYS, url_of
from benchmarks.delivery.peers import TOKEN
from benchmarks.delivery.stub import ME, SENT, TEXT
from bot.delivery.collector import collect_seldom
from bot.delivery.outbox import Engine
from bot.delivery.pace import Pace
from bot.delivery.tasks import Tasks
from bot.delivery.transport import Transport
from bot.domain.districts import DistrictId
from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from bot.domain.publications import Audience, Kind, PublicationId, Want
from bot.i18n import LANGUAGES
from bot.services.atlas import Atlas
from bot.services.publications import Draft, accept
from bot.views.message import Message, Say, encode
from storage import outbox
from storage.db import Database, connect

UNPACED = 1_000_000.0
"""Messages per second that nobody reaches, so that the pace never binds; its work is still done."""
STUCK = 300.0
"""Seconds without a new receipt after which a run is given up."""


def now() -> datetime:
    """The wall clock, as the composition root passes it."""
    return datetime.now(UTC)


class Instant(Transport):
    """Telegram without HTTP: every call succeeds at once. Everything above it is real."""

    def __init__(self) -> None:
        super().__init__()
        self.answered = 0

    async def do_request(self, url: str, *_: Any, **__: Any) -> tuple[int, bytes]:
        """Any method of the Bot API."""
        if url.endswith("/getMe"):
            return 200, b'{"ok":true,"result":' + ME + b"}"
        told = SENT % (await self.fire(URL(), b""), b"1", TEXT)
        return 200, b'{"ok":true,"result":' + told + b"}"

    async def fire(self, url: URL, body: bytes) -> int:
        """A copy of a publication; others get their turn first, as they would by HTTP."""
        await asyncio.sleep(0)
        self.answered += 1
        return self.answered


@dataclass(frozen=True, slots=True)
class House:
    """A running engine and the file it works on."""

    path: Path
    db: Database
    engine: Engine
    writer: Watched

    async def publish(
        self, place: DistrictId, subject: str, text: str, *, lane: Lane = Lane.NEWS
    ) -> tuple[PublicationId, float]:
        """Accept a publication; returns it and the seconds that took, COMMIT included."""
        draft = _draft(place, subject, text, lane)
        began = time.perf_counter()
        async with self.db.tx() as tx:
            id = await accept(tx, draft, now())
        took = time.perf_counter() - began
        self.engine.wake()
        return id, took

    async def reply(self, chat: int, text: str) -> None:
        """Queue an answer to somebody, as a handler does."""
        async with self.db.tx() as tx:
            task = encode(Say(Message(text)))
            await outbox.add(tx, lane=Lane.REPLY, chat=TelegramId(chat), task=task, now=now())
        self.engine.wake()

    async def arrived(
        self, id: PublicationId, wanted: int, *, answered: Callable[[], int] | None = None
    ) -> None:
        """Wait until so many receipts of a publication are committed, looking seldom.

        ``answered`` tells for nothing how far sending is, where somebody knows.
        """
        counting = partial(receipts, self.path, id)
        began = changed = time.perf_counter()
        seen = 0
        while True:
            while answered is not None and answered() < wanted:
                await asyncio.sleep(0.005)
            count = await asyncio.to_thread(counting)
            if count >= wanted:
                return
            at = time.perf_counter()
            changed, seen = (at, count) if count > seen else (changed, seen)
            if at - changed > STUCK:
                raise TimeoutError(f"{count} of {wanted} receipts, and no more for {STUCK} s")
            left = (at - began) * (wanted - count) / max(count, 1)
            await asyncio.sleep(min(max(left / 2, 0.003), 1.0))


def _draft(place: DistrictId, subject: str, text: str, lane: Lane) -> Draft:
    return Draft(
        Kind.BROADCAST if lane is Lane.ALERT else Kind.ITEM,
        subject,
        "AAAA-AAAA",
        lane,
        Audience(frozenset({place}), Want.CHANGES if lane is Lane.ALERT else Want.NEWS),
        {lang: Message(text) for lang in LANGUAGES},
        now() + timedelta(days=1),
    )


@asynccontextmanager
async def opened(
    path: Path,
    url: str,
    *,
    rate: float = UNPACED,
    in_flight: int | None = None,
    paid: bool = False,
    transport: Transport | None = None,
) -> AsyncIterator[House]:
    """An engine that sends to ``url``. ``in_flight``: the engine's own choice when ``None``."""
    db = connect(url_of(path), KEYS)
    writer = watch(db)
    request, tasks = transport or Transport(), Tasks()
    bot: ExtBot[None] = ExtBot(
        TOKEN, base_url=f"{url}/bot", request=request, get_updates_request=request
    )
    await bot.initialize()
    bound: dict[str, Any] = {} if in_flight is None else {"in_flight": in_flight}
    engine = Engine(db, bot, now, Pace(rate), tasks, Atlas(db), paid=paid, **bound)
    await engine.start()
    collect_seldom()  # as the program does
    try:
        yield House(path, db, engine, writer)
    finally:
        await engine.stop()
        await tasks.close()
        await bot.shutdown()
        await db.close()


def receipts(path: Path, id: PublicationId) -> int:
    """How many copies of a publication are durably known to have arrived."""
    return int(_ask(path, "SELECT count(*) FROM receipts WHERE publication = ?", [id]))


def sound(path: Path) -> str:
    """What SQLite's own check says: ``ok``."""
    return str(_ask(path, "PRAGMA quick_check"))


def _ask(path: Path, query: str, values: Iterable[Any] = ()) -> Any:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return connection.execute(query, tuple(values)).fetchone()[0]
    finally:
        connection.close()
