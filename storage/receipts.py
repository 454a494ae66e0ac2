"""Which message each copy of a publication became: sealed, for corrections and recalls."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    Table,
    bindparam,
    delete,
    exists,
    func,
    select,
    update,
)

from bot.domain.privacy import PersonTag, TelegramId
from bot.domain.publications import PublicationId, Revision
from storage.crypto import Keyring
from storage.db import Tx, insert, metadata
from storage.types import IdTag, Retention, Sealed, Utc, utc

table = Table(
    "receipts",
    metadata,
    Column(
        "publication", Integer, ForeignKey("publications.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("tag", IdTag, primary_key=True, index=True),
    Column("chat", Sealed, nullable=False),
    Column("message", Sealed, nullable=False),
    Column("version", Integer, nullable=False),
    utc("expires_at", nullable=False),
    info=Retention.for_(since="expires_at", after=timedelta(0)),
)


class Way(StrEnum):
    """How a copy is changed; where one way fails the next one may do."""

    EDIT = "edit"
    DELETE = "delete"
    REPLY = "reply"


def first_way(kind: Revision | None) -> Way:
    """What is tried first on a copy that is brought to a version of this kind."""
    return Way.DELETE if kind is Revision.RECALL else Way.EDIT


class Receipt(msgspec.Struct, frozen=True, omit_defaults=True):
    """The message that a copy became: its number in the chat, the edition, whether it is a photo.

    ``way`` is what to try on it next to bring it to ``version`` (0: nothing was tried yet).
    """

    message_id: int
    edition: str
    photo: bool = False
    way: Way = Way.EDIT
    version: int = 0


class Kept(msgspec.Struct, frozen=True):
    """A receipt to be stored. ``chat`` is the sealed id as it lies beside the tag elsewhere."""

    publication: PublicationId
    tag: PersonTag
    chat: bytes
    receipt: Receipt
    version: int
    expires_at: datetime


def seal(keys: Keyring, receipt: Receipt, *, tag: PersonTag) -> bytes:
    """As stored, here and in the outbox."""
    return keys.seal(msgspec.json.encode(receipt), aad=b"message" + tag)


def open_(keys: Keyring, sealed: bytes, *, tag: PersonTag) -> Receipt:
    """The inverse of ``seal``."""
    return msgspec.json.decode(keys.open(sealed, aad=b"message" + tag), type=Receipt)


async def keep(tx: Tx, receipts: Sequence[Kept], *, of: Table | None = None) -> None:
    """Remember the first message that each copy became; a duplicate changes nothing.

    With ``of`` (a table with a column ``tag``) those who are not in it any more leave no receipt:
    it would outlive their erasure.
    """
    if not receipts:
        return
    columns = (
        bindparam("publication", type_=Integer),
        bindparam("tag", type_=IdTag),
        bindparam("chat", type_=Sealed),
        bindparam("message", type_=Sealed),
        bindparam("version", type_=Integer),
        bindparam("expires_at", type_=Utc),
    )
    rows = select(*columns)
    if of is not None:
        known = exists().where(of.c.tag == bindparam("known", type_=IdTag))
        rows = rows.where(known)
    else:
        rows = rows.where(bindparam("known", type_=IdTag).is_not(None))
    names = ["publication", "tag", "chat", "message", "version", "expires_at"]
    statement = insert(tx, table).from_select(names, rows).on_conflict_do_nothing()
    await tx.connection.execute(
        statement,
        [
            {
                "publication": one.publication,
                "tag": one.tag,
                "known": one.tag,
                "chat": one.chat,
                "message": seal(tx.keys, one.receipt, tag=one.tag),
                "version": one.version,
                "expires_at": one.expires_at,
            }
            for one in receipts
        ],
    )


class Held(msgspec.Struct, frozen=True):
    """A receipt as stored, opened."""

    tag: PersonTag
    chat: TelegramId
    sealed: bytes
    receipt: Receipt
    version: int


async def page(
    tx: Tx, id: PublicationId, *, below: int, after: PersonTag | None, limit: int
) -> list[Held]:
    """Receipts of a publication whose copy has an older version than ``below``, by tag."""
    query = select(table).where(table.c.publication == id, table.c.version < below)
    if after is not None:
        query = query.where(table.c.tag > after)
    rows = await tx.execute(query.order_by(table.c.tag).limit(limit))
    return [
        Held(
            tag=row.tag,
            chat=tx.keys.open_id(row.chat, tag=row.tag),
            sealed=row.chat,
            receipt=open_(tx.keys, row.message, tag=row.tag),
            version=row.version,
        )
        for row in rows
    ]


async def raise_version(tx: Tx, done: Iterable[tuple[PublicationId, PersonTag, int]]) -> None:
    """Copies were brought to a version: (publication, tag, version) each."""
    values = [{"p": id, "t": tag, "v": version} for id, tag, version in done]
    if values:
        mine = (table.c.publication == bindparam("p", type_=Integer)) & (
            table.c.tag == bindparam("t", type_=IdTag)
        )
        version = bindparam("v", type_=Integer)
        await tx.connection.execute(update(table).where(mine).values(version=version), values)


async def count(tx: Tx, id: PublicationId) -> int:
    """How many copies of a publication arrived; show it to people in buckets only."""
    query = select(func.count()).select_from(table).where(table.c.publication == id)
    return int((await tx.execute(query)).scalar_one())


async def forget(tx: Tx, tag: PersonTag) -> None:
    """Erase what a chat received."""
    await tx.execute(delete(table).where(table.c.tag == tag))
