"""Servers that count what arrives, away by a jittery way, are used fully and never overrun."""

import heapq
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.delivery.horizon import HOPE, MEMORY, NAP, SAMPLES, SPAN, Horizon, Trips
from bot.delivery.pace import Pace

LATE = 0.002
"""Seconds by which a loop may wake up late."""
COMMIT = 0.005
"""Seconds between asking for leave and being ready to send: a reservation is made durable."""
WARM = 2.0
"""Seconds after which messages arrive as fast as they will."""
AHEAD = 0.015
"""Seconds by which leave is asked ahead, so that the commit is over when its time has come."""


class Server(Protocol):
    """Takes a message that arrives at an instant, or refuses it."""

    def takes(self, now: float) -> bool: ...


class Strict:
    """No more than ``limit`` accepted arrivals in any window of one second."""

    def __init__(self, limit: int) -> None:
        self.limit, self.window = limit, deque[float]()

    def takes(self, now: float) -> bool:
        while self.window and self.window[0] <= now - 1.0:
            self.window.popleft()
        if len(self.window) >= self.limit:
            return False
        self.window.append(now)
        return True


class Leaky:
    """A bucket that holds ``limit`` messages and loses as many in a second."""

    def __init__(self, limit: int) -> None:
        self.limit, self.level, self.since = limit, 0.0, 0.0

    def takes(self, now: float) -> bool:
        self.level = max(0.0, self.level - (now - self.since) * self.limit)
        self.since = now
        if self.level + 1 > self.limit:
            return False
        self.level += 1
        return True


@dataclass(slots=True)
class World:
    """A sender with a backlog, a way, a server, and a virtual clock. ``way``: seconds of the way

    there and of the way back of one message.
    """

    pace: Pace
    server: Server
    way: Callable[[], tuple[float, float]]
    dice: random.Random
    ahead: float = AHEAD
    now: float = 0.0
    taken: int = 0
    refused: int = 0
    flying: int = 0
    ready: int = 0
    departures: list[float] = field(default_factory=list)
    _events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _number: int = 0

    def run(self, seconds: float) -> float:
        """Messages taken per second, counted from when the window has been full for a second."""
        self._ask()
        self.go_on(WARM)
        before = self.taken
        self.go_on(WARM + seconds)
        return (self.taken - before) / seconds

    def go_on(self, until: float) -> None:
        """Let everything happen until an instant."""
        while self._events[0][0] <= until:
            self.now, _, event = heapq.heappop(self._events)
            event()

    def stall(self, seconds: float) -> None:
        """Nothing happens here for so long; what was to happen meanwhile happens then."""
        until = self.now + seconds
        self._events = [(max(at, until), number, event) for at, number, event in self._events]
        heapq.heapify(self._events)

    def _at(self, when: float, event: Callable[[], None]) -> None:
        self._number += 1
        heapq.heappush(self._events, (when, self._number, event))

    def _nap(self, seconds: float, then: Callable[[], None]) -> None:
        self._at(self.now + seconds + self.dice.uniform(1e-6, LATE), then)

    def _ask(self) -> None:
        room = max(3, int(self.pace.rate / 2)) - self.flying
        self.ready = self.pace.permits(self.now + self.ahead, most=room) if room > 0 else 0
        if self.ready:
            self._at(self.now + COMMIT * self.dice.uniform(0.5, 1.5), self._leave)
        else:
            self._nap(
                max(0.0, self.pace.wait(self.now) - self.ahead) if room > 0 else NAP, self._ask
            )

    def _leave(self) -> None:
        while self.ready:
            if (wait := self.pace.wait(self.now)) > 0:
                return self._nap(wait, self._leave)
            self.ready -= 1
            self._send()
        return self._ask()

    def _send(self) -> None:
        sent_at, (there, back) = self.now, self.way()
        self.departures.append(sent_at)
        self.pace.spend(self._number.to_bytes(16), sent_at, group=False)
        self.flying += 1
        self._at(sent_at + there, self._arrive)
        self._at(sent_at + there + back, lambda: self._land(sent_at))

    def _arrive(self) -> None:
        took = self.server.takes(self.now)
        self.taken, self.refused = self.taken + took, self.refused + (not took)

    def _land(self, sent_at: float) -> None:
        self.flying -= 1
        self.pace.landed(sent_at, self.now)


def steady(dice: random.Random) -> tuple[float, float]:
    return 0.08, 0.08


def close(dice: random.Random) -> tuple[float, float]:
    return 0.0005 + dice.uniform(0, 0.003), 0.0005 + dice.uniform(0, 0.003)


def jittery_there(dice: random.Random) -> tuple[float, float]:
    return 0.08 + dice.uniform(0, 0.1), 0.08


def jittery_back(dice: random.Random) -> tuple[float, float]:
    return 0.08, 0.08 + dice.uniform(0, 0.1)


def jittery(dice: random.Random) -> tuple[float, float]:
    return 0.08 + dice.uniform(0, 0.1), 0.08 + dice.uniform(0, 0.1)


