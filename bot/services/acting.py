"""Whoever decides, as they are at that moment, and what becomes void with their rights."""

from datetime import datetime

from bot.domain.errors import Gone
from bot.domain.staff import Staff, StaffId, StaffState
from storage import forms, items, motions, rallies, revision_requests, sources, staff, stops
from storage.db import Tx


async def acting(tx: Tx, by: Staff) -> Staff:
    """The account as it is now: rights may have been lost since the screen was shown.

    Call it first in every transaction that decides. Staff decide one after another, on both
    databases, so that nobody decides beside their own suspension.
    """
    await staff.queue_up(tx)
    me = await staff.get(tx, by.id)
    if me is None or me.state is not StaffState.ACTIVE:
        raise Gone
    return me


async def void(tx: Tx, id: StaffId, now: datetime) -> None:
    """Losing rights voids an open form, invitations that nobody took, motions, and whatever was

    asked for or agreed to and is not carried out. None of it returns with the rights.
    """
    if (where := await staff.chat_of(tx, id)) is not None:
        await forms.drop(tx, where[0])
    await staff.disinvite(tx, id)
    await motions.drop(tx, id)
    await items.release(tx, id)
    await stops.release(tx, id)
    await revision_requests.without(tx, id)
    for source in await sources.moved(tx):
        if (left := source.without(id)) != source:
            await sources.save(tx, left)
    for item in await items.agreed(tx):
        if (rest := item.without(id)) != item:
            await items.save(tx, rest)
    for rally in await rallies.asked(tx):
        if (still := rally.without(id)) != rally:
            await rallies.save(tx, still, now)
