"""The pace is never exceeded, whatever is asked of it and whatever Telegram answers."""

from itertools import count, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.delivery.horizon import HOPE, NAP, SPAN
from bot.delivery.pace import CALM, CHAT_GAP, FREE, GROUP_LIMIT, GROUP_SPAN, IDLE, PAID, Pace

A, B, C = b"a" * 16, b"b" * 16, b"c" * 16
TRIP = 0.1
"""Seconds after which every message is answered here."""


def ready(pace: Pace, now: float, landing: list[float], cost: int = 1) -> float:
    """The first instant at which a message may leave; answers come in the meantime."""
    while (wait := pace.wait(now, cost)) > 0:
        assert 0 < wait < 60
        now += wait
        while landing and landing[0] + TRIP <= now:
            pace.landed(landing[0], landing.pop(0) + TRIP)
    return now


def send_all(pace: Pace, wanted: list[tuple[bytes, bool]], start: float = 0.0) -> list[float]:
    """Send in order, each as soon as it may; returns when each left."""
    now, left, landing = start, list[float](), list[float]()
    for tag, group in wanted:
        now = ready(pace, now, landing)
        if (opening := pace.opening(tag, now)) > 0:
            now = ready(pace, now + opening + 1e-6, landing)
        pace.spend(tag, now, group=group)
        left.append(now)
        landing.append(now)
    return left


def strangers(number: int) -> list[tuple[bytes, bool]]:
    """So many chats that were never written to."""
    return [(n.to_bytes(16), False) for n in range(number)]


def most_in(times: list[float], span: float) -> int:
    """The greatest number of instants in any half-open window of so many seconds."""
    return max(sum(1 for other in times if t <= other < t + span) for t in times)


pauses = st.one_of(st.just(0.0), st.floats(0, 0.06), st.floats(0, 3))


@given(
    st.floats(min_value=1, max_value=60),
    st.lists(st.tuples(pauses, st.integers(1, 3), st.booleans()), max_size=150),
)
@settings(max_examples=80)
def test_no_second_ever_holds_more_than_the_rate(
    rate: float, wakes: list[tuple[float, int, bool]]
) -> None:
    """Asked at any instants, for one message, some or an album; answered at once, or never."""
    pace, now, left, tags = Pace(rate, 100), 0.0, list[float](), count()
    for pause, number, answered in wakes:
        now += pause
        room = pace.permits(now)
        assert pace.wait(now) < 1e-5 if room else pace.wait(now) > 0 or pace.permits(now + 1e-5)
        album = pace.wait(now, number) == 0 and number <= rate
        for cost in [number] if album else [1] * min(number, room):
            pace.spend(next(tags).to_bytes(16), now, group=False, cost=cost)
            left += [now] * cost
            if answered:
                pace.landed(now, now, cost)
    if left:
        assert most_in(left, 1.0) <= rate


@given(st.floats(min_value=1, max_value=25), st.integers(min_value=2, max_value=100))
@settings(max_examples=40)
def test_messages_that_wait_leave_evenly(rate: float, number: int) -> None:
    left = send_all(Pace(rate), strangers(number))
    slot = 1 / int(rate)
    assert min(b - a for a, b in pairwise(left)) >= 1 / rate - 1e-5
    assert left[-1] <= (number - 1) * slot * 1.001 + slot


@given(st.floats(min_value=IDLE + 0.05, max_value=1000), st.integers(1, 20))
def test_silence_is_not_saved_up(silence: float, sent: int) -> None:
    pace = Pace(25.0)
    last = send_all(pace, strangers(sent))[-1]
    now = last + silence
    assert pace.permits(now) <= 1
    start = send_all(pace, strangers(3), now)
    assert min(b - a for a, b in pairwise(start)) >= 0.04 - 1e-5


def test_a_late_wake_up_loses_no_slot_and_makes_no_burst() -> None:
    pace, tags = Pace(25.0), count()
    pace.spend(A, 0.0, group=False)
    left = []
    for n in range(1, 100):  # each wake-up is 2 ms late, the tenth 100 ms
        now = n * 0.02 + (0.1 if n == 10 else 0.002)
        for _ in range(pace.permits(now)):
            pace.spend(next(tags).to_bytes(16), now, group=False)
            pace.landed(now, now)
            left.append(now)
    assert len(left) == 49
    assert most_in(left, 0.001) == 1
    assert most_in(left, 0.1) <= 6


