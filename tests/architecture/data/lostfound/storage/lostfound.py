"""Found things: the text sealed, gone after a week."""

from datetime import timedelta

from sqlalchemy import Column, Integer, Table, insert, select

from bot.domain.lostfound import Find
from bot.domain.privacy import Private
from storage.db import Tx, metadata
from storage.types import Retention, Sealed, utc

LIFETIME = timedelta(days=7)
_AAD = b"lostfound"

table = Table(
    "lostfound",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("what", Sealed, nullable=False),
    utc("found_at", nullable=False, index=True),
    info=Retention.for_(LIFETIME, since="found_at"),
)


async def add(tx: Tx, find: Find) -> None:
    """Keep a find."""
    what = tx.keys.seal(find.what.reveal().encode(), aad=_AAD)
    await tx.execute(insert(table).values(what=what, found_at=find.found_at))


async def newest(tx: Tx, *, limit: int) -> list[Find]:
    """The latest finds, newest first."""
    query = select(table).order_by(table.c.found_at.desc(), table.c.id.desc()).limit(limit)
    return [
        Find(Private(tx.keys.open(row.what, aad=_AAD).decode()), row.found_at)
        for row in (await tx.execute(query)).all()
    ]
