"""What the last document of each source held: which entry was taken as which item.

An entry whose bytes are those of last time is not read again (``feeds/split.py``). What it was
taken as stands here, written with the items themselves, so that a crash forgets both or neither.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import msgspec
from sqlalchemy import Column, ForeignKey, Integer, Table, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.sources import SourceId
from storage.db import Tx, metadata
from storage.types import Blob, Retention, utc

MOST_ENTRIES = 500
"""Of a longer document nothing should be kept: it is read whole each time."""
_TOUCH = timedelta(days=1)

table = Table(
    "documents",
    metadata,
    Column("source", Integer, ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True),
    Column("entries", Blob, nullable=False),
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


_LAST = select(table).where(table.c.source.in_(bindparam("of", expanding=True)))
_PACKED = msgspec.msgpack.Decoder(list[Taken])


async def last(tx: Tx, sources: Collection[SourceId]) -> Mapping[SourceId, Last]:
    """What is known of each source's last document; empty when nothing is."""
    found = dict.fromkeys(sources, Last({}))
    for source, packed, touched_at in await tx.execute(_LAST, {"of": list(sources)}):
        entries = {taken.mark: taken for taken in _PACKED.decode(packed)}
        found[SourceId(source)] = Last(entries, touched_at)
    return found


async def save(tx: Tx, held: Mapping[SourceId, Last]) -> None:
    """Keep what each source's newest document held."""
    rows = [
        {
            "source": source,
            "entries": msgspec.msgpack.encode(list(one.entries.values())),
            "touched_at": one.touched_at,
        }
        for source, one in held.items()
    ]
    if rows:
        await tx.execute(_saving(tx.postgres), rows)


@cache
def _saving(postgres: bool) -> "sqlite.Insert | postgresql.Insert":
    statement = postgresql.insert(table) if postgres else sqlite.insert(table)
    changes = {name: statement.excluded[name] for name in ("entries", "touched_at")}
    return statement.on_conflict_do_update(index_elements=["source"], set_=changes)
