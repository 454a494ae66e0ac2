"""Staff who decide about sources and items: who is still entitled, and how they are told."""

from collections.abc import Callable, Iterable
from datetime import datetime

from bot.domain.districts import DistrictId, Districts
from bot.domain.sources import Source
from bot.domain.staff import May, Staff, StaffId
from bot.i18n import Translator
from bot.services import notices
from bot.views.message import Message
from storage import staff
from storage.db import Tx


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
    places = list(districts)
    concerned = [
        one.id for one in await staff.listed(tx) if one.id != but and one.may(may, places, tree)
    ]
    return await notices.tell(tx, concerned, render, now, cause=cause)


async def about(
    tx: Tx,
    source: Source,
    render: Callable[[Source, Translator], Message],
    tree: Districts,
    now: datetime,
    *,
    but: StaffId | None = None,
) -> int:
    """Tell those who decide about a source; a version of it is told once."""
    return await tell(
        tx,
        lambda t: render(source, t),
        may=May.VET_SOURCE,
        districts=source.districts,
        tree=tree,
        cause=f"source:{source.id}:{source.version}",
        now=now,
        but=but,
    )
