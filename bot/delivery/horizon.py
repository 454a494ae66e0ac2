"""How full the window of the far server may be, told from here. Pure; seconds are monotonic.

A server that takes ``limit`` messages in any second counts them as they arrive, which nobody here
sees. What left at L and was answered at A arrived between L + the least way there and A - the least
way back, and what leaves next arrives no earlier than its start + the least way there. So its place
is free, for certain and whatever part of a trip was spent on which way, at A + 1 - the least round
trip. That costs the mean delay beyond the least one. Where many share the window, the mean may be
counted on instead, if some places stay empty for chance. The better of both is used.
"""

import math
from bisect import bisect_left, bisect_right, insort
from collections import deque
from dataclasses import dataclass, field

SPAN = 1.0001
"""Seconds over which the server counts, and a hair for the difference of two clocks."""
HOPE = 2.0
"""Seconds beyond ``SPAN`` after which what was not answered gives its place back all the same."""
NAP = 0.05
"""Seconds after which to ask again when only an answer can free a place."""
MEMORY = 2048
"""Round trips that are remembered: about a minute at 30/s."""
SAMPLES = 100
"""Of so many in a second one each is remembered. Taken by number: whoever takes the first after

some time takes those that waited for a stall to end.
"""
EDGE = 16
"""So many of the shortest trips tell how close to the least one they lie."""
DOUBT = 5.0
"""Times that distance by which the least trip may be shorter than any seen (wrong in e^-5)."""
ENOUGH = 64
"""Trips from which a mean may be told."""
CHANCE = 5.5
"""Standard deviations of what arrives in a second that are left free where the mean is used."""


@dataclass(slots=True)
class Trips:
    """The last round trips, in seconds: the least there can be, their mean and their spread (the

    mean difference between one trip and the next).
    """

    low: float = 0.0
    mean: float = 0.0
    spread: float = 0.0
    _ring: deque[float] = field(default_factory=deque)
    _ranked: list[float] = field(default_factory=list)
    _sum: float = 0.0
    _steps: float = 0.0

    def __len__(self) -> int:
        return len(self._ring)

    def add(self, trip: float) -> None:
        """Remember one more, in seconds; the oldest beyond ``MEMORY`` is forgotten."""
        if self._ring:
            self._steps += abs(trip - self._ring[-1])
        self._ring.append(trip)
        insort(self._ranked, trip)
        self._sum += trip
        if len(self._ring) > MEMORY:
            self._forget_oldest()
        if (steps := len(self._ring) - 1) > 0:
            self.low = self._least(min(EDGE, steps))
            self.mean = self._sum / (steps + 1)
            self.spread = max(0.0, self._steps / steps)

    def _forget_oldest(self) -> None:
        old = self._ring.popleft()
        del self._ranked[bisect_left(self._ranked, old)]
        self._sum -= old
        self._steps -= abs(self._ring[0] - old)

    def _least(self, edge: int) -> float:
        first = self._ranked[0]
        return max(0.0, first - DOUBT * (self._ranked[edge] - first) / edge)


class _Answered:
    """Places of answered messages, in the order of the answers: when each was given, how many."""

    __slots__ = ("places", "total")

    def __init__(self) -> None:
        self.places: deque[tuple[float, int]] = deque()
        self.total = 0

    def add(self, now: float, cost: int) -> None:
        self.places.append((now, cost))
        self.total += cost

    def forget(self, until: float) -> None:
        """Drop what was answered no later than this."""
        while self.places and self.places[0][0] <= until:
            self.total -= self.places.popleft()[1]

    def since(self, until: float) -> int:
        """Places of what was answered later than this; forgets nothing."""
        left = self.total
        for when, cost in self.places:
            if when > until:
                break
            left -= cost
        return left

    def freeing(self, places: int) -> float | None:
        """When that was answered with which so many places go; ``None`` if there are fewer."""
        for when, cost in self.places:
            places -= cost
            if places <= 0:
                return when
        return None


class Horizon:
    """Places in the window of a server that takes ``limit`` (at least 1) per second.

    ``free`` and ``wait`` change nothing, and may be asked about an instant to come.
    """

    __slots__ = ("_count", "_crowd", "_flying", "_latest", "_likely", "_sure", "limit", "trips")

    def __init__(self, limit: int) -> None:
        self.limit, self.trips = limit, Trips()
        self._flying: list[float] = []
        self._sure, self._likely = _Answered(), _Answered()
        self._latest = float("-inf")
        self._count = self._crowd = 0

    def launched(self, now: float, cost: int = 1) -> None:
        """A message of so many items leaves, and takes its places."""
        self._pass(now)
        self._flying.extend([now] * cost)

    def landed(self, sent_at: float, now: float, cost: int = 1) -> None:
        """It was answered, in whatever way. ``sent_at`` need not be exact."""
        self._pass(now)
        self._count += 1
        if self._count * SAMPLES >= self.limit:
            self._count = 0
            self.trips.add(max(0.0, now - sent_at))
            self._crowd = self._crowded()
        self._answered(sent_at, now, cost)

    def lost(self, sent_at: float, cost: int = 1) -> None:
        """No answer will come; it may have arrived until the last instant that is known here."""
        self._answered(sent_at, max(sent_at, self._latest), cost)

    def free(self, now: float) -> int:
        """Places free at an instant; negative when fewer are given than are taken."""
        answered, limit, trip = self._rule()
        return limit - self._hoped_for(now) - answered.since(now - SPAN + trip)

    def wait(self, now: float, cost: int = 1) -> float:
        """Seconds until so many places may be free (0: now), at most ``NAP`` where only answers

        that have not come can free them.
        """
        answered, limit, trip = self._rule()
        lacking = self._hoped_for(now) + answered.total + cost - limit
        if lacking <= 0:
            return 0.0
        freeing = answered.freeing(lacking)
        return NAP if freeing is None else max(0.0, freeing + SPAN - trip - now)

    def _hoped_for(self, now: float) -> int:
        """Messages whose answer may still come."""
        return len(self._flying) - self._given_up(now)

    def _given_up(self, now: float) -> int:
        until = now - SPAN - HOPE
        if not self._flying or self._flying[0] > until:
            return 0
        return bisect_right(self._flying, until)

    def _rule(self) -> tuple[_Answered, int, float]:
        """Who is counted, how many there may be, and what part of a trip is given back."""
        if self._crowd:
            return self._likely, self._crowd, self.trips.mean
        return self._sure, self.limit, self.trips.low

    def _crowded(self) -> int:
        """How many there may be if the mean is counted on; 0 where certainty allows more.

        Arrivals of evenly spaced messages in a second have a variance of limit × spread / 2.
        """
        trips, limit = self.trips, self.limit
        crowd = int(limit - CHANCE * math.sqrt(limit * trips.spread / 2))
        certain = limit * SPAN / (SPAN + trips.mean - trips.low)
        return crowd if len(trips) >= ENOUGH and crowd > certain else 0

    def _answered(self, sent_at: float, now: float, cost: int) -> None:
        at = bisect_right(self._flying, sent_at)
        if found := self._flying[max(0, at - cost) : at]:
            del self._flying[max(0, at - cost) : at]
            self._sure.add(now, len(found))
            self._likely.add(now, len(found))

    def _pass(self, now: float) -> None:
        """Time went on: give back what is free by now."""
        self._latest = now
        self._sure.forget(now - SPAN + self.trips.low)
        self._likely.forget(now - SPAN + self.trips.mean)
        if given_up := self._given_up(now):
            del self._flying[:given_up]
