"""What is to be said, row by row, and the receipts of what was said."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    delete,
)

from bot.domain.outbox import Lane
from bot.domain.privacy import PersonTag, TelegramId
from bot.domain.publications import PublicationId
from storage.db import Tx, insert_once, metadata
from storage.types import IdTag, Retention, Sealed, utc


class Stage(StrEnum):
    """Where a row stands. A row that is done is deleted."""

    WAITING = "waiting"
    SENDING = "sending"
    UNKNOWN = "unknown"
    """The answer was lost and the kind of message does not bear a repeat: staff decides."""
    FAILED = "failed"
    """Telegram refused the content; kept for the operator."""


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
    Column("lang", String(2), nullable=True),
    Column("ring", Boolean, nullable=False, default=False),
    Column("stage", String(8), nullable=False),
    Column("attempts", SmallInteger, nullable=False, default=0),
    Column("cause", String(48), nullable=True, unique=True),
    utc("due_at", nullable=False),
    utc("queued_at", nullable=False),
    UniqueConstraint("publication", "tag"),
    CheckConstraint(f"stage in {tuple(s.value for s in Stage)}", name="stage"),
    CheckConstraint("(task is null) <> (publication is null)", name="one_content"),
    info=Retention.while_needed("until it is sent or given up (a day for replies, see the engine)"),
)

receipts = Table(
    "receipts",
    metadata,
    Column(
        "publication", Integer, ForeignKey("publications.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("tag", IdTag, primary_key=True, index=True),
    Column("chat", Sealed, nullable=False),
    Column("message", Sealed, nullable=False),
    utc("expires_at", nullable=False),
    info=Retention.for_(since="expires_at", after=timedelta(0)),
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
) -> bool:
    """Queue one task for one chat; a ``cause`` seen before queues nothing (returns ``False``)."""
    tag = tx.keys.tag(chat)
    return await insert_once(
        tx,
        table,
        lane=lane,
        tag=tag,
        chat=tx.keys.seal_id(chat),
        task=tx.keys.seal(task, aad=b"task" + tag),
        ring=ring,
        stage=Stage.WAITING,
        attempts=0,
        cause=cause,
        due_at=now,
        queued_at=now,
    )


async def add_copy(
    tx: Tx,
    *,
    lane: Lane,
    chat: TelegramId,
    publication: PublicationId,
    lang: str,
    ring: bool,
    now: datetime,
) -> bool:
    """Queue one recipient's copy of a publication; a second one for the chat is not queued."""
    return await insert_once(
        tx,
        table,
        lane=lane,
        tag=tx.keys.tag(chat),
        chat=tx.keys.seal_id(chat),
        publication=publication,
        lang=lang,
        ring=ring,
        stage=Stage.WAITING,
        attempts=0,
        due_at=now,
        queued_at=now,
    )


async def forget(tx: Tx, tag: PersonTag) -> None:
    """Erase everything queued for a chat and every receipt of it."""
    await tx.execute(delete(table).where(table.c.tag == tag))
    await tx.execute(delete(receipts).where(receipts.c.tag == tag))


async def withdraw(tx: Tx, publications: list[PublicationId]) -> int:
    """Remove copies of publications that have not left yet; returns how many."""
    waiting = table.c.stage == Stage.WAITING
    done = await tx.execute(delete(table).where(table.c.publication.in_(publications), waiting))
    return done.rowcount
