"""What somebody asked to do to a publication and a second person has to agree to."""

from datetime import datetime, timedelta

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    Integer,
    String,
    Table,
    UniqueConstraint,
    delete,
    select,
    update,
)

from bot.domain.publications import PublicationId
from bot.domain.revisions import LASTS, Deed, Request, RequestId
from bot.domain.staff import StaffId
from storage.db import AnyRow, Tx, insert_once, metadata
from storage.types import Retention, Sealed, utc

table = Table(
    "revision_requests",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column(
        "publication", Integer, ForeignKey("publications.id", ondelete="CASCADE"), nullable=False
    ),
    Column("deed", String(8), nullable=False),
    Column("asked_by", Integer, ForeignKey("staff.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("note", Sealed, nullable=False),
    Column("approvals", JSON, nullable=False),
    utc("expires_at", nullable=False),
    UniqueConstraint("publication"),
    CheckConstraint(f"deed in {tuple(d.value for d in Deed)}", name="deed"),
    info=Retention.for_(timedelta(0), since="expires_at"),
    sqlite_autoincrement=True,
)


async def add(tx: Tx, request: Request, now: datetime) -> RequestId | None:
    """Let a request wait. Its number is never used again: an old button must not meet a new one.

    ``None`` when another one about the publication waits.
    """
    old = (table.c.publication == request.publication) & (
        (table.c.expires_at <= now) | (table.c.asked_by == request.by)
    )
    await tx.execute(delete(table).where(old))
    added = await insert_once(
        tx,
        table,
        publication=request.publication,
        deed=request.deed,
        asked_by=request.by,
        version=request.version,
        note=tx.keys.seal(request.note.encode(), aad=b"correction"),
        approvals=list(request.approvals),
        expires_at=now + LASTS,
    )
    found = await about(tx, request.publication, now) if added else None
    return found.id if found is not None else None


async def get(tx: Tx, id: RequestId, now: datetime) -> Request | None:
    """A request that still waits."""
    return await _one(tx, table.c.id == id, now)


async def about(tx: Tx, id: PublicationId, now: datetime) -> Request | None:
    """The request that waits about a publication."""
    return await _one(tx, table.c.publication == id, now)


async def agree(tx: Tx, request: Request) -> None:
    """Write who agreed so far."""
    mine = update(table).where(table.c.id == request.id)
    await tx.execute(mine.values(approvals=list(request.approvals)))


async def drop(tx: Tx, id: PublicationId) -> None:
    """Nothing about a publication waits any longer."""
    await tx.execute(delete(table).where(table.c.publication == id))


async def without(tx: Tx, person: StaffId) -> None:
    """Somebody lost their rights: what they asked for waits no longer, and what they agreed to

    lacks them.
    """
    await tx.execute(delete(table).where(table.c.asked_by == person))
    for row in (await tx.execute(select(table.c.id, table.c.approvals))).all():
        if person in row.approvals:
            rest = [id for id in row.approvals if id != person]
            await tx.execute(update(table).where(table.c.id == row.id).values(approvals=rest))


async def _one(tx: Tx, which: ColumnElement[bool], now: datetime) -> Request | None:
    query = select(table).where(which, table.c.expires_at > now)
    row = (await tx.execute(query)).one_or_none()
    return _read(tx, row) if row else None


def _read(tx: Tx, row: AnyRow) -> Request:
    return Request(
        publication=PublicationId(row.publication),
        deed=Deed(row.deed),
        by=StaffId(row.asked_by),
        version=row.version,
        note=tx.keys.open(row.note, aad=b"correction").decode(),
        approvals=tuple(StaffId(id) for id in row.approvals),
        id=RequestId(row.id),
    )
