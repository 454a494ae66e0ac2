"""Notices to members of staff, queued in the transaction that causes them."""

from collections.abc import Callable, Iterable
from datetime import datetime

from bot.domain.outbox import Lane
from bot.domain.staff import StaffId
from bot.i18n import Translator, translator
from bot.views.message import Message, Say, encode
from storage import outbox, staff
from storage.db import Tx


async def tell(
    tx: Tx,
    people: Iterable[StaffId],
    said: Callable[[Translator], Message],
    now: datetime,
    *,
    cause: str,
) -> int:
    """Say something to each, in their language; returns how many notices are queued.

    ``cause`` (<= 38 characters) names the reason: as long as a notice waits, a second one with
    the same cause is not queued.
    """
    told = 0
    for id in people:
        if (where := await staff.chat_of(tx, id)) is not None:
            chat, lang = where
            task = encode(Say(said(translator(lang))))
            to = f"{cause}:{id}"
            told += await outbox.add(tx, lane=Lane.REPLY, chat=chat, task=task, now=now, cause=to)
    return told
