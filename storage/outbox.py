"""What is to be said, row by row, until it is said."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
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
from bot.domain.publications import Kind, PublicationId
from storage import publications, receipts
from storage.crypto import Unsealable
from storage.db import AnyRow, Tx, insert_once, metadata
from storage.types import IdTag, Retention, Sealed, utc

REPLY_LIFETIME = timedelta(days=1)
FAILED_LIFETIME = timedelta(days=30)


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
    Column("paced", Boolean, nullable=False, default=True),
    Column("stage", String(8), nullable=False),
    Column("attempts", SmallInteger, nullable=False, default=0),
    Column("doubts", SmallInteger, nullable=False, default=0),
    Column("cause", String(48), nullable=True, unique=True),
    utc("due_at", nullable=False),
    utc("queued_at", nullable=False),
    UniqueConstraint("publication", "tag"),
    Index("ix_outbox_next", "lane", "id"),
    CheckConstraint(f"stage in {tuple(s.value for s in Stage)}", name="stage"),
    CheckConstraint("(task is null) <> (publication is null)", name="one_content"),
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
    await receipts.forget(tx, tag)


async def withdraw(tx: Tx, publications: list[PublicationId]) -> int:
    """Remove copies of publications that have not left yet; returns how many."""
    waiting = table.c.stage == Stage.WAITING
    done = await tx.execute(delete(table).where(table.c.publication.in_(publications), waiting))
    return done.rowcount


@dataclass(frozen=True, slots=True)
class Parcel:
    """A row that was taken to be sent, opened. Either ``task`` or ``publication`` is set.

    ``attempts`` counts earlier tries, ``doubts`` those of them whose answer was lost.
    """

    id: int
    lane: Lane
    tag: PersonTag
    chat: TelegramId
    task: bytes | None
    publication: PublicationId | None
    lang: str | None
    ring: bool
    attempts: int
    doubts: int
    queued_at: datetime


async def claim(
    tx: Tx,
    now: datetime,
    *,
    lease: timedelta,
    paced: bool = True,
    closed: Collection[PersonTag] = (),
    limit: int = 1,
) -> list[Parcel]:
    """Take the first due rows by lane and age, leaving out the ``closed`` chats.

    They are marked as being sent until ``now + lease``; whoever lets that pass is taken for dead
    and the row is given out again. What was queued in the future (the clock was set back) does not
    wait for it.
    """
    free = or_(table.c.stage == Stage.WAITING, table.c.stage == Stage.SENDING)
    early = and_(table.c.stage == Stage.WAITING, table.c.queued_at > now)
    due = or_(table.c.due_at <= now, early)
    query = select(table.c.id).where(free, due, table.c.paced == paced)
    if closed:
        query = query.where(table.c.tag.not_in(list(closed)))
    query = query.order_by(table.c.lane, table.c.id).limit(limit)
    if tx.postgres:
        query = query.with_for_update(skip_locked=True)
    chosen = query.cte("chosen")  # PostgreSQL may run a bare subquery twice and lock too much
    rows = await tx.execute(
        update(table)
        .where(table.c.id.in_(select(chosen.c.id)))
        .values(stage=Stage.SENDING, due_at=now + lease)
        .returning(table)
    )
    opened = [(row.id, _try_open(tx, row)) for row in rows.all()]
    for id, parcel in opened:
        if parcel is None:
            await set_aside(tx, id, Stage.FAILED)
    return sorted((p for _, p in opened if p is not None), key=lambda p: (p.lane, p.id))


async def next_due(tx: Tx) -> datetime | None:
    """When the next waiting row is due (possibly past); ``None`` when nothing waits."""
    query = select(func.min(table.c.due_at)).where(table.c.stage == Stage.WAITING)
    found: datetime | None = (await tx.execute(query)).scalar_one()
    return found


async def open_rows(tx: Tx, now: datetime) -> int:
    """How many rows are due or being sent."""
    due = and_(table.c.stage == Stage.WAITING, table.c.due_at <= now)
    query = select(func.count()).where(or_(due, table.c.stage == Stage.SENDING))
    return int((await tx.execute(query.select_from(table))).scalar_one())


async def backlog(tx: Tx, publication: PublicationId) -> int:
    """How many copies of a publication wait."""
    mine = (table.c.publication == publication) & (table.c.stage == Stage.WAITING)
    return int((await tx.execute(select(func.count()).where(mine))).scalar_one())


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
    await tx.execute(delete(table).where(table.c.id == id, _outdated()))


async def replace(tx: Tx, parcel: Parcel, task: bytes, *, due: datetime) -> None:
    """Do something else for the same chat instead."""
    sealed = tx.keys.seal(task, aad=b"task" + parcel.tag)
    values = {"task": sealed, "stage": Stage.WAITING, "due_at": due}
    await tx.execute(update(table).where(table.c.id == parcel.id).values(**values))


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
    """After a crash: whatever was being sent is sent again; returns how many rows.

    Each waits, and its chat with it, as long as ``wait`` says after so many doubts: a program
    that ends again and again must not repeat the same few messages at every start.
    """
    flying = table.c.stage == Stage.SENDING
    await tx.execute(delete(table).where(flying, _outdated()))
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


def _outdated() -> Any:
    """Whether a newer publication about the same subject exists (reminders replace nothing)."""
    mine, newer = publications.table.alias("mine"), publications.table.alias("newer")
    return (
        select(newer.c.id)
        .join(mine, and_(mine.c.subject == newer.c.subject, mine.c.id < newer.c.id))
        .where(mine.c.id == table.c.publication, newer.c.kind != Kind.REMINDER)
        .exists()
    )


def _try_open(tx: Tx, row: AnyRow) -> Parcel | None:
    """A damaged row opens for nobody and must not hold up the others."""
    try:
        return _open(tx, row)
    except Unsealable:
        return None


def _open(tx: Tx, row: AnyRow) -> Parcel:
    sealed = row.task
    return Parcel(
        id=row.id,
        lane=Lane(row.lane),
        tag=row.tag,
        chat=tx.keys.open_id(row.chat, tag=row.tag),
        task=None if sealed is None else tx.keys.open(sealed, aad=b"task" + row.tag),
        publication=None if row.publication is None else PublicationId(row.publication),
        lang=row.lang,
        ring=row.ring,
        attempts=row.attempts,
        doubts=row.doubts,
        queued_at=row.queued_at,
    )
