"""What was relayed lately, as it stands: for feeds that anybody may read. Public texts only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from bot.domain.publications import Kind, Publication, PublicationId, Revision
from storage import publications, revisions
from storage.db import Tx


@dataclass(frozen=True, slots=True)
class Relayed:
    """The newest publication about an item. ``changed_at``: when its text changed last, if ever."""

    publication: Publication
    corrected: bool = False
    changed_at: datetime | None = None


async def lately(tx: Tx, *, limit: int) -> list[Relayed]:
    """The newest publication of each item, newest first."""
    table = publications.table
    newest = select(func.max(table.c.id)).where(table.c.kind == Kind.ITEM).group_by(table.c.subject)
    query = select(table).where(table.c.id.in_(newest)).order_by(table.c.id.desc()).limit(limit)
    found = [publications.read(row) for row in await tx.execute(query)]
    return await _revised(tx, found)


async def texts(
    tx: Tx, ids: Sequence[PublicationId], languages: Sequence[str]
) -> dict[tuple[PublicationId, str], bytes]:
    """The encoded message of the present version, by publication and language."""
    p, mine = publications.table.c, publications.texts.c
    query = select(mine.publication, mine.edition, mine.task)
    query = query.join(publications.table, p.id == mine.publication)
    present = (mine.version == p.version) & mine.edition.in_(list(languages))
    rows = await tx.execute(query.where(present, mine.publication.in_(list(ids))))
    return {(PublicationId(row.publication), row.edition): row.task for row in rows}


async def _revised(tx: Tx, found: Sequence[Publication]) -> list[Relayed]:
    mine = revisions.table.c
    query = select(mine.publication, mine.kind, mine.accepted_at)
    rows = await tx.execute(query.where(mine.publication.in_([one.id for one in found])))
    changed: dict[int, datetime] = {}
    corrected: set[int] = set()
    for row in rows:
        changed[row.publication] = max(
            changed.get(row.publication, row.accepted_at), row.accepted_at
        )
        if row.kind == Revision.CORRECT:
            corrected.add(row.publication)
    return [Relayed(one, one.id in corrected, changed.get(one.id)) for one in found]
