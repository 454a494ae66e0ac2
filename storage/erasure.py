"""Everything kept under one person's tag: counted, erased together, and scrubbed from the file."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, func, select, update

from bot.domain.privacy import PersonTag
from storage import forms, inbox, outbox, receipts, subscribers
from storage.db import Database, Tx


@dataclass(frozen=True, slots=True)
class Holdings:
    """What is kept about a person besides the subscription itself."""

    form: bool = False
    queued: int = 0
    """Messages waiting to be sent to them."""
    receipts: int = 0
    """Numbers of messages they received, kept so that a change can edit them."""


async def holdings(tx: Tx, tag: PersonTag, now: datetime) -> Holdings:
    """Count what is kept under a tag."""
    since = now - forms.LIFETIME
    open_forms = await _count(tx, forms.table, tag, forms.table.c.saved_at > since)
    return Holdings(
        form=open_forms > 0,
        queued=await _count(tx, outbox.table, tag),
        receipts=await _count(tx, receipts.table, tag),
    )


async def erase(tx: Tx, tag: PersonTag, *, staff: bool = False) -> bool:
    """Erase a person everywhere; says whether they were subscribed.

    Of ``staff`` the account and the tasks queued for it stay, since other people's work waits for
    them. Updates that wait in the inbox stay too: they came after the one being handled, and lose
    their payload when they are handled.

    The subscription goes first: whoever is queueing copies holds it on PostgreSQL, so that all of
    them are there to be erased afterwards.
    """
    subscribed = await subscribers.forget(tx, tag)
    if staff:
        copies = outbox.table.c.publication.is_not(None)
        await tx.execute(delete(outbox.table).where(outbox.table.c.tag == tag, copies))
        await tx.execute(delete(receipts.table).where(receipts.table.c.tag == tag))
    else:
        await outbox.forget(tx, tag)
    await tx.execute(delete(forms.table).where(forms.table.c.tag == tag))
    handled = inbox.table.c.stage != inbox.Stage.WAITING
    mine = inbox.table.c.tag == tag
    await tx.execute(update(inbox.table).where(mine, handled).values(tag=None))
    return subscribed


async def scrub(db: Database) -> bool:
    """Move the write-ahead log into the file and empty it, so that erased rows leave no remnant.

    ``secure_delete`` has overwritten them in the file itself.
    Says whether it was done: a long reader makes SQLite give up after the busy timeout. On
    PostgreSQL there is nothing to do by statement; ids are sealed there as everywhere.
    """
    if db.engine.dialect.name != "sqlite":
        return True
    async with db.engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        async with driver.execute("PRAGMA wal_checkpoint(TRUNCATE)") as cursor:
            busy, _, _ = await cursor.fetchone()
    return not busy


async def _count(tx: Tx, table: Table, tag: PersonTag, *where: Any) -> int:
    query = select(func.count()).select_from(table).where(table.c.tag == tag, *where)
    return int((await tx.execute(query)).scalar_one())
