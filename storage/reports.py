"""Several items of one story: what other media report, and what waited for that."""

from collections.abc import Collection

from sqlalchemy import exists, func, or_, select

from bot.domain.items import Item, ItemId, ItemState
from bot.domain.sources import RELAYING, SourceState
from storage import sources
from storage.db import Tx
from storage.items import read, table

_OTHER = table.alias("other")
_THEIR, _OWN = sources.table.alias("their"), sources.table.alias("own")
_ROOT = func.coalesce(table.c.story, table.c.id)
_ELSEWHERE = exists(
    select(_OTHER.c.id)
    .where(
        or_(_OTHER.c.id == _ROOT, _OTHER.c.story == _ROOT),
        _OTHER.c.state != ItemState.REJECTED,
        _THEIR.c.id == _OTHER.c.source,
        _THEIR.c.state.in_(RELAYING),
        _OWN.c.id == table.c.source,
        _OWN.c.domain != _THEIR.c.domain,
    )
    .correlate(table)
)


async def of_stories(tx: Tx, roots: Collection[ItemId]) -> list[Item]:
    """Every item of these stories, oldest first."""
    if not roots:
        return []
    told = list(roots)
    query = select(table).where(or_(table.c.id.in_(told), table.c.story.in_(told)))
    return [read(row) for row in await tx.execute(query.order_by(table.c.id))]


async def corroborated(tx: Tx, *, lock: bool = False) -> list[Item]:
    """Parked items whose story another medium reports too; ``lock``: nobody else changes them

    meanwhile.
    """
    query = select(table).where(table.c.state == ItemState.PARKED, _ELSEWHERE).order_by(table.c.id)
    rows = await tx.execute(query.with_for_update() if lock else query)
    return [read(row) for row in rows]


async def of_revoked(tx: Tx) -> list[Item]:
    """What is named below items of others although its medium was revoked since."""
    gone = sources.table.c.state == SourceState.REVOKED
    query = select(table).join(sources.table, sources.table.c.id == table.c.source)
    query = query.where(table.c.state == ItemState.JOINED, gone)
    return [read(row) for row in await tx.execute(query.order_by(table.c.id))]
