"""The answers of a rally's form so far, as they are kept between two messages."""

from datetime import date, time
from enum import StrEnum

import msgspec

from bot.domain.assembly import Facts, Type
from bot.domain.districts import DistrictId, Districts
from bot.domain.times import Instant, instant


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
