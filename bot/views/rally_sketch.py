"""The answers of a rally's form so far, as they are kept between two messages."""

from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from bot.domain.assembly import Facts, Type, public_place, public_point
from bot.domain.districts import DistrictId, Districts
from bot.domain.errors import Refused
from bot.domain.rallies import Rally
from bot.domain.times import DayPast, Instant, ahead, instant
from bot.domain.typed import Typed


class MixedZones(Refused):
    """The districts have different clocks: that takes two announcements."""

    key = "rally-error-zones"


class Step(StrEnum):
    """The questions in order, then the preview."""

    TYPE = "type"
    DISTRICTS = "districts"
    DAY = "day"
    TIME = "time"
    PLACE = "place"
    PREVIEW = "preview"


ORDER = tuple(Step)


class Sketch(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answers so far. ``rally`` is an existing one (0: none yet), ``change`` says that it is

    public and this proposes another time or place; ``only`` leads straight back to the preview.
    """

    step: Step = Step.TYPE
    type: Type | None = None
    districts: tuple[int, ...] = ()
    day: date | None = None
    at: time | None = None
    place: str = ""
    point: tuple[float, float] | None = None
    staged: bool = False
    rally: int = 0
    change: bool = False
    only: bool = False
    page: int = 0

    def go(self, **answers: object) -> "Sketch":
        """With these answers, at the next question (or the preview when that was all)."""
        after = msgspec.structs.replace(self, **answers)
        if after.only or after.step is Step.PREVIEW:
            return msgspec.structs.replace(after, step=Step.PREVIEW, only=False)
        return msgspec.structs.replace(after, step=ORDER[ORDER.index(after.step) + 1])

    def back(self) -> "Sketch":
        """At the question before."""
        if self.only:
            return msgspec.structs.replace(self, step=Step.PREVIEW, only=False)
        return msgspec.structs.replace(self, step=ORDER[max(0, ORDER.index(self.step) - 1)])

    @classmethod
    def of(cls, rally: Rally, *, change: bool) -> "Sketch":
        """Filled with what a rally says, at the preview."""
        facts = rally.facts
        wall = facts.starts_at.astimezone(ZoneInfo(facts.zone))
        return cls(
            step=Step.PREVIEW,
            type=facts.type,
            districts=tuple(sorted(facts.districts)),
            day=wall.date(),
            at=wall.time(),
            place=facts.place,
            point=facts.point,
            staged=facts.staged,
            rally=rally.id,
            change=change,
        )

    def toggle(self, id: DistrictId, tree: Districts) -> "Sketch":
        """Choose a district, or choose it no longer; all must have one clock."""
        kept = [d for d in self.districts if d != id]
        if id not in self.districts:
            kept.append(id)
        if len({tree.get(DistrictId(d)).zone for d in kept}) > 1:
            raise MixedZones
        return msgspec.structs.replace(self, districts=tuple(kept))

    def when(self, typed: Typed, tree: Districts, now: datetime) -> "Sketch":
        """Take a day, an hour or both; ``PastTime`` and ``DayPast`` refuse what has passed."""
        day, at = typed.day or self.day, typed.at or self.at
        both = typed.day is not None and typed.at is not None
        if day is None or at is None or not (both or self.only or self.step is Step.TIME):
            if day is not None and day < self.today(tree, now):
                raise DayPast
            return self.go(day=day)
        ahead(instant(day, at, self.zone(tree)), now)
        step = self.step if self.only else Step.TIME
        return msgspec.structs.replace(self, step=step).go(day=day, at=at)

    def named(self, words: str) -> "Sketch":
        """Take the place in words; right after a shared location they name that point."""
        shared = self.point is not None and self.place == coordinates(self.point)
        return self.go(place=public_place(words), point=self.point if shared else None)

    def located(self, latitude: float, longitude: float, words: str = "") -> "Sketch":
        """Take a shared location, with the words of a venue if there are any."""
        point = public_point(latitude, longitude)
        return self.go(place=public_place(words) if words else coordinates(point), point=point)

    def today(self, tree: Districts, now: datetime) -> date:
        """The date where the rally is."""
        return now.astimezone(ZoneInfo(self.zone(tree))).date()

    def zone(self, tree: Districts) -> str:
        """The IANA zone of the chosen districts; UTC before any is chosen."""
        known = [tree.all[DistrictId(d)].zone for d in self.districts if d in tree.all]
        return known[0] if known else "UTC"

    def start(self, tree: Districts) -> Instant | None:
        """The start, once day and time are known."""
        if self.day is None or self.at is None:
            return None
        return instant(self.day, self.at, self.zone(tree))

    def facts(self, tree: Districts) -> Facts | None:
        """What would be announced, once everything is answered."""
        start = self.start(tree)
        if start is None or self.type is None or not self.place or not self.districts:
            return None
        return Facts(
            type=self.type,
            starts_at=start.at,
            zone=start.zone,
            place=self.place,
            districts=frozenset(DistrictId(d) for d in self.districts),
            point=self.point,
            staged=self.staged,
        )


def coordinates(point: tuple[float, float]) -> str:
    """(latitude, longitude) as the words of a place."""
    return f"{point[0]:.4f}, {point[1]:.4f}"