def test_at_1000_a_second_about_ten_leave_together_every_ten_milliseconds() -> None:
    pace, tags, rooms = Pace(1000.0, 2000), count(), []
    for tick in range(300):
        now = tick / 100
        rooms.append(pace.permits(now))
        for _ in range(rooms[-1]):
            pace.spend(next(tags).to_bytes(16), now, group=False)
            pace.landed(now, now)
    assert rooms[0] == 1
    assert max(rooms) <= 12
    assert sum(rooms) >= 0.99 * 3000


def test_no_more_is_permitted_than_was_asked_for() -> None:
    pace = Pace(1000.0)
    pace.spend(A, 0.0, group=False)
    assert pace.permits(0.01) == 10
    assert pace.permits(0.01, most=4) == 4
    assert pace.permits(0.01, most=0) == 0


def test_what_leaves_in_a_moment_may_be_asked_ahead() -> None:
    pace = Pace(25.0)
    pace.spend(A, 0.0, group=False)
    assert pace.permits(0.03) == 0
    assert pace.permits(0.03 + 0.01) == 1
    assert pace.wait(0.03) == pytest.approx(0.01)


def test_the_configured_rate_is_used() -> None:
    left = send_all(Pace(25.0), strangers(251))
    assert left[-1] == pytest.approx(10.0, rel=0.01)


def test_an_album_uses_a_slot_for_each_of_its_items() -> None:
    pace = Pace(25.0)
    pace.spend(A, 0.0, group=False, cost=10)
    assert pace.wait(0.0) == pytest.approx(0.4)
    assert pace.wait(0.5, cost=16) == pytest.approx(0.5, abs=1e-3), "26 in one second"
    assert pace.wait(0.5, cost=15) == 0
    assert pace.wait(2.0, cost=99) < NAP + 0.01, "more than there is room for takes all of it"


def test_a_server_s_window_is_known_from_the_rate() -> None:
    assert [Pace(rate).limit for rate in (1.0, 30.0, 31.0, 1000.0, 5000.0)] == [
        FREE,
        FREE,
        PAID,
        PAID,
        5000,
    ]
    assert Pace(25.0, 50).limit == 50


def test_without_answers_no_more_leaves_than_the_server_s_window_holds() -> None:
    pace, tags, now = Pace(30.0, 20), count(), 0.0
    left = list[float]()
    while now < SPAN + HOPE:
        if pace.permits(now):
            pace.spend(next(tags).to_bytes(16), now, group=False)
            left.append(now)
        wait = pace.wait(now)
        assert wait <= NAP, "an answer may come at any time"
        now += max(wait, 0.001)
    assert len(left) == 20
    assert pace.permits(now + 0.1) == 1


tags = st.sampled_from([A, B, C])
refusals = st.sampled_from([None, None, None, 1.0, 5.0])


@given(st.lists(st.tuples(tags, st.booleans(), st.floats(0, 3), refusals), max_size=80))
@settings(max_examples=80)
def test_a_closed_chat_gets_nothing_and_no_chat_more_than_one_a_second(
    steps: list[tuple[bytes, bool, float, float | None]],
) -> None:
    pace, now = Pace(25.0), 0.0
    last: dict[bytes, float] = {}
    shut: dict[bytes, float] = {}
    for tag, group, pause, refusal in steps:
        now += pause
        if pace.permits(now) == 0 or pace.opening(tag, now) > 0:
            continue
        assert now >= shut.get(tag, 0.0)
        assert now - last.get(tag, -10.0) >= CHAT_GAP - 1e-9
        pace.spend(tag, now, group=group)
        pace.landed(now, now)
        last[tag] = now
        if refusal is None:
            pace.accepted()
        else:
            pace.refused(tag, refusal, now)
            shut[tag] = now + refusal


@given(st.lists(st.tuples(st.floats(0, 20), st.integers(1, 10)), max_size=60))
@settings(max_examples=60)
def test_a_group_never_gets_more_than_its_limit_a_minute(
    messages: list[tuple[float, int]],
) -> None:
    pace, now, left = Pace(25.0), 0.0, list[float]()
    for pause, cost in messages:
        now += pause
        if pace.opening(A, now, cost) == 0:
            pace.spend(A, now, group=True, cost=cost)
            left += [now] * cost
    if left:
        assert most_in(left, 60.0) <= GROUP_LIMIT


def test_a_group_is_written_to_as_often_as_it_may_be() -> None:
    left = send_all(Pace(25.0), [(A, True)] * 60)
    assert most_in(left, 60.0) == GROUP_LIMIT
    assert left[GROUP_LIMIT] - left[0] == pytest.approx(GROUP_SPAN)


