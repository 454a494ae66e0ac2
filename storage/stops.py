"""Publications that staff stopped: who asked to go on, until a second person agrees."""

from sqlalchemy import Column, ForeignKey, Integer, Table, delete, select, update

from bot.domain.publications import PublicationId
from bot.domain.staff import StaffId
from storage.db import Tx, metadata, upsert
from storage.types import Retention

table = Table(
    "stops",
    metadata,
    Column(
        "publication", Integer, ForeignKey("publications.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("asked_by", Integer, ForeignKey("staff.id", ondelete="SET NULL"), nullable=True),
    info=Retention.while_needed("until two go on with it, at most as long as the publication"),
)


async def ask(tx: Tx, id: PublicationId, by: StaffId) -> None:
    """Remember who asked to go on."""
    await upsert(tx, table, publication=id, asked_by=by)


async def asked_by(tx: Tx, id: PublicationId) -> StaffId | None:
    """Who asked to go on, if anybody did."""
    query = select(table.c.asked_by).where(table.c.publication == id)
    found = (await tx.execute(query)).scalar_one_or_none()
    return None if found is None else StaffId(found)


async def settle(tx: Tx, id: PublicationId) -> None:
    """Nobody has to be asked any more."""
    await tx.execute(delete(table).where(table.c.publication == id))


async def release(tx: Tx, person: StaffId) -> None:
    """Void what a member of staff asked for."""
    await tx.execute(update(table).where(table.c.asked_by == person).values(asked_by=None))
