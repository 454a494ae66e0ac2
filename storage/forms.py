"""Half-filled forms: one per chat, sealed, gone after a day."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, String, Table, delete, select

from bot.domain.privacy import TelegramId
from storage.db import Tx, metadata, upsert
from storage.types import IdTag, Retention, Sealed, utc

LIFETIME = timedelta(hours=24)

table = Table(
    "forms",
    metadata,
    Column("tag", IdTag, primary_key=True),
    Column("kind", String(24), nullable=False),
    Column("answers", Sealed, nullable=False),
    utc("saved_at", nullable=False),
    info=Retention.for_(LIFETIME, since="saved_at"),
)


@dataclass(frozen=True, slots=True)
class Form:
    """Which form a chat is in, and the answers so far as the form encoded them."""

    kind: str
    answers: bytes


async def get(tx: Tx, person: TelegramId, now: datetime) -> Form | None:
    """The form a person is in, unless it is older than its lifetime."""
    tag = tx.keys.tag(person)
    row = (await tx.execute(select(table).where(table.c.tag == tag))).one_or_none()
    if row is None or row.saved_at <= now - LIFETIME:
        return None
    return Form(row.kind, tx.keys.open(row.answers, aad=b"form" + tag))


async def save(tx: Tx, person: TelegramId, form: Form, now: datetime) -> None:
    """Enter a form or keep its next answer."""
    tag = tx.keys.tag(person)
    sealed = tx.keys.seal(form.answers, aad=b"form" + tag)
    await upsert(tx, table, tag=tag, kind=form.kind, answers=sealed, saved_at=now)


async def drop(tx: Tx, person: TelegramId) -> None:
    """Leave whatever form the person is in."""
    await tx.execute(delete(table).where(table.c.tag == tx.keys.tag(person)))
