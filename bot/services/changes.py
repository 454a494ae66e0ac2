"""Whose copy has an earlier version: a page of receipts at a time, to be brought to the newest."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from bot.domain.privacy import PersonTag
from bot.services.walks import Closed, Flight, Reserved
from storage import outbox, receipts, revisions
from storage.db import Tx
from storage.parcels import Parcel
from storage.receipts import first_way
from storage.revisions import Revising


async def revise(
    tx: Tx,
    one: Revising,
    worker: bytes,
    now: datetime,
    *,
    limit: int,
    after: PersonTag | None,
    flight: Flight,
    closed: Closed,
) -> tuple[Reserved, PersonTag | None]:
    """Take up to ``limit`` copies to be brought to a version, from ``after`` on.

    Returns them and how far this came.
    """
    if await revisions.take(tx, one, worker, now) is None:
        return Reserved(over=True), after
    below = one.version
    found = await receipts.page(tx, one.publication, below=below, after=after, limit=limit)
    way = first_way(one.kind)
    parcels = []
    for held in found:
        parcel = Parcel(
            lane=one.lane,
            tag=held.tag,
            chat=held.chat,
            sealed=held.sealed,
            queued_at=now,
            publication=one.publication,
            edition=held.receipt.edition,
            version=one.version,
            receipt=replace(held.receipt, way=way, version=one.version),
        )
        if (wait := closed(held.tag)) is not None:
            await outbox.add_copy(tx, parcel, now, due=now + timedelta(seconds=wait))
        else:
            parcels.append(parcel)
    reached = found[-1].tag if found else after
    over = not found and not flight.count
    cursor = flight.lowest if flight.count else after
    await revisions.advance(tx, one, cursor, walked=over, worker=worker, now=now)
    queued = len(parcels) < len(found)
    return Reserved(parcels, over=over, waits=not found and not over, queued=queued), reached
