"""When a moderator was last told that news wait."""

from datetime import datetime, timedelta

from sqlalchemy import Column, ForeignKey, Integer, Table, select

from bot.domain.staff import StaffId
from storage.db import Tx, metadata, upsert
from storage.types import Retention, utc

table = Table(
    "nudges",
    metadata,
    Column("staff", Integer, ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True),
    utc("told_at", nullable=False),
    info=Retention.for_(timedelta(days=3), since="told_at"),
)


async def last(tx: Tx) -> dict[StaffId, datetime]:
    """When each was last told; nobody who was not."""
    rows = await tx.execute(select(table.c.staff, table.c.told_at))
    return {StaffId(row.staff): row.told_at for row in rows}


async def note(tx: Tx, id: StaffId, now: datetime) -> None:
    """This one is told now."""
    await upsert(tx, table, staff=id, told_at=now)