def ragged(dice: random.Random) -> tuple[float, float]:
    return 0.03 + dice.expovariate(1 / 0.03), 0.03 + dice.expovariate(1 / 0.03)


WAYS = [steady, jittery_there, jittery_back, jittery, ragged]
Way = Callable[[random.Random], tuple[float, float]]


def world(pace: Pace, server: Server, way: Way, ahead: float = AHEAD) -> World:
    dice = random.Random(1)
    return World(pace, server, lambda: way(dice), dice, ahead)


@pytest.mark.parametrize("way", WAYS)
def test_25_of_the_30_that_a_server_takes_are_used_fully(way: Way) -> None:
    far = world(Pace(25.0), Strict(30), way)
    assert far.run(60) >= 0.99 * 25
    assert far.refused == 0


def test_at_25_a_loop_that_commits_before_it_asks_again_loses_little() -> None:
    far = world(Pace(25.0), Strict(30), jittery_there, ahead=0.0)
    assert far.run(60) >= 0.99 * 25
    assert far.refused == 0


@pytest.mark.parametrize(
    ("way", "share"),
    [(steady, 0.995), (jittery_there, 0.95), (jittery_back, 0.95), (jittery, 0.9), (ragged, 0.93)],
)
def test_a_window_of_30_is_used_as_far_as_the_jitter_of_the_way_allows(
    way: Way, share: float
) -> None:
    far = world(Pace(30.0), Strict(30), way)
    assert far.run(300) >= share * 30
    assert far.refused == 0


@pytest.mark.parametrize(
    ("way", "share"),
    [(steady, 0.99), (jittery_there, 0.97), (jittery_back, 0.97), (jittery, 0.965), (ragged, 0.96)],
)
def test_a_window_of_1000_is_used_nearly_fully_whatever_the_jitter(way: Way, share: float) -> None:
    far = world(Pace(1000.0), Strict(1000), way)
    assert far.run(6) >= share * 1000
    assert far.refused == 0


@pytest.mark.parametrize(
    ("rate", "seconds", "share"), [(25.0, 60, 0.99), (30.0, 60, 0.945), (1000.0, 3, 0.965)]
)
def test_a_server_with_a_leaky_bucket_refuses_nothing_either(
    rate: float, seconds: int, share: float
) -> None:
    pace = Pace(rate)
    far = world(pace, Leaky(pace.horizon.limit), jittery_there)
    assert far.run(seconds) >= share * rate
    assert far.refused == 0


def test_what_a_stall_drove_together_does_not_leave_together_for_ever() -> None:
    """A gap in every later second is where an alert would wait."""
    far = world(Pace(30.0), Strict(30), close)
    far._ask()
    far.go_on(5.0)
    far.stall(0.15)
    far.go_on(30.0)
    late = [b - a for a, b in pairwise(far.departures) if a > 8.0]
    assert max(late) < 2 / 30
    assert far.refused == 0


def test_1000_a_second_are_reached_where_the_server_takes_more() -> None:
    far = world(Pace(1000.0, 2000), Strict(2000), jittery)
    assert far.run(4) >= 0.98 * 1000


def test_a_refusal_halves_the_pace_even_while_the_window_is_full() -> None:
    far = world(Pace(30.0), Strict(30), jittery_there)
    far.run(10)
    far.pace.refused(b"a" * 16, 1.0, far.now)
    far.taken, start = 0, far.now
    far.go_on(start + 5)
    assert far.taken <= 15 * 5 + 6, "with those on their way when it came"


delays = st.floats(min_value=0.0, max_value=0.3)


@given(
    st.integers(min_value=1, max_value=6),
    st.lists(st.tuples(delays, delays, delays), min_size=20, max_size=80),
)
@settings(max_examples=60)
def test_no_jitter_however_spiteful_brings_a_server_more_than_it_takes(
    limit: int, trips: list[tuple[float, float, float]]
) -> None:
    """Each message leaves as soon as it may, and is late on either way as it pleases."""
    horizon, now, arrivals = Horizon(limit), 0.0, list[float]()
    horizon.trips.add(0.1)  # the least way is known: 0.06 s there and 0.04 s back
    horizon.trips.add(0.1)
    answers: list[tuple[float, float]] = []
    for there, back, pause in trips:
        now += pause / limit
        while (wait := horizon.wait(now)) > 0 or horizon.free(now) < 1:
            now += max(wait, 1e-6)
            while answers and answers[0][0] <= now:
                landed, sent_at = heapq.heappop(answers)
                horizon.landed(sent_at, landed)
        horizon.launched(now)
        arrivals.append(now + 0.06 + there)
        heapq.heappush(answers, (now + 0.1 + there + back, now))
    arrivals.sort()
    window = Strict(limit)
    assert all(window.takes(arrival) for arrival in arrivals)


