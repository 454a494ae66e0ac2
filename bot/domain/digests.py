"""Digests: when one is due in a zone, once per day and hour, and what concerns whom."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.districts import DistrictId, Districts
from bot.domain.items import LIFETIME
from bot.domain.subscribers import DIGEST_HOURS
from bot.domain.times import instant

DAY = timedelta(days=1)
SETTLE = timedelta(seconds=30)
"""An item approved just before the hour may still be on its way into the database."""
FRESH = timedelta(hours=12)
"""A digest that is later than this is not sent; what it would have said is in the next one."""
MOST = 48
"""Items one digest chooses from, the newest: their places fit an edition's name."""
_ZONE = 23
"""Letters of a zone's name in a subject of at most 40: the last ones tell all zones apart."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One hour of one local day in a zone. ``at``: the instant its digest is due, aware UTC.

    An hour that the clocks skip is due when they have jumped, one that comes twice the first time.
    """

    zone: str
    day: date
    hour: int
    at: datetime

    @property
    def subject(self) -> str:
        """Its name among publications, at most 40 letters: one per zone, local day and hour."""
        return f"digest:{self.zone[-_ZONE:]}:{self.day:%y%m%d}:{self.hour:02}"

    @property
    def expires_at(self) -> datetime:
        """When copies that have not left are dropped, aware UTC."""
        return self.at + FRESH


def latest(zone: str, hour: int, now: datetime) -> Slot:
    """The last time that clocks in the IANA ``zone`` began ``hour``; ``now`` is aware."""
    day = now.astimezone(ZoneInfo(zone)).date()
    found = _slot(zone, day, hour)
    return found if found.at <= now else _slot(zone, day - DAY, hour)


def due(
    zones: Iterable[str], now: datetime, *, hours: Iterable[int] = DIGEST_HOURS
) -> Iterator[Slot]:
    """The digests that may go out now: of each zone and hour the last one, unless it is too late.

    Who sends them must ask whether they went out before: they stay due for ``FRESH``.
    """
    for zone in sorted(set(zones)):
        for hour in hours:
            slot = latest(zone, hour, now)
            if slot.at + SETTLE <= now < slot.expires_at:
                yield slot


def since(slot: Slot, last: datetime | None) -> datetime:
    """After which instant items belong to a digest: since the ``last`` one of its zone and hour

    was due, at most an item's lifetime; a day where there was none.
    """
    return max(last, slot.at - LIFETIME) if last is not None else slot.at - DAY


def concerns(
    reach: Collection[DistrictId], follows: Collection[DistrictId], zone: str, tree: Districts
) -> bool:
    """Whether an item that reaches followers of ``reach`` belongs to one's digest of ``zone``.

    Who follows several zones gets a digest of each; an item that concerns several of theirs is in
    that of the first.
    """
    mine = [id for id in follows if id in reach and id in tree.all]
    return bool(mine) and tree.get(min(mine)).zone == zone


def edition(lang: str, places: Iterable[int]) -> str:
    """The name of a text: a language and the set of items in it, such as ``be.3f``.

    ``places`` count an issue's items from 0 and are below ``MOST``, so that it has at most 15
    letters.
    """
    return f"{lang}.{sum(1 << place for place in set(places)):x}"


def places(edition: str) -> list[int]:
    """The inverse: which items of the issue an edition's text has, ascending."""
    items = int(edition.partition(".")[2], 16)
    return [place for place in range(MOST) if items >> place & 1]


def _slot(zone: str, day: date, hour: int) -> Slot:
    return Slot(zone, day, hour, instant(day, time(hour), zone).at)
