"""Real engines against a stand-in for Telegram: no poller, no handlers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from telegram.ext import ExtBot

from bot.delivery.outbox import Engine
from bot.delivery.pace import Pace
from bot.delivery.tasks import Tasks
from bot.delivery.transport import Transport
from bot.domain.districts import DistrictId
from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from bot.domain.publications import Audience, Kind, PublicationId, Want
from bot.domain.subscribers import Settings
from bot.i18n import LANGUAGES
from bot.services.atlas import Atlas
from bot.services.publications import Draft, accept
from bot.views.message import Message
from storage import channels, districts, outbox, subscribers, walks
from storage.db import AnyRow, Database
from tests.delivery.faulty import TOKEN
from tests.delivery.house import now

FIRST = 700_000
"""The first person's id; the others follow."""
CHANNEL = -1_000_000_000_000
"""The first channel's id; the others lie below."""
PATIENCE = 50.0
"""Seconds after which a test that waits has failed."""


@dataclass(slots=True)
class Line:
    """An engine and what it runs on."""

    engine: Engine
    tasks: Tasks

    async def die(self) -> None:
        """End at once, as a crash would: nothing is finished and nothing given back."""
        await self.tasks.close()
        self.engine._loops.clear()


@asynccontextmanager
async def lined(
    db: Database,
    api: str,
    *,
    pace: Pace,
    clock: Callable[[], datetime] = now,
    timeout: float = 5.0,
    in_flight: int | None = None,
    alone: bool = True,
) -> AsyncIterator[Line]:
    """An engine that is ready to start."""
    request, tasks = Transport(timeout=timeout), Tasks()
    bot: ExtBot[None] = ExtBot(TOKEN, base_url=api, request=request, get_updates_request=request)
    engine = Engine(db, bot, clock, pace, tasks, Atlas(db), in_flight=in_flight, alone=alone)
    try:
        yield Line(engine, tasks)
    finally:
        await engine.stop()
        await tasks.close()
        await request.shutdown()


def unbounded(rate: float = 4000.0, step: float = 0.02) -> Pace:
    """A pace that holds up nothing but chats that Telegram closed."""
    return Pace(rate, chat_gap=0.0, group_limit=10_000, step=step)


async def settle_in(db: Database, people: int, *, in_channels: int = 0) -> DistrictId:
    """A district with followers and channels."""
    async with db.tx() as tx:
        place = await districts.add(
            tx, slug="minsk", parent=None, zone="Europe/Minsk", names={"en": "Minsk"}
        )
        for n in range(people):
            await subscribers.save(tx, TelegramId(FIRST + n), Settings())
            await subscribers.follow(tx, TelegramId(FIRST + n), place)
        for n in range(in_channels):
            chat = TelegramId(CHANNEL - n)
            await channels.link(tx, chat, title=f"C{n}", lang="en", district=place, by=None)
    return place


async def announce(
    db: Database,
    place: DistrictId,
    text: str,
    *,
    lane: Lane = Lane.ALERT,
    picture: str | None = None,
    at: datetime | None = None,
    lasts: timedelta = timedelta(days=1),
) -> PublicationId:
    """Accept a publication about a subject of its own."""
    want = Want.NEWS if lane is Lane.NEWS else Want.CHANGES
    kind = Kind.ITEM if lane is Lane.NEWS else Kind.RALLY
    texts = {lang: Message(text, picture=picture) for lang in LANGUAGES}
    at = at or now()
    audience = Audience(frozenset({place}), want)
    async with db.tx() as tx:
        draft = Draft(kind, f"about:{text}", "AAAA-AAAA", lane, audience, texts, at + lasts)
        return await accept(tx, draft, at)


async def until(check: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(seconds):
        while not check():
            await asyncio.sleep(0.01)


async def drained(db: Database, clock: Callable[[], datetime], seconds: float = PATIENCE) -> None:
    """Wait until nothing is on its way or due by ``clock``, and no walk is left."""
    async with asyncio.timeout(seconds):
        while await open_at(db, clock()):
            await asyncio.sleep(0.02)


async def open_at(db: Database, at: datetime) -> int:
    """Rows that wait until then at most or are being sent, and walks that are not done."""
    async with db.tx(write=False) as tx:
        return await outbox.open_rows(tx, at) + int(await walks.unfinished(tx))


async def rows(db: Database) -> list[AnyRow]:
    """The stage of every row, and how often its answer was lost."""
    table = outbox.table.c
    async with db.tx(write=False) as tx:
        found = await tx.connection.execute(select(table.stage, table.doubts).order_by(table.id))
        return list(found.all())
