"""What the last document of each source held: which entry was taken as which item.

An entry whose bytes are those of last time is not read again (``feeds/split.py``). What it was
taken as stands here, written with the items themselves, so that a crash forgets both or neither.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import msgspec
from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, Table, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.sources import SourceId
from storage.db import Tx, metadata
from storage.types import Retention, utc

MOST_ENTRIES = 500
"""Of a longer document nothing should be kept: it is read whole each time."""
_TOUCH = timedelta(days=1)

table = Table(
    "documents",
    metadata,
    Column("source", Integer, ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True),
    Column("entries", LargeBinary, nullable=False),
    utc("touched_at", nullable=False),
    info=Retention.while_needed("as long as the source is known; digests only"),
)


class Taken(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An entry, by the digest of its bytes, and the item and keys that it was taken as."""

    mark: bytes
    item: int
    guid: bytes
    link: bytes
    text: bytes


@dataclass(frozen=True, slots=True)
class Last:
    """A source's last document. ``touched_at`` is when its items' keys were last kept alive."""

    entries: Mapping[bytes, Taken]
    touched_at: datetime | None = None

    def stale(self, now: datetime) -> bool:
        """Whether the keys of what it still shows must be kept alive again."""
        return self.touched_at is None or self.touched_at < now - _TOUCH


_LAST = select(table.c.entries, table.c.touched_at).where(table.c.source == bindparam("of"))
_PACKED = msgspec.msgpack.Decoder(list[Taken])


async def last(tx: Tx, source: SourceId) -> Last:
    """What is known of a source's last document; empty when nothing is."""
    row = (await tx.execute(_LAST, {"of": source})).one_or_none()
    if row is None:
        return Last({})
    return Last({taken.mark: taken for taken in _PACKED.decode(row.entries)}, row.touched_at)


async def save(
    tx: Tx, source: SourceId, entries: Collection[Taken], *, touched_at: datetime
) -> None:
    """Keep what the newest document held."""
    packed = msgspec.msgpack.encode(list(entries))
    values = {"source": source, "entries": packed, "touched_at": touched_at}
    await tx.execute(_saving(tx.postgres), values)


@cache
def _saving(postgres: bool) -> "sqlite.Insert | postgresql.Insert":
    statement = postgresql.insert(table) if postgres else sqlite.insert(table)
    changes = {name: statement.excluded[name] for name in ("entries", "touched_at")}
    return statement.on_conflict_do_update(index_elements=["source"], set_=changes)
