"""Recognising what a source showed before, at the price of what its document holds.

A source of years has thousands of keys. Only those that share one with the document are looked at.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Index,
    Integer,
    LargeBinary,
    Select,
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
from storage.db import Tx
from storage.items import Seen, keys
from storage.types import Utc

_BY = ("guid", "link", "text")
for _name in _BY:
    Index(None, keys.c.source, keys.c[_name])
Index(None, keys.c.first)

# Found again by what they say: to have them in order costs a statement each on SQLite.
_NEW = insert(keys).returning(*(keys.c[name] for name in ("first", *_BY)), keys.c.id)
_ANY = select(exists().where(keys.c.source == bindparam("of", type_=Integer)))


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
    mine = keys.c.source == bindparam("of", type_=Integer)
    shared = or_(
        *(keys.c[name].in_(bindparam(name, expanding=True, type_=LargeBinary)) for name in by)
    )
    items = select(func.coalesce(keys.c.first, keys.c.id).label("item")).where(mine, shared).cte()
    wanted = select(items.c.item)
    rows = select(func.coalesce(keys.c.first, keys.c.id), keys.c.guid, keys.c.link, keys.c.text)
    return rows.where(or_(keys.c.id.in_(wanted), keys.c.first.in_(wanted))).order_by(keys.c.id)


@cache
def _touching() -> Update:
    shown = bindparam("items", expanding=True, type_=Integer)
    mine = keys.c.source == bindparam("of", type_=Integer)
    return (
        update(keys)
        .where(mine, or_(keys.c.id.in_(shown), keys.c.first.in_(shown)))
        .values(seen_at=bindparam("now", type_=Utc))
    )
