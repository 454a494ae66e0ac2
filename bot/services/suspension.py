"""What holding, lifting and revoking a source does to what it published."""

from datetime import datetime

from bot.domain.items import LIFETIME
from bot.domain.publications import Kind, PublicationId, State
from bot.domain.sources import SourceId
from storage import items, masks, outbox, publications
from storage.db import Tx

_EVERY = PublicationId(2**31 - 1)
"""Above any id: halts whatever is on its way about a subject."""
_MOST = 10_000


async def suspend(tx: Tx, source: SourceId, now: datetime) -> int:
    """Stop copies that have not left; codes answer "being checked". Returns items concerned."""
    recent = await items.published(tx, source=source, since=now - LIFETIME, limit=_MOST)
    for item in recent:
        await publications.mark(tx, item.subject, State.SUSPENDED)
        await outbox.withdraw(tx, await publications.halt(tx, item.subject, before=_EVERY))
    return len(recent)


async def resume(tx: Tx, source: SourceId) -> None:
    """Codes are current again. What was stopped on its way stays unsent: it is old by now."""
    for item in await items.published(tx, source=source, limit=_MOST):
        await publications.mark(tx, item.subject, State.CURRENT)
        sent = await publications.newest(tx, item.subject, kind=Kind.ITEM)
        if sent is not None and await masks.get(tx, sent.id) is not None:
            await publications.set_state(tx, sent.id, State.MASKED)  # two people decide about that


async def cancel(tx: Tx, source: SourceId, now: datetime) -> None:
    """Nothing of the source stands any longer; everything that has not left stays here."""
    await suspend(tx, source, now)
    for item in await items.published(tx, source=source, limit=_MOST):
        await publications.mark(tx, item.subject, State.CANCELLED)
