"""Everything dated: one row per thing to do, claimed by whoever does it, gone once done."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Column, Integer, String, Table, UniqueConstraint, delete, select

from bot.domain.dues import Due, What
from storage.db import Tx, metadata
from storage.types import Retention, utc

table = Table(
    "dues",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("what", String(16), nullable=False),
    Column("subject", String(40), nullable=False),
    utc("due_at", nullable=False, index=True),
    Column("zone", String(40), nullable=False),
    Column("wall", String(16), nullable=False),
    UniqueConstraint("subject", "what"),
    info=Retention.while_needed("until it is done or what it belongs to changes"),
)


async def replace_all(tx: Tx, subject: str, wanted: Iterable[Due]) -> None:
    """Make ``wanted`` all that is due about a subject."""
    await tx.execute(delete(table).where(table.c.subject == subject))
    for due in wanted:
        values = {"what": due.what, "due_at": due.due_at, "zone": due.zone, "wall": due.wall}
        await tx.execute(table.insert().values(subject=subject, **values))


async def claim(tx: Tx, now: datetime) -> Due | None:
    """Take the row that is due the longest, for good if this transaction commits.

    Of several workers each row goes to one: PostgreSQL skips rows another transaction holds, and
    SQLite has one writer at a time.
    """
    late = select(table.c.id).where(table.c.due_at <= now).order_by(table.c.due_at, table.c.id)
    first = late.limit(1).with_for_update(skip_locked=True).scalar_subquery()
    taken = delete(table).where(table.c.id == first).returning(*table.c)
    row = (await tx.execute(taken)).one_or_none()
    if row is None:
        return None
    return Due(What(row.what), row.subject, row.due_at, row.zone, row.wall)


async def about(tx: Tx, subject: str) -> list[Due]:
    """What is due about a subject, in order."""
    query = select(table).where(table.c.subject == subject).order_by(table.c.due_at, table.c.id)
    return [
        Due(What(row.what), row.subject, row.due_at, row.zone, row.wall)
        for row in await tx.execute(query)
    ]