def test_the_items_of_an_album_count_one_by_one_in_a_group() -> None:
    pace = Pace(25.0, chat_gap=0.0)
    pace.spend(A, 0.0, group=True, cost=10)
    assert pace.opening(A, 1.0, cost=8) == 0
    assert pace.opening(A, 1.0, cost=9) == pytest.approx(GROUP_SPAN - 1)
    pace.spend(A, 1.0, group=True, cost=8)
    assert pace.opening(A, 2.0) == pytest.approx(GROUP_SPAN - 2)
    assert pace.opening(A, GROUP_SPAN) == 0


def test_a_refusal_closes_that_chat_only() -> None:
    pace = Pace(25.0)
    pace.refused(A, 5.0, 0.0)
    assert pace.opening(A, 4.9) == pytest.approx(0.1)
    assert pace.opening(A, 5.0) == 0
    assert pace.opening(B, 0.0) == 0
    assert pace.permits(0.1) == 1


def test_a_refusal_halves_the_rate_which_recovers_by_a_25th_each_clean_step() -> None:
    pace = Pace(24.0, step=10.0)
    pace.refused(A, 1.0, 0.0)
    assert pace.speed(0.0) == 12
    assert pace.speed(9.9) == 12
    assert pace.speed(10.0) == pytest.approx(12.96)
    assert pace.speed(50.0) == pytest.approx(16.8)
    pace.refused(A, 1.0, 50.0)
    assert pace.speed(59.9) == pytest.approx(8.4)
    assert pace.speed(3600.0) == 24


def test_the_rate_that_was_halved_is_kept_when_messages_wait() -> None:
    pace = Pace(24.0)
    pace.refused(A, 1.0, 0.0)
    left = send_all(pace, strangers(100))
    assert most_in([t for t in left if t < 9], 1.0) <= 13


def test_refusals_within_a_second_halve_the_rate_once() -> None:
    pace = Pace(24.0)
    for n in range(5):
        pace.refused(A, 1.0, n * CALM / 5)
    assert pace.speed(0.9) == 12
    pace.refused(A, 1.0, CALM)
    assert pace.speed(CALM) == 6


@given(st.integers(min_value=1, max_value=1000), st.integers(min_value=1, max_value=30))
def test_no_number_of_refusals_brings_the_rate_below_an_eighth(rate: int, refusals: int) -> None:
    pace = Pace(float(rate))
    for n in range(refusals):
        pace.refused(A, 1.0, n * 2.0)
    assert pace.speed(refusals * 2.0) >= max(1.0, rate / 8)
    assert pace.speed(refusals * 2.0 + 25 * pace.step) == rate


def test_three_refusals_in_a_row_close_everything_for_the_longest_of_them() -> None:
    pace = Pace(25.0)
    pace.refused(A, 20.0, 0.0)
    pace.refused(B, 2.0, 1.0)
    assert pace.permits(2.0) == 1
    pace.refused(C, 1.0, 2.0)
    assert pace.permits(19.9) == 0
    assert pace.wait(2.0) == pytest.approx(18.0)
    assert pace.permits(20.0) == 1


def test_a_message_that_arrives_ends_the_row_of_refusals() -> None:
    pace = Pace(25.0)
    pace.refused(A, 20.0, 0.0)
    pace.refused(B, 20.0, 1.0)
    pace.accepted()
    pace.refused(C, 20.0, 2.0)
    assert pace.permits(3.0) == 1


def test_what_was_served_is_forgotten() -> None:
    pace, now = Pace(1000.0, chat_gap=1.05), 0.0
    for n in range(5000):
        now += 0.001
        pace.spend(n.to_bytes(16), now, group=n % 100 == 0)
        if n % 20 == 10:
            pace.lost(now)
        elif n % 20:
            pace.landed(now, now)
        assert len(pace._chats) <= 1200
        assert len(pace.horizon._flying) <= 0.05 * 1000 * (SPAN + HOPE) + 1
        assert len(pace._sent) <= 1001
    pace.spend(A, now + GROUP_SPAN + 1, group=False)
    assert set(pace._chats) == {A}
    assert len(pace._leaving) == 1
    assert len(pace._sent) == 1
    assert pace.horizon.free(now + GROUP_SPAN + 1) == 999


def test_a_rate_or_a_window_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Pace(0.5)
    with pytest.raises(ValueError, match="takes nothing"):
        Pace(1.0, 0)
