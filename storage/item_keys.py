"""Recognising what sources showed before, at the price of what their documents hold.

A source of years has thousands of keys. Only those that share one with the document are looked at.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
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
from storage.types import Blob, Retention, Utc, utc

REMEMBER = timedelta(days=180)
"""An item that a feed brings back after half a year may count as news again."""

table = Table(
    "item_keys",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("source", Integer, ForeignKey("sources.id", ondelete="CASCADE"), nullable=False),
    Column("first", Integer, nullable=True),
    Column("guid", Blob(32), nullable=False),
    Column("link", Blob(32), nullable=False),
    Column("text", Blob(32), nullable=False),
    utc("seen_at", nullable=False, index=True),
    info=Retention.for_(REMEMBER, since="seen_at"),
    sqlite_autoincrement=True,
)

_BY = ("guid", "link", "text")
for _name in _BY:
    Index(None, table.c.source, table.c[_name])
Index(None, table.c.first)

# Found again by what they say: to have them in order costs a statement each on SQLite.
_SAID = ("source", "first", *_BY)
_NEW = insert(table).returning(*(table.c[name] for name in _SAID), table.c.id)
_ANY = select(exists().where(table.c.source == bindparam("of", type_=Integer)))


class Seen(NamedTuple):
    """One set of keys (SHA-256 digests or empty) under which an item of a source was seen."""

    identity: int
    guid: bytes
    link: bytes
    text: bytes


async def known(
    tx: Tx, met: Mapping[SourceId, Collection[Seen]]
) -> Mapping[SourceId, Sequence[Seen]]:
    """Every set of keys of each source's items that share a guid, a link or a text with one of

    ``met`` there. Oldest first. The identities in ``met`` mean nothing here. Several sources are
    asked about at the price of one, but each digest is looked for at each of them: whoever asks
    for many entries asks for few sources.
    """
    every = [one for group in met.values() for one in group]
    asked = {name: list({getattr(one, name) for one in every} - {b""}) for name in _BY}
    asked = {name: digests for name, digests in asked.items() if digests}
    found = defaultdict[SourceId, list[Seen]](list)
    if asked:
        rows = await tx.execute(_alike(tuple(asked)), {**asked, "of": list(met)})
        for source, *keys in rows:
            found[source].append(Seen(*keys))
    return {source: _of(group, found[source]) for source, group in met.items()}


def _of(met: Collection[Seen], rows: Sequence[Seen]) -> Sequence[Seen]:
    """Those of a source's rows whose item shares a key with what this source itself shows."""
    digests = [{getattr(one, name) for one in met} - {b""} for name in _BY]
    alike = {
        row.identity
        for row in rows
        if any(getattr(row, name) in those for name, those in zip(_BY, digests, strict=True))
    }
    return [row for row in rows if row.identity in alike]


async def any_known(tx: Tx, source: SourceId) -> bool:
    """Whether the source ever showed anything."""
    return bool((await tx.execute(_ANY, {"of": source})).scalar_one())


async def remember(
    tx: Tx, found: Mapping[SourceId, Sequence[Seen]], now: datetime
) -> Mapping[SourceId, Sequence[int]]:
    """Store keys; an ``identity`` of 0 makes a new one. Returns the identities, in order.

    No two of a source may be equal, which would be one item twice.
    """
    rows = [
        {
            "source": source,
            "first": one.identity or None,
            "guid": one.guid,
            "link": one.link,
            "text": one.text,
            "seen_at": now,
        }
        for source, group in found.items()
        for one in group
    ]
    ids = {row[:-1]: int(row[-1]) for row in await tx.execute(_NEW, rows)} if rows else {}
    return {
        source: [one.identity or ids[source, None, one.guid, one.link, one.text] for one in group]
        for source, group in found.items()
    }


async def touch(tx: Tx, source: SourceId, identities: Collection[int], now: datetime) -> None:
    """Keep the keys of what a feed still shows."""
    if identities:
        await tx.execute(_touching(), {"of": source, "items": list(identities), "now": now})


@cache
def _alike(by: tuple[str, ...]) -> Select[Any]:
    """Two keys found by index, then all rows of the items they belong to."""
    mine = table.c.source.in_(bindparam("of", expanding=True, type_=Integer))
    shared = or_(*(table.c[name].in_(bindparam(name, expanding=True, type_=Blob)) for name in by))
    items = select(func.coalesce(table.c.first, table.c.id).label("item")).where(mine, shared).cte()
    wanted = select(items.c.item)
    item = func.coalesce(table.c.first, table.c.id)
    rows = select(table.c.source, item, table.c.guid, table.c.link, table.c.text)
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
