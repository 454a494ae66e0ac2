"""Which message each copy of a publication became: sealed, for corrections and recalls."""

from datetime import datetime, timedelta

from sqlalchemy import Column, ForeignKey, Integer, Table, delete

from bot.domain.privacy import PersonTag, TelegramId
from bot.domain.publications import PublicationId
from storage.db import Tx, insert_once, metadata
from storage.types import IdTag, Retention, Sealed, utc

table = Table(
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


async def keep(
    tx: Tx,
    publication: PublicationId,
    chat: TelegramId,
    *,
    message_id: int,
    expires_at: datetime,
) -> None:
    """Remember the first message that a chat's copy became; a duplicate changes nothing."""
    tag = tx.keys.tag(chat)
    await insert_once(
        tx,
        table,
        publication=publication,
        tag=tag,
        chat=tx.keys.seal_id(chat),
        message=tx.keys.seal(str(message_id).encode(), aad=b"message" + tag),
        expires_at=expires_at,
    )


async def forget(tx: Tx, tag: PersonTag) -> None:
    """Erase what a chat received."""
    await tx.execute(delete(table).where(table.c.tag == tag))
