"""What one person hid from readers until two decide, and what restoring goes back to."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    delete,
    select,
    update,
)

from bot.domain.publications import Hold, PublicationId, State
from bot.domain.revisions import Mask
from bot.domain.staff import StaffId
from storage.db import AnyRow, Tx, insert_once, metadata
from storage.outbox import Stage
from storage.outbox import table as outbox
from storage.types import Retention, utc

table = Table(
    "masks",
    metadata,
    Column(
        "publication", Integer, ForeignKey("publications.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("staff", Integer, ForeignKey("staff.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("held", String(16), nullable=True),
    utc("review_at", nullable=False, index=True),
    CheckConstraint(f"state in {tuple(s.value for s in State)}", name="state"),
    CheckConstraint(f"held in {tuple(h.value for h in Hold)}", name="held"),
    info=Retention.while_needed("until two people restore or recall it, or its publication goes"),
)


async def add(tx: Tx, mask: Mask) -> bool:
    """Remember what was hidden; ``False`` when it is hidden already."""
    return await insert_once(
        tx,
        table,
        publication=mask.publication,
        staff=mask.by,
        version=mask.version,
        state=mask.state,
        held=mask.held,
        review_at=mask.review_at,
    )


async def get(tx: Tx, id: PublicationId) -> Mask | None:
    """What restoring a publication goes back to; ``None`` when it is not hidden."""
    row = (await tx.execute(select(table).where(table.c.publication == id))).one_or_none()
    return _read(row) if row else None


async def drop(tx: Tx, id: PublicationId) -> None:
    """It is hidden no longer."""
    await tx.execute(delete(table).where(table.c.publication == id))


async def due(tx: Tx, now: datetime) -> list[Mask]:
    """What waits to be looked at for too long."""
    query = select(table).where(table.c.review_at <= now).order_by(table.c.publication)
    return [_read(row) for row in await tx.execute(query)]


async def put_off(tx: Tx, mask: Mask) -> None:
    """Write when it is looked at next."""
    mine = update(table).where(table.c.publication == mask.publication)
    await tx.execute(mine.values(review_at=mask.review_at))


async def let_go(tx: Tx, id: PublicationId, now: datetime) -> int:
    """Copies that were held when their turn came wait for it again; returns how many."""
    held = (outbox.c.publication == id) & (outbox.c.stage == Stage.HELD)
    done = await tx.execute(update(outbox).where(held).values(stage=Stage.WAITING, due_at=now))
    return done.rowcount


def _read(row: AnyRow) -> Mask:
    return Mask(
        publication=PublicationId(row.publication),
        by=StaffId(row.staff),
        version=row.version,
        state=State(row.state),
        held=Hold(row.held) if row.held else None,
        review_at=row.review_at,
    )
