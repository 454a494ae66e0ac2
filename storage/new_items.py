"""Items that arrive together, queued in one statement."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from bot.domain.districts import DistrictId
from bot.domain.items import Flag, ItemId, ItemState
from bot.domain.sources import SourceId
from storage.db import Tx
from storage.items import table

# Found again by their identities: to have them in order costs a statement each on SQLite.
_NEW = insert(table).returning(table.c.identity, table.c.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """An item as it arrives: see ``bot.domain.items.Item``."""

    source: SourceId
    identity: int
    title: str
    summary: str
    link: str
    language: str
    published: datetime | None
    fetched_at: datetime
    expires_at: datetime
    held: str = ""
    flags: Collection[Flag] = ()
    impact: bool = False
    story: ItemId | None = None
    districts: Collection[DistrictId] = ()
    topics: Collection[str] = ()
    picture: str = ""


async def add(tx: Tx, found: Sequence[NewItem]) -> list[ItemId]:
    """Queue them for moderators in this order; returns their ids."""
    if not found:
        return []
    rows = [_row(one) for one in found]
    ids = {row.identity: ItemId(row.id) for row in await tx.execute(_NEW, rows)}
    return [ids[one.identity] for one in found]


def _row(new: NewItem) -> dict[str, Any]:
    return {
        "source": new.source,
        "identity": new.identity,
        "title": new.title,
        "summary": new.summary,
        "link": new.link,
        "language": new.language,
        "published": new.published,
        "fetched_at": new.fetched_at,
        "expires_at": new.expires_at,
        "state": ItemState.QUEUED,
        "held": new.held,
        "approved": [],
        "amending": [],
        "flags": sorted(new.flags),
        "impact": new.impact,
        "story": new.story,
        "districts": sorted(new.districts),
        "topics": sorted(new.topics),
        "picture": new.picture,
    }
