"""The evidence log of sources: who of staff checked what, when. Lines are only ever added."""

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Integer, String, Table, select

from bot.domain.evidence import Check, Evidence
from bot.domain.sources import SourceId
from bot.domain.staff import StaffId
from storage import staff
from storage.db import Tx, metadata
from storage.types import Retention, utc

table = Table(
    "evidence",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column(
        "source",
        Integer,
        ForeignKey("sources.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("about", String(12), nullable=False),
    Column("staff", Integer, ForeignKey("staff.id"), nullable=False),
    Column("ticked", Boolean, nullable=False),
    Column("link", String(2000), nullable=False),
    Column("digest", String(64), nullable=False),
    utc("at", nullable=False),
    CheckConstraint(f"about in {tuple(c.value for c in Check)}", name="about"),
    info=Retention.while_needed("as long as its source; a nomination that is rejected loses it"),
    sqlite_autoincrement=True,
)


async def add(
    tx: Tx,
    source: SourceId,
    check: Check,
    *,
    by: StaffId,
    now: datetime,
    ticked: bool = True,
    link: str = "",
    digest: str = "",
) -> None:
    """Append a line."""
    values = {"source": source, "about": check, "staff": by, "ticked": ticked, "link": link}
    await tx.execute(table.insert().values(**values, digest=digest, at=now))


async def log(tx: Tx, source: SourceId) -> list[Evidence]:
    """Everything about a source, oldest first."""
    people = staff.table
    query = select(table, people.c.alias).join(people, people.c.id == table.c.staff)
    rows = await tx.execute(query.where(table.c.source == source).order_by(table.c.id))
    return [
        Evidence(
            check=Check(row.about),
            by=StaffId(row.staff),
            at=row.at,
            ticked=row.ticked,
            link=row.link,
            digest=row.digest,
            alias=row.alias,
        )
        for row in rows
    ]


async def forget(tx: Tx, source: SourceId) -> None:
    """The nomination was rejected: nothing but the reason remains of it."""
    await tx.execute(table.delete().where(table.c.source == source))
