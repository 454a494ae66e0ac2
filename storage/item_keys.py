"""Recognising what a source showed before, at the price of what its document holds.

A source of years has thousands of keys. Only those that share one with the document are looked at.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Select,
    Table,
    Update,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from bot.domain.sources import SourceId
from storage.db import Tx, metadata
from storage.types import Retention, Utc, utc

REMEMBER = timedelta(days=180)
"""An item that a feed brings back after half a year may count as news again."""

table = Table(
    "item_keys",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("source", Integer, ForeignKey("sources.id", ondelete="CASCADE"), nullable=False),
    Column("first", Integer, nullable=True),
    Column("guid", LargeBinary(32), nullable=False),
    Column("link", LargeBinary(32), nullable=False),
    Column("text", LargeBinary(32), nullable=False),
    utc("seen_at", nullable=False, index=True),
    info=Retention.for_(REMEMBER, since="seen_at"),
    sqlite_autoincrement=True,
)

_BY = ("guid", "link", "text")
for _name in _BY:
    Index(None, table.c.source, table.c[_name])
Index(None, table.c.first)

# Found again by what they say: to have them in order costs a statement each on SQLite.
_NEW = insert(table).returning(*(table.c[name] for name in ("first", *_BY)), table.c.id)
_ANY = select(exists().where(table.c.source == bindparam("of", type_=Integer)))


@dataclass(frozen=True, slots=True)
class Seen:
    """One set of keys (SHA-256 digests or empty) under which an item of a source was seen."""

    identity: int
    guid: bytes
    link: bytes
    text: bytes


async def known(tx: Tx, source: SourceId, met: Collection[Seen]) -> list[Seen]:
    """Every set of keys of each item that shares a guid, a link or a text with one of ``met``.

    Oldest first. The identities in ``met`` mean nothing here.
    """
    asked = {name: list({getattr(one, name) for one in met} - {b""}) for name in _BY}
    asked = {name: digests for name, digests in asked.items() if digests}
    if not asked:
        return []
    rows = await tx.execute(_alike(tuple(asked)), {**asked, "of": source})
    return [Seen(*row) for row in rows]


async def any_known(tx: Tx, source: SourceId) -> bool:
    """Whether the source ever showed anything."""
    return bool((await tx.execute(_ANY, {"of": source})).scalar_one())


async def remember(tx: Tx, source: SourceId, found: Sequence[Seen], now: datetime) -> list[int]:
    """Store keys; an ``identity`` of 0 makes a new one. Returns the identities, in order.

    No two of ``found`` may be equal, which would be one item twice.
    """
    if not found:
        return []
    rows = [
        {
            "source": source,
            "first": one.identity or None,
            "guid": one.guid,
            "link": one.link,
            "text": one.text,
            "seen_at": now,
        }
        for one in found
    ]
    ids = {row[:-1]: int(row[-1]) for row in await tx.execute(_NEW, rows)}
    return [one.identity or ids[None, one.guid, one.link, one.text] for one in found]


async def touch(tx: Tx, source: SourceId, identities: Collection[int], now: datetime) -> None:
    """Keep the keys of what a feed still shows."""
    if identities:
        await tx.execute(_touching(), {"of": source, "items": list(identities), "now": now})


@cache
def _alike(by: tuple[str, ...]) -> Select[Any]:
    """Two keys found by index, then all rows of the items they belong to."""
    mine = table.c.source == bindparam("of", type_=Integer)
    shared = or_(
        *(table.c[name].in_(bindparam(name, expanding=True, type_=LargeBinary)) for name in by)
    )
    items = select(func.coalesce(table.c.first, table.c.id).label("item")).where(mine, shared).cte()
    wanted = select(items.c.item)
    rows = select(
        func.coalesce(table.c.first, table.c.id), table.c.guid, table.c.link, table.c.text
    )
    return rows.where(or_(table.c.id.in_(wanted), table.c.first.in_(wanted))).order_by(table.c.id)


@cache
def _touching() -> Update:
    shown = bindparam("items", expanding=True, type_=Integer)
    mine = table.c.source == bindparam("of", type_=Integer)
    return (
        update(table)
        .where(mine, or_(table.c.id.in_(shown), table.c.first.in_(shown)))
        .values(seen_at=bindparam("now", type_=Utc))
    )
