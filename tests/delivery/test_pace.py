"""The pace is never exceeded, whatever is asked of it and whatever Telegram answers."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.delivery.pace import CHAT_GAP, GROUP_LIMIT, GROUP_SPAN, MINUTE, Pace

A, B, C = b"a" * 16, b"b" * 16, b"c" * 16


def send_all(pace: Pace, wanted: list[tuple[bytes, bool]], start: float = 0.0) -> list[float]:
    """Send in order, each as soon as it may; returns when each left."""
    now, left = start, list[float]()
    for tag, group in wanted:
        while (wait := pace.wait(now)) > 0:
            now += wait
        while tag in pace.closed(now):
            opening = pace.opening(now)
            assert opening is not None
            now += max(opening, 1e-6)
        while (wait := pace.wait(now)) > 0:
            now += wait
        pace.spend(tag, now, group=group)
        left.append(now)
    return left


def most_in(times: list[float], span: float) -> int:
    """The greatest number of instants in any half-open window of so many seconds."""
    return max(sum(1 for other in times if t <= other < t + span - 1e-9) for t in times)


@given(st.floats(min_value=1, max_value=60), st.integers(min_value=2, max_value=150))
@settings(max_examples=40)
def test_no_second_ever_holds_more_than_the_rate(rate: float, count: int) -> None:
    left = send_all(Pace(rate, chat_gap=0.0), [(n.to_bytes(16), False) for n in range(count)])
    assert most_in(left, 1.0) <= rate
    assert min(b - a for a, b in pairwise(left)) >= 1 / rate - 1e-9


@given(
    st.lists(
        st.tuples(
            st.sampled_from([A, B, C]),
            st.floats(min_value=0, max_value=3),
            st.sampled_from([None, None, None, 1.0, 5.0]),
        ),
        max_size=80,
    )
)
@settings(max_examples=60)
def test_a_closed_chat_gets_nothing_and_no_chat_more_than_one_a_second(
    steps: list[tuple[bytes, float, float | None]],
) -> None:
    pace, now = Pace(25.0), 0.0
    last: dict[bytes, float] = {}
    shut: dict[bytes, float] = {}
    for tag, pause, refusal in steps:
        now += pause
        if pace.wait(now) > 0 or tag in pace.closed(now):
            continue
        assert now >= shut.get(tag, 0.0)
        assert now - last.get(tag, -10.0) >= CHAT_GAP - 1e-9
        pace.spend(tag, now, group=False)
        last[tag] = now
        if refusal is None:
            pace.accepted()
        else:
            pace.refused(tag, refusal, now)
            shut[tag] = now + refusal


def test_a_group_gets_no_more_than_its_limit_a_minute() -> None:
    left = send_all(Pace(25.0), [(A, True)] * 60)
    assert most_in(left, MINUTE) <= GROUP_LIMIT
    assert left[GROUP_LIMIT] - left[0] == pytest.approx(GROUP_SPAN)


def test_the_items_of_an_album_count_one_by_one() -> None:
    pace = Pace(25.0, chat_gap=0.0)
    pace.spend(A, 0.0, group=True, cost=10)
    pace.spend(A, 1.0, group=True, cost=8)
    assert A in pace.closed(2.0)
    assert A not in pace.closed(GROUP_SPAN)


def test_the_configured_rate_is_used() -> None:
    left = send_all(Pace(25.0), [(n.to_bytes(16), False) for n in range(251)])
    assert left[-1] == pytest.approx(10.0, rel=0.01)


def test_a_refusal_closes_that_chat_only() -> None:
    pace = Pace(25.0)
    pace.refused(A, 5.0, 0.0)
    assert pace.closed(4.9) == {A}
    assert pace.closed(5.0) == frozenset()
    assert pace.wait(0.1) == 0


def test_a_refusal_halves_the_rate_which_recovers_by_one_each_clean_minute() -> None:
    pace = Pace(24.0)
    pace.refused(A, 1.0, 0.0)
    assert pace.speed(0.0) == 12
    assert pace.speed(MINUTE - 1) == 12
    assert pace.speed(MINUTE) == 13
    assert pace.speed(5 * MINUTE) == 17
    assert pace.speed(60 * MINUTE) == 24


def test_three_refusals_in_a_row_close_everything_for_the_longest_of_them() -> None:
    pace = Pace(25.0)
    pace.refused(A, 20.0, 0.0)
    pace.refused(B, 2.0, 1.0)
    assert pace.wait(2.0) == 0
    pace.refused(C, 1.0, 2.0)
    assert pace.wait(2.0) == pytest.approx(18.0)
    assert pace.wait(20.0) == 0


def test_a_message_that_arrives_ends_the_row_of_refusals() -> None:
    pace = Pace(25.0)
    pace.refused(A, 20.0, 0.0)
    pace.refused(B, 20.0, 1.0)
    pace.accepted()
    pace.refused(C, 20.0, 2.0)
    assert pace.wait(3.0) == 0


def test_a_chat_that_was_served_is_forgotten() -> None:
    pace = Pace(1000.0)
    for n in range(500):
        pace.spend(n.to_bytes(16), n / 100, group=False)
    pace.closed(1000.0)
    assert pace._chats == {}


def test_a_rate_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Pace(0.5)
