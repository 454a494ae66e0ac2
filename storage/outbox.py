"""What is to be said, row by row, until it is said."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    and_,
    delete,
    func,
    or_,
    select,
    update,
)

from bot.domain.outbox import Lane
from bot.domain.privacy import PersonTag, TelegramId
from bot.domain.publications import PublicationId
from storage import publications, receipts
from storage.db import Tx, insert_once, metadata
from storage.parcels import Parcel
from storage.receipts import Receipt
from storage.types import IdTag, Retention, Sealed, utc

REPLY_LIFETIME = timedelta(days=1)
FAILED_LIFETIME = timedelta(days=30)
LONGEST = timedelta(days=8)
"""Nothing is put off for longer: Telegram's longest wait counts as a week."""
COPIES = 3
"""So often at most a message may arrive, whatever crashes: after that people decide."""


class Stage(StrEnum):
    """Where a row stands. A row that is done is deleted."""

    WAITING = "waiting"
    SENDING = "sending"
    UNKNOWN = "unknown"
    """The answer was lost and the kind of message does not bear a repeat: staff decides."""
    FAILED = "failed"
    """Telegram refused the content; kept for the operator."""
    HELD = "held"
    """The operator stopped it."""


table = Table(
    "outbox",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("lane", SmallInteger, nullable=False),
    Column("tag", IdTag, nullable=False, index=True),
    Column("chat", Sealed, nullable=False),
    Column("task", Sealed, nullable=True),
    Column(
        "publication", Integer, ForeignKey("publications.id", ondelete="CASCADE"), nullable=True
    ),
    Column("edition", String(16), nullable=True),
    Column("receipt", Sealed, nullable=True),
    Column("ring", Boolean, nullable=False, default=False),
    Column("paced", Boolean, nullable=False, default=True),
    Column("stage", String(8), nullable=False),
    Column("attempts", SmallInteger, nullable=False, default=0),
    Column("doubts", SmallInteger, nullable=False, default=0),
    Column("cause", String(48), nullable=True, unique=True),
    utc("due_at", nullable=False),
    utc("queued_at", nullable=False),
    UniqueConstraint("publication", "tag"),
    Index("ix_outbox_next", "lane", "id"),
    Index("ix_outbox_due", "stage", "due_at"),
    CheckConstraint(f"stage in {tuple(s.value for s in Stage)}", name="stage"),
    CheckConstraint("(task is null) <> (publication is null)", name="one_content"),
    sqlite_autoincrement=True,  # what comes of a row erased in flight must not meet a later one
    info=Retention.while_needed("until it is sent or given up (a day for replies, see the engine)"),
)


async def add(
    tx: Tx,
    *,
    lane: Lane,
    chat: TelegramId,
    task: bytes,
    now: datetime,
    cause: str | None = None,
    ring: bool = False,
    paced: bool = True,
) -> bool:
    """Queue one task for one chat; a ``cause`` still queued queues nothing (returns ``False``).

    ``paced`` is false for what Telegram does not limit: answers to button presses.
    """
    tag = tx.keys.tag(chat)
    return await insert_once(
        tx,
        table,
        lane=lane,
        tag=tag,
        chat=tx.keys.seal_id(chat),
        task=tx.keys.seal(task, aad=b"task" + tag),
        ring=ring,
        paced=paced,
        stage=Stage.WAITING,
        attempts=0,
        cause=cause,
        due_at=now,
        queued_at=now,
    )


async def add_copy(
    tx: Tx,
    parcel: Parcel,
    now: datetime,
    *,
    due: datetime | None = None,
    attempts: int = 0,
    doubts: int = 0,
    stage: Stage = Stage.WAITING,
) -> bool:
    """Give a copy a row of its own, since it cannot leave in its turn; with a receipt, a change of

    the copy that arrived. A second one for the chat is not queued.
    """
    tag, receipt = parcel.tag, parcel.receipt
    return await insert_once(
        tx,
        table,
        lane=parcel.lane,
        tag=tag,
        chat=parcel.sealed,
        publication=parcel.publication,
        edition=parcel.edition,
        receipt=None if receipt is None else receipts.seal(tx.keys, receipt, tag=tag),
        ring=parcel.ring,
        stage=stage,
        attempts=attempts,
        doubts=doubts,
        due_at=due or now,
        queued_at=now,
    )


async def forget(tx: Tx, tag: PersonTag) -> None:
    """Erase everything queued for a chat and every receipt of it."""
    await tx.execute(delete(table).where(table.c.tag == tag))
    await receipts.forget(tx, tag)


async def withdraw(tx: Tx, publications: list[PublicationId]) -> int:
    """Remove copies of publications that have not left yet; returns how many."""
    waiting = table.c.stage.in_((Stage.WAITING, Stage.HELD)) & table.c.receipt.is_(None)
    done = await tx.execute(delete(table).where(table.c.publication.in_(publications), waiting))
    return done.rowcount


async def open_rows(tx: Tx, now: datetime) -> int:
    """How many rows are due or being sent."""
    due = and_(table.c.stage == Stage.WAITING, table.c.due_at <= now)
    query = select(func.count()).where(or_(due, table.c.stage == Stage.SENDING))
    return int((await tx.execute(query.select_from(table))).scalar_one())


