"""What is taken to be sent, opened."""

from datetime import datetime

import msgspec

from bot.domain.outbox import Lane
from bot.domain.privacy import PersonTag, TelegramId
from bot.domain.publications import PublicationId
from storage import receipts
from storage.db import AnyRow, Tx
from storage.receipts import Receipt


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """Something for one chat: a row of the outbox, or (``id`` is ``None``) straight from a walk.

    Either ``task`` or ``publication`` is set; with a ``receipt`` the copy that arrived is changed.
    ``attempts`` counts earlier tries, ``doubts`` those whose answer was lost. ``sealed`` is the
    chat as stored, ``version`` the publication's (0: not looked up yet).
    """

    lane: Lane
    tag: PersonTag
    chat: TelegramId
    sealed: bytes
    queued_at: datetime
    id: int | None = None
    task: bytes | None = None
    publication: PublicationId | None = None
    edition: str = ""
    version: int = 0
    receipt: Receipt | None = None
    ring: bool = False
    paced: bool = True
    attempts: int = 0
    doubts: int = 0


def copy_for(
    tx: Tx,
    chat: TelegramId,
    publication: PublicationId,
    edition: str,
    *,
    lane: Lane,
    now: datetime,
    ring: bool = False,
) -> Parcel:
    """A copy for a chat of which nothing is stored yet."""
    return Parcel(
        lane=lane,
        tag=tx.keys.tag(chat),
        chat=chat,
        sealed=tx.keys.seal_id(chat),
        queued_at=now,
        publication=publication,
        edition=edition,
        ring=ring,
    )


def read(tx: Tx, row: AnyRow) -> Parcel:
    """A row of the outbox; raises ``Unsealable`` where it is damaged."""
    task, receipt = row.task, row.receipt
    return Parcel(
        id=row.id,
        lane=Lane(row.lane),
        tag=row.tag,
        chat=tx.keys.open_id(row.chat, tag=row.tag),
        sealed=row.chat,
        task=None if task is None else tx.keys.open(task, aad=b"task" + row.tag),
        publication=None if row.publication is None else PublicationId(row.publication),
        edition=row.edition or "",
        receipt=None if receipt is None else receipts.open_(tx.keys, receipt, tag=row.tag),
        ring=row.ring,
        paced=row.paced,
        attempts=row.attempts,
        doubts=row.doubts,
        queued_at=row.queued_at,
    )
