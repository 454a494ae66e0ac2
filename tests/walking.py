"""Walks without an engine: whom a publication is for, as rows that a test can look at and send."""

from collections.abc import Callable
from datetime import datetime

from bot.domain.publications import PublicationId
from bot.services import walks as walking
from bot.services.atlas import Atlas
from bot.services.walks import Flight
from storage import outbox, receipts, walks
from storage.db import Database, Tx
from storage.parcels import Parcel
from storage.receipts import Kept, Receipt

WORKER = bytes(8)


async def walk(db: Database, atlas: Atlas, clock: Callable[[], datetime]) -> int:
    """Queue a row for everybody whom what is accepted is for; returns how many."""
    queued = 0
    while True:
        async with db.tx(write=False) as tx:
            waiting = await walks.waiting(tx, WORKER, clock())
        if not waiting:
            return queued
        queued += await page(db, atlas, waiting[0].id, clock(), size=1000)


async def page(db: Database, atlas: Atlas, id: PublicationId, now: datetime, *, size: int) -> int:
    """Queue rows for the next recipients of one publication; returns how many."""
    async with db.tx() as tx:
        before = await _rows(tx, now)
        for parcel in await reserved(tx, atlas, id, now, size=size):
            await outbox.add_copy(tx, parcel, now)
        return await _rows(tx, now) - before


async def reserved(
    tx: Tx, atlas: Atlas, id: PublicationId, now: datetime, *, size: int
) -> list[Parcel]:
    """The next recipients of one publication, all chats open and nothing on its way."""
    found = await walking.reserve(
        tx, atlas, id, WORKER, now, limit=size, flight=Flight(), closed=lambda _tag: None
    )
    return list(found.parcels)


async def arrived(tx: Tx, parcel: Parcel, until: datetime, *, message_id: int = 1) -> None:
    """A copy arrived, as the engine writes it down."""
    assert parcel.publication is not None
    receipt = Receipt(message_id, parcel.edition)
    kept = Kept(parcel.publication, parcel.tag, parcel.sealed, receipt, 1, until)
    await receipts.keep(tx, [kept])
    if parcel.id is not None:
        await outbox.done(tx, parcel.id)


async def _rows(tx: Tx, now: datetime) -> int:
    return await outbox.open_rows(tx, now)
