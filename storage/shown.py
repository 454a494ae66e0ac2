"""What a source showed lately, to tell what is usual for it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, Integer, Select, bindparam, select, union_all

from bot.domain.sources import SourceId
from storage.db import Tx
from storage.items import table
from storage.types import Utc

LATEST = 15
MOST_TIMES = 1000


@dataclass(frozen=True, slots=True)
class Past:
    """One of its items."""

    title: str
    summary: str
    link: str


async def latest(tx: Tx, sources: Collection[SourceId]) -> Mapping[SourceId, Sequence[Past]]:
    """The items that came last of each source, newest first."""
    found = defaultdict[SourceId, list[Past]](list)
    if sources:
        asked = {f"of{n}": source for n, source in enumerate(sources)}
        for source, *past in await tx.execute(_latest(len(sources)), asked):
            found[SourceId(source)].append(Past(*past))
    return found


async def arrivals(tx: Tx, source: SourceId, *, since: datetime) -> list[datetime]:
    """When its items came, the latest first."""
    rows = await tx.execute(_arrivals(), {"of": source, "since": since})
    return list(rows.scalars())


@cache
def _latest(sources: int) -> CompoundSelect[Any]:
    """Each source's by an index of its own: one condition for all would read all they ever sent."""
    shown = (table.c.source, table.c.title, table.c.summary, table.c.link)
    each = [
        select(*shown)
        .where(table.c.source == bindparam(f"of{n}", type_=Integer))
        .order_by(table.c.id.desc())
        .limit(LATEST)
        .subquery()
        for n in range(sources)
    ]
    return union_all(*map(select, each))


@cache
def _arrivals() -> Select[Any]:
    mine = table.c.source == bindparam("of", type_=Integer)
    recent = table.c.fetched_at > bindparam("since", type_=Utc)
    query = select(table.c.fetched_at).where(mine, recent)
    return query.order_by(table.c.id.desc()).limit(MOST_TIMES)