def test_a_place_is_taken_until_a_second_after_the_answer_less_the_least_trip() -> None:
    horizon = Horizon(1)
    for start in (0.0, 10.0):
        horizon.launched(start)
        assert horizon.wait(start + 0.1) == NAP
        horizon.landed(start, start + 0.2)
    assert horizon.trips.low == pytest.approx(0.2)
    assert horizon.wait(10.2) == pytest.approx(SPAN - 0.2)
    assert horizon.free(10.2 + SPAN - 0.2 - 1e-6) == 0
    assert horizon.free(10.2 + SPAN - 0.2 + 1e-6) == 1
    assert horizon.wait(11.1) == 0


def test_a_look_ahead_changes_nothing() -> None:
    horizon = Horizon(1)
    horizon.launched(0.0)
    horizon.landed(0.0, 0.2)
    assert horizon.free(5.0) == 1
    assert horizon.free(0.3) == 0


def test_a_message_without_an_answer_gives_its_place_back_at_last() -> None:
    horizon = Horizon(2)
    horizon.launched(0.0)
    horizon.launched(SPAN + HOPE - 0.01)
    assert horizon.free(SPAN + HOPE - 0.01) == 0
    assert horizon.wait(SPAN + HOPE - 0.01) == NAP
    assert horizon.free(SPAN + HOPE + 0.001) == 1
    assert horizon.wait(SPAN + HOPE + 0.001) == 0
    horizon.landed(SPAN + HOPE - 0.01, SPAN + HOPE + 0.1)
    assert horizon.free(SPAN + HOPE + 0.1) == 1


def test_a_message_that_was_lost_holds_its_place_for_a_second() -> None:
    horizon = Horizon(1)
    horizon.launched(0.0)
    horizon.lost(0.0)
    assert horizon.free(0.5) == 0
    assert horizon.free(SPAN) == 1
    assert len(horizon.trips) == 0, "nothing was learned about the way"


def test_what_was_lost_may_have_arrived_until_the_last_thing_that_happened() -> None:
    horizon = Horizon(2)
    horizon.launched(0.0)
    horizon.launched(0.7)
    horizon.lost(0.0)
    assert horizon.free(SPAN + 0.699) == 0
    assert horizon.free(SPAN + 0.701) == 1


def test_an_answer_is_matched_though_its_start_was_noted_a_little_later() -> None:
    horizon = Horizon(3)
    horizon.launched(0.0)
    horizon.launched(0.001)
    horizon.landed(0.0015, 0.2)
    horizon.landed(0.0005, 0.21)
    later = SPAN - horizon.trips.low + 0.001
    assert [horizon.free(answer + later) for answer in (0.19, 0.2, 0.21)] == [1, 2, 3]


def test_an_album_takes_a_place_for_each_of_its_items() -> None:
    horizon = Horizon(10)
    horizon.launched(0.0, cost=8)
    assert horizon.free(0.0) == 2
    horizon.landed(0.0, 0.2, cost=8)
    assert horizon.wait(0.3, cost=2) == 0
    assert horizon.wait(0.3, cost=3) == pytest.approx(0.2 + SPAN - 0.3)
    assert horizon.free(0.201 + SPAN) == 10


def test_an_answer_to_what_nobody_sent_frees_nothing() -> None:
    horizon = Horizon(2)
    horizon.launched(5.0)
    horizon.landed(1.0, 5.1)
    assert horizon.free(5.1) == 1


@given(st.lists(st.floats(min_value=0.0, max_value=60.0), min_size=2, max_size=60))
def test_the_least_trip_is_below_all_that_were_seen_and_the_mean_among_them(
    trips: list[float],
) -> None:
    seen = Trips()
    for trip in trips:
        seen.add(trip)
    assert 0 <= seen.low <= min(trips)
    assert min(trips) - 1e-9 <= seen.mean <= max(trips) + 1e-9
    assert 0 <= seen.spread <= max(trips) - min(trips) + 1e-9


def test_the_least_trip_lies_close_below_many_that_were_seen() -> None:
    dice, seen = random.Random(1), Trips()
    for _ in range(MEMORY):
        seen.add(dice.uniform(0.16, 0.26))
    assert 0.159 <= seen.low <= 0.16
    assert seen.mean == pytest.approx(0.21, abs=0.002)
    assert seen.spread == pytest.approx(0.1 / 3, abs=0.002)


def test_old_trips_are_forgotten_when_the_way_has_changed() -> None:
    seen = Trips()
    for trip in [0.1] * MEMORY + [0.5] * MEMORY:
        seen.add(trip)
    assert len(seen) == MEMORY
    assert seen.low == pytest.approx(0.5)
    assert seen.mean == pytest.approx(0.5)
    assert seen.spread == pytest.approx(0)


def test_no_more_trips_are_remembered_than_a_hundred_a_second() -> None:
    horizon = Horizon(1000)
    for n in range(1000):
        horizon.launched(n / 1000)
        horizon.landed(n / 1000, n / 1000 + 0.1)
    assert len(horizon.trips) == SAMPLES
