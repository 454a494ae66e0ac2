"""Updates as received: committed before they are acknowledged, sealed until they are handled."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    SmallInteger,
    String,
    Table,
    Text,
    select,
    update,
)

from bot.domain.privacy import PersonTag, TelegramId
from storage.crypto import Unsealable
from storage.db import AnyRow, Tx, insert_once, metadata
from storage.types import IdTag, Retention, Sealed, utc


class Stage(StrEnum):
    """Where an update stands; the number of a handled one is kept to recognise a repeat."""

    WAITING = "waiting"
    DONE = "done"
    POISON = "poison"


table = Table(
    "inbox",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("stage", String(8), nullable=False, index=True),
    Column("tag", IdTag, nullable=True),
    Column("payload", Sealed, nullable=True),
    Column("shape", Text, nullable=True),
    Column("attempts", SmallInteger, nullable=False, default=0),
    utc("received_at", nullable=False),
    CheckConstraint(f"stage in {tuple(s.value for s in Stage)}", name="stage"),
    CheckConstraint("(payload is not null) = (stage = 'waiting')", name="payload_while_waiting"),
    info=Retention.for_(timedelta(days=2), since="received_at"),
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An update to handle. ``payload`` is the raw JSON, ``tag`` stands for its chat.

    ``attempts`` counts the times that handling it failed or was cut short by a crash.
    """

    id: int
    tag: PersonTag | None
    payload: bytes
    attempts: int


async def receive(
    tx: Tx, id: int, *, chat: TelegramId | None, payload: bytes, now: datetime
) -> bool:
    """Keep an update until it is handled; one whose number is known is not kept again."""
    return await insert_once(
        tx,
        table,
        id=id,
        stage=Stage.WAITING,
        tag=tx.keys.tag(chat) if chat is not None else None,
        payload=tx.keys.seal(payload, aad=_aad(id)),
        attempts=0,
        received_at=now,
    )


async def waiting(tx: Tx, *, limit: int, taken: Collection[int] = ()) -> list[Waiting]:
    """The oldest updates to handle, those in hand (``taken``) left out."""
    query = select(table).where(table.c.stage == Stage.WAITING).order_by(table.c.id)
    rows = await tx.execute(query.limit(limit + len(taken)))
    return [_open(tx, row) for row in rows if row.id not in taken][:limit]


async def waiting_ids(tx: Tx) -> set[int]:
    """The numbers of all updates that wait."""
    rows = await tx.execute(select(table.c.id).where(table.c.stage == Stage.WAITING))
    return {id for (id,) in rows}


async def tried(tx: Tx, id: int) -> None:
    """Count an attempt that failed, or one that begins after a crash."""
    await tx.execute(update(table).where(table.c.id == id).values(attempts=table.c.attempts + 1))


async def done(tx: Tx, id: int) -> None:
    """The update is handled: only its number stays."""
    await _close(tx, id, stage=Stage.DONE)


async def poison(tx: Tx, id: int, shape: str) -> None:
    """Set an update aside that cannot be handled; ``shape`` names keys and types, no values."""
    await _close(tx, id, stage=Stage.POISON, shape=shape)


async def _close(tx: Tx, id: int, **values: Any) -> None:
    await tx.execute(update(table).where(table.c.id == id).values(payload=None, tag=None, **values))


def _aad(id: int) -> bytes:
    return b"update%d" % id


def _open(tx: Tx, row: AnyRow) -> Waiting:
    try:
        payload = tx.keys.open(row.payload, aad=_aad(row.id))
    except Unsealable:  # a damaged row is nobody's update any more
        payload = b""
    return Waiting(row.id, row.tag, payload, row.attempts)
