"""People in a database: rows as `storage` writes them, sealed as it seals them, only faster."""

import sqlite3
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.delivery.peers import FIRST_CHAT
from bot.domain.districts import DistrictId
from bot.domain.privacy import TelegramId
from bot.domain.subscribers import Settings
from bot.i18n import LANGUAGES
from storage import districts
from storage.crypto import Keyring
from storage.db import connect
from storage.migrate import upgrade

KEYS = Keyring(bytes(range(32)))
CHOICES = [msgspec.json.encode(Settings(lang=lang)) for lang in LANGUAGES]

Places = dict[str, DistrictId]


def url_of(path: Path) -> str:
    """How `storage` names a file."""
    return f"sqlite+aiosqlite:///{path}"


async def gather(path: Path, sizes: Mapping[str, int]) -> Places:
    """A new database with so many followers in districts beside each other, named by their slugs.

    Everybody follows one district. Chat ids count up from ``FIRST_CHAT``, one district after the
    other.
    """
    await upgrade(url_of(path))
    places = await _districts(path, list(sizes))
    _fill(path, [(places[slug], size) for slug, size in sizes.items()])
    return places


async def measure(order: dict[str, Any]) -> dict[str, float]:
    """Make a database that others copy; says how many seconds that took."""
    began = time.perf_counter()
    await gather(Path(order["path"]), order["sizes"])
    return {"seconds": time.perf_counter() - began}


async def places_of(path: Path) -> Places:
    """The districts of a database that ``gather`` made."""
    db = connect(url_of(path), KEYS)
    try:
        async with db.tx(write=False) as tx:
            tree = await districts.load(tx)
    finally:
        await db.close()
    return {district.slug: id for id, district in tree.all.items()}


async def _districts(path: Path, slugs: list[str]) -> Places:
    db = connect(url_of(path), KEYS)
    try:
        async with db.tx() as tx:
            return {
                slug: await districts.add(
                    tx, slug=slug, parent=None, zone="Europe/Minsk", names={"en": slug}
                )
                for slug in slugs
            }
    finally:
        await db.close()


def _fill(path: Path, groups: list[tuple[DistrictId, int]]) -> None:
    """In the order of the tags, as SQLite likes it; without syncing, since nothing can be lost."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous=OFF")
    chat = FIRST_CHAT
    for place, size in groups:
        people = sorted((KEYS.tag(TelegramId(n)), n) for n in range(chat, chat + size))
        connection.executemany(
            "INSERT INTO subscribers (tag, chat, settings) VALUES (?, ?, ?)", _rows(people)
        )
        connection.executemany(
            "INSERT INTO follows (tag, district) VALUES (?, ?)", ((tag, place) for tag, _ in people)
        )
        chat += size
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _rows(people: list[tuple[bytes, int]]) -> Iterator[tuple[bytes, bytes, bytes]]:
    for tag, n in people:
        settings = CHOICES[n % len(CHOICES)]
        chat = KEYS.seal(str(n).encode(), aad=tag)
        yield tag, chat, KEYS.seal(settings, aad=b"settings" + tag)
