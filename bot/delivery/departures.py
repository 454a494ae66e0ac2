"""What is reserved and leaves at its instant, a few milliseconds from now."""

from dataclasses import dataclass, field

from bot.domain.outbox import Lane
from storage.parcels import Parcel


@dataclass(slots=True)
class _Departure:
    parcel: Parcel
    overtaken: bool = False


@dataclass(slots=True)
class Departures:
    """First come, first served; but what is more urgent passes, each of the others once at most, so

    that nothing waits here for good.
    """

    _line: list[_Departure] = field(default_factory=list)

    def __len__(self) -> int:
        """Messages that have not left."""
        return len(self._line)

    def add(self, parcel: Parcel) -> None:
        """One more, before those that let it pass."""
        at = len(self._line) - self.giving_way(parcel.lane)
        for other in self._line[at:]:
            other.overtaken = True
        self._line.insert(at, _Departure(parcel))

    def pop(self) -> Parcel:
        """Who leaves now."""
        return self._line.pop(0).parcel

    def giving_way(self, lane: Lane) -> int:
        """How many would let a message of a lane pass: all at the end of the line."""
        count = 0
        for other in reversed(self._line):
            if other.overtaken or other.parcel.lane <= lane:
                break
            count += 1
        return count
