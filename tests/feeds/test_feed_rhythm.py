"""Sources are polled as often as is useful, and never more often than they bear."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.entries import DocumentHints
from feeds.rhythm import (
    BEATS,
    Asked,
    Pulse,
    Rhythm,
    is_our_outage,
    listened,
    next_poll,
    pulse_of,
    skips_in,
)

NOW = datetime(2026, 11, 21, 10, 40, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
USUAL = Rhythm()
NOTHING_KNOWN = Pulse()
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


def test_an_urgent_source_is_polled_at_its_own_floor_and_never_seldom() -> None:
    def wait(asked: Asked, pulse: Pulse = NOTHING_KNOWN) -> float:
        due = next_poll(NOW, rhythm=USUAL, asked=asked, urgent=True, pulse=pulse)
        return (due - NOW) / MINUTE

    assert wait(Asked()) == 1
    assert wait(Asked(), Pulse(timedelta(minutes=30))) == 3
    assert wait(Asked(ttl=timedelta(hours=1), max_age=timedelta(days=1))) == 5
    assert wait(Asked(skips=skips_in(DocumentHints(skip_hours=frozenset(range(24)))))) == 5
    assert wait(Asked(retry_after=timedelta(hours=2))) == 120


@pytest.mark.parametrize(
    ("gap", "quiet", "expected"),
    [(2, 0, 5), (40, 0, 10), (40, 600, 20), (1440, 0, 60), (30, 43_200, 60)],
)
def test_between_the_bounds_the_own_rhythm_decides(gap: int, quiet: int, expected: int) -> None:
    pulse = Pulse(gap * MINUTE, quiet * MINUTE)
    due = next_poll(NOW, rhythm=USUAL, asked=Asked(), pulse=pulse)
    assert (due - NOW) / MINUTE == expected


def test_other_bounds_make_another_schedule() -> None:
    slower = Rhythm(floor=30 * MINUTE, ceiling=2 * timedelta(hours=1), urgent=10 * MINUTE)
    pulse = Pulse(MINUTE)
    assert next_poll(NOW, rhythm=slower, asked=Asked(), pulse=pulse) == NOW + 30 * MINUTE
    due = next_poll(NOW, rhythm=slower, asked=Asked(), pulse=pulse, urgent=True)
    assert due == NOW + 10 * MINUTE


def test_the_usual_gap_is_that_of_single_arrivals() -> None:
    """Ten at once each evening are one arrival a day; nights do not make a busy day slow."""
    evenings = [NOW - timedelta(days=day) for day in range(1, 6) for _ in range(10)]
    assert listened(b"", evenings, NOW)[1] == timedelta(days=1)
    busy = [NOW - n * 5 * MINUTE for n in range(8)]
    before_the_night = [when - timedelta(hours=9) for when in busy]
    assert listened(b"", [*before_the_night, *busy], NOW)[1] == 5 * MINUTE


def test_arrivals_are_remembered_once_and_only_the_latest() -> None:
    hours = [NOW - timedelta(hours=n) for n in range(40)]
    beats, gap = listened(b"", hours, NOW)
    assert listened(beats, hours, NOW) == (beats, gap)
    assert (len(beats) // 4, gap) == (BEATS, timedelta(hours=1))
    assert pulse_of(beats, gap, NOW + MINUTE) == Pulse(gap, MINUTE)


def test_dates_that_lie_do_no_harm() -> None:
    odd = [None, NOW + timedelta(days=900), datetime(1901, 1, 1, tzinfo=UTC)]
    beats, gap = listened(b"", odd, NOW)
    assert pulse_of(beats, gap, NOW).quiet < timedelta(seconds=1)
    assert pulse_of(beats, gap, NOW - timedelta(days=1)).quiet == timedelta()
    assert listened(b"", [], NOW) == (b"", None)


@pytest.mark.parametrize(
    ("hours", "days", "expected"),
    [
        ({11}, set(), datetime(2026, 11, 21, 12, tzinfo=UTC)),
        ({11, 12, 13}, set(), datetime(2026, 11, 21, 14, tzinfo=UTC)),
        ({10}, set(), datetime(2026, 11, 21, 11, 10, tzinfo=UTC)),
        (set(), {"sunday"}, datetime(2026, 11, 21, 11, 10, tzinfo=UTC)),
        (set(range(24)), set(), datetime(2026, 11, 21, 22, 40, tzinfo=UTC)),
        (set(), {"saturday"}, datetime(2026, 11, 21, 22, 40, tzinfo=UTC)),
    ],
)
def test_hours_and_days_to_leave_out_are_left_out_for_half_a_day_at_most(
    hours: set[int], days: set[str], expected: datetime
) -> None:
    hints = DocumentHints(skip_hours=frozenset(hours), skip_days=frozenset(days))
    asked = Asked(ttl=30 * MINUTE, skips=skips_in(hints))
    assert next_poll(NOW, rhythm=USUAL, asked=asked) == expected


def test_sources_that_begin_together_drift_apart() -> None:
    sources = dict.fromkeys(range(200), NOW)
    busiest = 200
    for _ in range(40):
        for number, due in sources.items():
            share = number * 0.6180339887 % 1
            sources[number] = next_poll(due, rhythm=USUAL, asked=Asked(), spread=share)
        minutes = [due.timestamp() // 60 for due in sources.values()]
        busiest = max(minutes.count(minute) for minute in minutes)
    assert busiest < 20


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
