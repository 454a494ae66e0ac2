"""What a source showed lately, to tell what is usual for it."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Integer, Select, bindparam, select

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


async def latest(tx: Tx, source: SourceId) -> list[Past]:
    """The items that came last, newest first."""
    return [Past(*row) for row in await tx.execute(_latest(), {"of": source})]


async def arrivals(tx: Tx, source: SourceId, *, since: datetime) -> list[datetime]:
    """When its items came, the latest first."""
    rows = await tx.execute(_arrivals(), {"of": source, "since": since})
    return list(rows.scalars())


@cache
def _latest() -> Select[Any]:
    mine = table.c.source == bindparam("of", type_=Integer)
    query = select(table.c.title, table.c.summary, table.c.link).where(mine)
    return query.order_by(table.c.id.desc()).limit(LATEST)


@cache
def _arrivals() -> Select[Any]:
    mine = table.c.source == bindparam("of", type_=Integer)
    recent = table.c.fetched_at > bindparam("since", type_=Utc)
    query = select(table.c.fetched_at).where(mine, recent)
    return query.order_by(table.c.id.desc()).limit(MOST_TIMES)
