"""Sources are polled as often as is useful, and never more often than they bear."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.rhythm import Asked, Rhythm, is_our_outage, next_poll

NOW = datetime(2026, 11, 21, 10, 40, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
USUAL = Rhythm()
spans = st.none() | st.timedeltas(timedelta(), timedelta(days=400))


def minutes(asked: Asked, *, rhythm: Rhythm = USUAL, failures: int = 0) -> float:
    """Minutes until the next poll."""
    return (next_poll(NOW, rhythm=rhythm, asked=asked, failures=failures) - NOW) / MINUTE


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (Asked(), 15),
        (Asked(ttl=MINUTE), 15),
        (Asked(ttl=30 * MINUTE), 30),
        (Asked(ttl=20 * MINUTE, max_age=40 * MINUTE), 40),
        (Asked(ttl=timedelta(days=30)), 60),
        (Asked(retry_after=20 * MINUTE), 20),
        (Asked(retry_after=120 * MINUTE), 120),
        (Asked(retry_after=timedelta(days=31)), 720),
    ],
)
def test_the_publisher_is_heard_within_bounds(asked: Asked, expected: int) -> None:
    assert minutes(asked) == expected


def test_an_urgent_source_is_polled_at_its_floor() -> None:
    urgent = Rhythm(usual=timedelta(), floor=MINUTE)
    assert minutes(Asked(), rhythm=urgent) == 1


def test_failures_back_off_to_the_ceiling_and_a_success_resets() -> None:
    waits = [minutes(Asked(), failures=failures) for failures in (0, 1, 2, 3, 50, 10**9)]
    assert waits == [15, 30, 60, 60, 60, 60]


def test_sources_are_spread_over_a_tenth_of_the_interval() -> None:
    polls = [next_poll(NOW, rhythm=USUAL, asked=Asked(), spread=share / 10) for share in range(10)]
    assert len(set(polls)) == 10
    assert max(polls) - min(polls) < 1.5 * MINUTE


@given(spans, spans, spans, st.integers(0, 200), st.floats(0, 0.99))
def test_a_poll_is_never_too_soon_nor_too_late(
    ttl: timedelta | None,
    max_age: timedelta | None,
    retry_after: timedelta | None,
    failures: int,
    spread: float,
) -> None:
    asked = Asked(ttl=ttl, max_age=max_age, retry_after=retry_after)
    wait = next_poll(NOW, rhythm=USUAL, asked=asked, failures=failures, spread=spread) - NOW
    assert USUAL.floor <= wait <= USUAL.longest_wait * 1.1


@pytest.mark.parametrize(
    ("failed", "polled", "ours"),
    [
        ("abc", "abcd", True),
        ("ab", "abcd", False),
        ("aaa", "abcd", False),
        ("a", "a", False),
        ("ab", "ab", False),
        ("", "", False),
    ],
)
def test_our_own_outage_is_told_from_theirs(failed: str, polled: str, ours: bool) -> None:
    assert is_our_outage(failed=list(failed), polled=list(polled)) is ours
