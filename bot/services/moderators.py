"""Staff who decide about sources and items: who is still entitled, and how they are told."""

from collections.abc import Callable, Iterable
from datetime import datetime

from bot.domain.districts import DistrictId, Districts
from bot.domain.errors import Gone
from bot.domain.outbox import Lane
from bot.domain.staff import May, Staff, StaffId, StaffState
from bot.i18n import Translator, translator
from bot.views.message import Message, Say, encode
from storage import outbox, staff
from storage.db import Tx


def acting(staff: Staff | None) -> Staff:
    """The member of staff who acts; to everybody else their buttons do not exist."""
    if staff is None or staff.state is not StaffState.ACTIVE:
        raise Gone
    return staff


async def entitled(
    tx: Tx, ids: Iterable[StaffId], what: May, districts: Iterable[DistrictId], tree: Districts
) -> list[Staff]:
    """Those of ``ids`` who may do this there today: whoever lost the right counts no longer."""
    places = list(districts)
    found = [await staff.get(tx, id) for id in ids]
    return [one for one in found if one is not None and one.may(what, places, tree)]


async def tell(
    tx: Tx,
    render: Callable[[Translator], Message],
    *,
    may: May,
    districts: Iterable[DistrictId],
    tree: Districts,
    cause: str,
    now: datetime,
    but: StaffId | None = None,
) -> int:
    """Write to everybody who may do something there, once per ``cause`` (<= 36 characters).

    ``but`` is left out: the one who caused it. Returns how many are told.
    """
    places, told = list(districts), 0
    for one in await staff.listed(tx):
        chat = await staff.chat_of(tx, one.id) if one.id != but else None
        if chat is None or not one.may(may, places, tree):
            continue
        to, lang = chat
        task = encode(Say(render(translator(lang))))
        told += await outbox.add(
            tx, lane=Lane.REPLY, chat=to, task=task, now=now, cause=f"{cause}:{one.id}"
        )
    return told
