"""What is announced of a rally: kind, time, place, districts; and what a place may not contain."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from bot.domain.canonical import canonical
from bot.domain.districts import DistrictId
from bot.domain.errors import Refused

LASTS = timedelta(hours=3)
"""How long a rally counts as live; nobody is asked for an end."""
CLASH = timedelta(hours=3)
"""Two rallies at one place closer than this are shown to those who approve."""
PLACE_LIMIT = 200
DECIMALS = 4
"""Of a published coordinate: about 11 m."""
_CONTACT = re.compile(
    r"@\w|\b(?:https?:|www\.|t\.me/|tg:)|\w+\.(?:com|org|net|me|by|ru|be|eu)\b/?", re.I
)
_PHONE = re.compile(r"\+?\d(?:[\s().-]*\d){6,}")


class PlaceMissing(Refused):
    """No place was written."""

    key = "rally-error-place-empty"


class PlaceWanted(Refused):
    """The answer was neither words nor a location."""

    key = "rally-error-place-kind"


class PlaceTooLong(Refused):
    """More than ``PLACE_LIMIT`` characters."""

    key = "rally-error-place-long"


class PlaceHasContact(Refused):
    """A phone number, a handle or a link: rallies lead to a place, never to a person."""

    key = "rally-error-place-contact"


class Type(StrEnum):
    """What kind of assembly."""

    MARCH = "march"
    RALLY = "rally"
    PICKET = "picket"
    VIGIL = "vigil"
    MEETING = "meeting"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is announced. ``starts_at`` is aware UTC, ``zone`` IANA; ``point`` is (latitude,

    longitude) in degrees, 4 decimals, about 11 m. ``staged`` keeps the place back until shortly
    before the start.
    """

    type: Type
    starts_at: datetime
    zone: str
    place: str
    districts: frozenset[DistrictId]
    point: tuple[float, float] | None = None
    staged: bool = False

    @property
    def ends_at(self) -> datetime:
        """When it counts as over."""
        return self.starts_at + LASTS

    def content(self) -> bytes:
        """Canonical bytes: equal exactly when text and audience are equal."""
        plain = [
            self.type,
            int(self.starts_at.timestamp()),
            self.zone,
            self.place,
            sorted(self.districts),
            self.point,
            self.staged,
        ]
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def read(cls, content: bytes) -> "Facts":
        """The inverse of ``content``."""
        type, starts_at, zone, place, districts, point, staged = json.loads(content)
        return cls(
            type=Type(type),
            starts_at=datetime.fromtimestamp(starts_at, UTC),
            zone=zone,
            place=place,
            districts=frozenset(DistrictId(d) for d in districts),
            point=tuple(point) if point else None,
            staged=staged,
        )

    def same_place(self, other: "Facts") -> bool:
        """Whether nobody has to go anywhere else."""
        return (self.place, self.point) == (other.place, other.point)

    def clashes(self, other: "Facts") -> bool:
        """Whether another rally is close in time, and at the same place or in a same district."""
        near = abs(self.starts_at - other.starts_at) <= CLASH
        here = self.place.casefold() == other.place.casefold()
        return near and (here or bool(self.districts & other.districts))


def public_place(typed: str) -> str:
    """The place as it will be announced: one line, no invisible characters, no contacts."""
    place = canonical(typed)
    if not any(c.isalnum() for c in place):
        raise PlaceMissing
    if len(place) > PLACE_LIMIT:
        raise PlaceTooLong(limit=PLACE_LIMIT)
    if _CONTACT.search(place) or _PHONE.search(place):
        raise PlaceHasContact
    return place


def public_point(latitude: float, longitude: float) -> tuple[float, float]:
    """A shared location as it will be announced."""
    return round(latitude, DECIMALS), round(longitude, DECIMALS)
