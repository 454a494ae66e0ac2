"""Our side of the benchmark: the polling as the program runs it, over sources of a benchmark.

Only this file knows how sources are stored and what polling is made of.
"""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Table, select, update

from benchmarks.delivery.crowd import KEYS, url_of
from benchmarks.feeds.documents import rss
from benchmarks.feeds.publisher import BASE
from bot.delivery.collector import collect_seldom
from bot.domain.districts import DistrictId
from bot.domain.privacy import TelegramId
from bot.domain.sources import Found, SourceState
from bot.domain.staff import Grant, Role, StaffId
from bot.services.atlas import Atlas
from bot.services.polls import Polling
from bot.services.reading import domain_of
from feeds.fetch import Fetcher
from feeds.parse import Parser
from feeds.rhythm import Rhythm
from storage import districts, polls, sources, staff
from storage.db import Database, Tx, connect
from storage.migrate import upgrade

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SOMEBODY = TelegramId(100)
LOOPBACK = ("127.0.0.0/8",)


@dataclass(slots=True)
class Clock:
    """Time that passes only when the benchmark says so."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        """Now."""
        return self.at


@dataclass(frozen=True, slots=True)
class Newsroom:
    """Sources and their polling."""

    db: Database
    clock: Clock
    polling: Polling

    async def sweep(self) -> int:
        """Everything is due once more, and read."""
        self.clock.at += timedelta(days=1)
        done = 0
        while read := await self.polling.round():
            done += read
        return done


def address(port: int, number: int, *, kind: str = "tagged", hosts: int = 60_000) -> str:
    """Where a source lives: each at a host of its own, up to so many hosts."""
    host = 257 + number % hosts
    return f"http://127.{1 + host // 65536}.{host // 256 % 256}.{host % 256}:{port}/{kind}/{number}"


async def gather(
    path: Path, addresses: list[str], *, urgent: bool = True, place: DistrictId | None = None
) -> None:
    """Trusted sources at these addresses, read before, in a new database or for a ``place``."""
    await upgrade(url_of(path))
    db = connect(url_of(path), KEYS)
    try:
        async with db.tx() as tx:
            place = place or await districts.add(
                tx, slug="town", parent=None, zone="Europe/Minsk", names={"en": "Town"}
            )
            await _nominate(tx, addresses, frozenset({place}))
            await tx.execute(
                update(sources.table).values(
                    state=SourceState.TRUSTED, motion=None, vetted_at=NOON, urgent=urgent
                )
            )
            known = {"etag": f'"{BASE}"', "body_hash": hashlib.sha256(rss(BASE)).digest()}
            await tx.execute(update(polls.table).values(sighted=True, **known))
    finally:
        await db.close()


async def _nominate(tx: Tx, addresses: list[str], places: frozenset[DistrictId]) -> None:
    """The first as the program does it; the others are written as its row is, but faster."""
    first, *others = addresses
    found = Found(first, first, domain_of(first), "The Town Paper", "en", 30)
    source = await sources.add(
        tx, found, districts=places, by=await _somebody(tx), agreed=(), now=NOON
    )
    await polls.start(tx, source.id, address=first, now=NOON)
    for table in (sources.table, polls.table):
        made = (await tx.execute(select(table))).one()._asdict()
        rows = [made | _of(table, source.id + n, where) for n, where in enumerate(others, 1)]
        if rows:
            await tx.execute(table.insert(), rows)


def _of(table: Table, id: int, where: str) -> dict[str, object]:
    """What distinguishes a source's row."""
    own = {"id": id, "source": id, "digest": sources.digest(where), "domain": domain_of(where)}
    return {name: value for name, value in {**own, "address": where}.items() if name in table.c}


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Newsroom]:
    """The polling of a database that ``gather`` made."""
    db, clock = connect(url_of(path), KEYS), Clock()
    atlas = Atlas(db)
    await atlas.load()
    parser = Parser()
    collect_seldom()  # as the program does at its start
    try:
        async with Fetcher(user_agent="Tocsin/benchmark", allow=LOOPBACK) as fetcher:
            yield Newsroom(db, clock, Polling(db, atlas, clock, fetcher, parser, Rhythm()))
    finally:
        await parser.close()
        await db.close()


async def _somebody(tx: Tx) -> StaffId:
    held = [Grant(Role.CUSTODIAN), Grant(Role.NEWS)]
    await staff.add(tx, SOMEBODY, alias="Lynx", lang="en", inviter=None, held=held)
    found = await staff.by_person(tx, SOMEBODY)
    assert found is not None
    return found.id


async def unsighted(db: Database) -> None:
    """Let the first document of each be one that was there before."""
    async with db.tx() as tx:
        await tx.execute(update(polls.table).values(sighted=False, etag="", body_hash=b""))