async def done(tx: Tx, id: int) -> bool:
    """Remove a row that was sent or given up; ``False`` when its person was erased meanwhile."""
    return (await tx.execute(delete(table).where(table.c.id == id))).rowcount == 1


async def requeue(tx: Tx, id: int, *, due: datetime, doubt: bool = False) -> None:
    """Try a row again later, unless a newer publication of its subject replaced it meanwhile."""
    if tx.postgres:  # wait for whoever is replacing the publication at this moment
        mine = select(table.c.publication).where(table.c.id == id).scalar_subquery()
        held = select(publications.table.c.id).where(publications.table.c.id == mine)
        await tx.execute(held.with_for_update(read=True))
    await tx.execute(
        update(table)
        .where(table.c.id == id)
        .values(
            stage=Stage.WAITING,
            due_at=due,
            attempts=table.c.attempts + 1,
            doubts=table.c.doubts + int(doubt),
        )
    )
    said = table.c.receipt.is_(None)
    await tx.execute(delete(table).where(table.c.id == id, said, _outdated()))


async def replace(tx: Tx, parcel: Parcel, task: bytes, *, due: datetime) -> None:
    """Do something else for the same chat instead."""
    sealed = tx.keys.seal(task, aad=b"task" + parcel.tag)
    values = {"task": sealed, "stage": Stage.WAITING, "due_at": due}
    await tx.execute(update(table).where(table.c.id == parcel.id).values(**values))


async def retry_as(tx: Tx, parcel: Parcel, receipt: Receipt, *, due: datetime) -> None:
    """Change the copy that arrived in another way."""
    sealed = receipts.seal(tx.keys, receipt, tag=parcel.tag)
    values = {"receipt": sealed, "stage": Stage.WAITING, "due_at": due}
    await tx.execute(update(table).where(table.c.id == parcel.id).values(**values))


async def wait_until(tx: Tx, id: int, due: datetime) -> None:
    """Put a row back that was taken too early; that is no attempt."""
    put = update(table).where(table.c.id == id, table.c.stage == Stage.SENDING)
    await tx.execute(put.values(stage=Stage.WAITING, due_at=due))


async def set_aside(tx: Tx, id: int, stage: Stage) -> None:
    """Keep a row for people to decide: ``UNKNOWN`` or ``FAILED``."""
    await tx.execute(update(table).where(table.c.id == id).values(stage=stage))


async def postpone(tx: Tx, tag: PersonTag, until: datetime) -> None:
    """Nothing that waits for a chat leaves before ``until``."""
    early = (table.c.tag == tag) & (table.c.stage == Stage.WAITING) & (table.c.due_at < until)
    await tx.execute(update(table).where(early).values(due_at=until))


async def drop(tx: Tx, tag: PersonTag) -> None:
    """Remove everything queued for a chat; the receipts of what it got stay."""
    await tx.execute(delete(table).where(table.c.tag == tag))


async def recover(tx: Tx, now: datetime, *, wait: Callable[[int], timedelta]) -> int:
    """After a crash of the only worker: whatever was being sent is sent again; returns how many.

    Each waits, and its chat with it, as long as ``wait`` says after so many doubts: a program
    that ends again and again must not repeat the same few messages at every start. What may have
    arrived ``COPIES`` times, or was replaced meanwhile, is set aside as unknown.
    """
    flying = table.c.stage == Stage.SENDING
    said = table.c.receipt.is_(None)
    often = table.c.doubts + 1 >= COPIES
    aside = update(table).where(flying, said, or_(_outdated(), often))
    await tx.execute(aside.values(stage=Stage.UNKNOWN, doubts=table.c.doubts + 1))
    rows = (await tx.execute(select(table.c.id, table.c.tag, table.c.doubts).where(flying))).all()
    for row in rows:
        due = now + wait(row.doubts)
        values = {"stage": Stage.WAITING, "due_at": due, "doubts": row.doubts + 1}
        await tx.execute(update(table).where(table.c.id == row.id).values(**values))
    for row in rows:
        await postpone(tx, row.tag, now + wait(row.doubts))
    return len(rows)


async def sweep(tx: Tx, now: datetime) -> int:
    """Remove replies older than a day and refused rows older than a month."""
    late = (table.c.lane == Lane.REPLY) & (table.c.queued_at <= now - REPLY_LIFETIME)
    old = (table.c.stage == Stage.FAILED) & (table.c.queued_at <= now - FAILED_LIFETIME)
    idle = table.c.stage != Stage.SENDING
    return (await tx.execute(delete(table).where(or_(late, old), idle))).rowcount


async def outdated(tx: Tx, id: PublicationId) -> bool:
    """Whether a publication was replaced or withdrawn, so that no further copy may leave.

    Waits for whoever is replacing it at this moment.
    """
    query = select(publications.table.c.halted).where(publications.table.c.id == id)
    held = query.with_for_update(read=True) if tx.postgres else query
    return bool((await tx.execute(held)).scalar_one_or_none() in (True, None))


def _outdated() -> Any:
    """Whether a row's publication was replaced or withdrawn."""
    mine = publications.table
    return select(mine.c.id).where(mine.c.id == table.c.publication, mine.c.halted).exists()
