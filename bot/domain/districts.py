"""Districts: named areas in a tree (country, city, district)."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from math import cos, hypot, radians
from typing import NewType

from bot.domain.errors import Refused

DistrictId = NewType("DistrictId", int)
Ring = tuple[tuple[float, float], ...]
"""A closed outline: (longitude, latitude) pairs in degrees, WGS 84."""

KM_PER_DEGREE = 111.2


class UnknownDistrict(Refused):
    """No district of that id or name (any more)."""

    key = "error-district-unknown"


@dataclass(frozen=True, slots=True)
class District:
    """One area. ``slug`` is short and stable: it stands on posters (``?start=d_<slug>``)."""

    id: DistrictId
    slug: str
    parent: DistrictId | None
    zone: str
    names: Mapping[str, str]
    rings: tuple[Ring, ...] = ()

    def name(self, lang: str) -> str:
        """Its name in a language, else in its first one."""
        return self.names.get(lang) or next(iter(self.names.values()))

    def covers(self, longitude: float, latitude: float) -> bool:
        """Whether the point lies inside one of the outlines (even-odd rule)."""
        return any(_inside(ring, longitude, latitude) for ring in self.rings)


@dataclass(frozen=True, slots=True)
class Districts:
    """The whole tree. Small (hundreds), read often, changed rarely: kept in memory."""

    all: Mapping[DistrictId, District]
    _children: dict[DistrictId | None, list[DistrictId]] = field(init=False)

    def __post_init__(self) -> None:
        children: dict[DistrictId | None, list[DistrictId]] = {}
        for district in self.all.values():
            children.setdefault(district.parent, []).append(district.id)
        object.__setattr__(self, "_children", children)

    @classmethod
    def of(cls, districts: Iterable[District]) -> "Districts":
        """The tree of these districts."""
        return cls({district.id: district for district in districts})

    def get(self, id: DistrictId) -> District:
        """The district, or ``UnknownDistrict``."""
        try:
            return self.all[id]
        except KeyError:
            raise UnknownDistrict from None

    def children(self, id: DistrictId | None) -> list[District]:
        """Directly below; ``None`` asks for the roots."""
        return [self.all[child] for child in self._children.get(id, [])]

    def ancestors(self, id: DistrictId) -> Iterator[District]:
        """The district itself, then its parent, up to the root."""
        at: DistrictId | None = id
        while at is not None:
            district = self.get(at)
            yield district
            at = district.parent

    def path(self, id: DistrictId) -> list[District]:
        """From the root down to the district: the breadcrumb."""
        return list(self.ancestors(id))[::-1]

    def descendants(self, id: DistrictId) -> Iterator[District]:
        """The district itself and all that lies inside it."""
        yield self.get(id)
        for child in self._children.get(id, []):
            yield from self.descendants(child)

    def widest_first(self) -> list[District]:
        """All of them by their level: countries, then cities, then what lies in those."""
        level = {id: sum(1 for _ in self.ancestors(id)) for id in self.all}
        return sorted(self.all.values(), key=lambda d: (level[d.id], d.id))

    def concerned(self, ids: Iterable[DistrictId]) -> frozenset[DistrictId]:
        """Whose followers a publication for ``ids`` reaches: these, everything inside them, and

        the areas around them, whose followers chose the whole of those. It works both ways: these
        are also the districts that followers of ``ids`` hear of.
        """
        known = [id for id in ids if id in self.all]
        inside = (d.id for id in known for d in self.descendants(id))
        around = (d.id for id in known for d in self.ancestors(id))
        return frozenset((*inside, *around))

    def covers(self, scope: DistrictId | None, id: DistrictId) -> bool:
        """Whether ``scope`` (``None``: everywhere) contains ``id``."""
        return scope is None or any(district.id == scope for district in self.ancestors(id))

    def city(self, id: DistrictId) -> District:
        """The city a district belongs to: the level below the country, or the root itself."""
        line = list(self.ancestors(id))
        return line[-2] if len(line) > 1 else line[-1]

    def by_slug(self, slug: str) -> District | None:
        """The district a poster names."""
        return next((d for d in self.all.values() if d.slug == slug), None)

    def by_name(self, typed: str, *, limit: int = 6) -> list[District]:
        """Districts whose name in any language resembles what was typed, best first.

        A name typed exactly leaves out mere likenesses; the start of any word of a name counts.
        """
        wanted = fold(typed)
        if not wanted:
            return []
        names = sorted({(fold(name), d.id) for d in self.all.values() for name in d.names.values()})
        exact = [name for name, _ in names if name == wanted]
        started = [n for n, _ in names if len(wanted) >= 3 and f" {wanted}" in f" {n}"]
        alike = get_close_matches(wanted, {name for name, _ in names}, n=limit, cutoff=0.75)
        matches = dict.fromkeys([*exact, *started] if exact else [*alike, *started])
        found = [id for match in matches for name, id in names if name == match]
        return [self.all[id] for id in dict.fromkeys(found)][:limit]

    def at(self, longitude: float, latitude: float) -> District | None:
        """The smallest district that covers the point: the deepest in the tree."""
        found = [d for d in self.all.values() if d.covers(longitude, latitude)]
        return max(found, key=lambda d: sum(1 for _ in self.ancestors(d.id)), default=None)

    def nearest(self, longitude: float, latitude: float) -> tuple[District, float] | None:
        """The nearest district with an outline, and its distance in kilometres (to a corner)."""
        scale = cos(radians(latitude))
        away = [
            (hypot((x - longitude) * scale, y - latitude) * KM_PER_DEGREE, d.id)
            for d in self.all.values()
            for ring in d.rings
            for x, y in ring
        ]
        return (self.all[min(away)[1]], min(away)[0]) if away else None


def fold(name: str) -> str:
    """Case, accents and punctuation removed, so that typing need not be exact."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    letters = (c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join("".join(letters).split())


def _inside(ring: Ring, x: float, y: float) -> bool:
    inside = False
    for (x1, y1), (x2, y2) in zip(ring, (*ring[1:], ring[0]), strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside
