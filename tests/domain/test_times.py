"""Wall clocks turned into instants, at and around the changes of the clocks."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.times import PastTime, Shift, TooFar, ahead, instant, next_likely, next_weekday

YEARS = [datetime(y, 1, 1) for y in (2026, 2027, 2028)]  # noqa: DTZ001  # wall clocks, no zone
ZONES = (
    "Europe/Brussels",
    "Europe/London",
    "America/New_York",
    "America/Santiago",
    "Asia/Beirut",
    "Australia/Lord_Howe",
)


def transitions(zone: str, year: int = 2026) -> list[datetime]:
    """The instants of a year at which clocks change, to the minute, as aware UTC."""
    local, found = ZoneInfo(zone), []
    at = datetime(year, 1, 1, tzinfo=UTC)
    while at.year == year:
        later = at + timedelta(hours=1)
        if at.astimezone(local).utcoffset() != later.astimezone(local).utcoffset():
            minute = at
            while minute.astimezone(local).utcoffset() == at.astimezone(local).utcoffset():
                minute += timedelta(minutes=1)
            found.append(minute)
        at = later
    return found


@pytest.mark.parametrize("zone", ZONES)
def test_every_zone_has_a_gap_and_an_overlap_and_both_are_told(zone: str) -> None:
    shifts = set()
    for change in transitions(zone):
        local = change.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        for minutes in (-20, -10):
            wall = local + timedelta(minutes=minutes)
            shifts.add(instant(wall.date(), wall.time(), zone).shift)
        after = local + timedelta(minutes=10)
        shifts.add(instant(after.date(), after.time(), zone).shift)
    assert {Shift.GAP, Shift.TWICE} <= shifts


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("hour", range(24))
def test_each_hour_of_a_day_of_change_is_kept_or_moved_later(zone: str, hour: int) -> None:
    assert len(transitions(zone)) == 2
    for change in transitions(zone):
        for days in (-1, 0, 1):
            day = change.astimezone(ZoneInfo(zone)).date() + timedelta(days=days)
            found = instant(day, time(hour), zone)
            asked = datetime.combine(day, time(hour))
            if found.shift is Shift.GAP:
                assert timedelta(0) < found.wall - asked <= timedelta(hours=1)
            else:
                assert found.wall == asked


@settings(max_examples=150)
@given(st.sampled_from(ZONES), st.datetimes(YEARS[0], YEARS[2]))
def test_of_two_equal_wall_clocks_the_first_is_meant(zone: str, wall: datetime) -> None:
    wall = wall.replace(second=0, microsecond=0)
    found = instant(wall.date(), wall.time(), zone)
    earlier = found.at - timedelta(hours=1)
    assert earlier.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != wall
    if found.shift is Shift.TWICE:
        again = (found.at + timedelta(hours=1)).astimezone(ZoneInfo(zone))
        half = (found.at + timedelta(minutes=30)).astimezone(ZoneInfo(zone))
        assert wall in (again.replace(tzinfo=None), half.replace(tzinfo=None))


def test_a_gap_in_brussels_moves_half_past_two_to_half_past_three() -> None:
    found = instant(date(2027, 3, 28), time(2, 30), "Europe/Brussels")
    assert found.shift is Shift.GAP
    assert found.wall.isoformat() == "2027-03-28T03:30:00"
    assert found.at == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)


def test_a_past_moment_is_refused_with_the_same_weekday_ahead() -> None:
    now = datetime(2026, 11, 21, 18, tzinfo=UTC)
    with pytest.raises(PastTime) as no:
        ahead(instant(date(2026, 11, 21), time(14), "Europe/Minsk"), now)
    assert no.value.likely == datetime(2026, 11, 28, 11, tzinfo=UTC)


def test_more_than_a_year_ahead_is_refused() -> None:
    now = datetime(2026, 11, 21, 18, tzinfo=UTC)
    with pytest.raises(TooFar):
        ahead(instant(date(2027, 12, 5), time(14), "Europe/Minsk"), now)


@settings(max_examples=100)
@given(
    st.sampled_from(ZONES),
    st.datetimes(YEARS[0], YEARS[1]),
    st.integers(0, 400),
)
def test_what_is_offered_instead_lies_at_most_a_week_ahead(
    zone: str, wall: datetime, days: int
) -> None:
    missed = instant(wall.date(), wall.time().replace(second=0, microsecond=0), zone)
    now = missed.at + timedelta(days=days, minutes=1)
    offered = next_likely(missed, now)
    assert now < offered.at <= now + timedelta(days=7, hours=2)
    assert offered.wall.weekday() == missed.wall.weekday() or offered.shift is Shift.GAP


def test_the_next_saturday_of_a_saturday_is_in_a_week() -> None:
    assert next_weekday(date(2026, 11, 21), 5) == date(2026, 11, 28)
    assert next_weekday(date(2026, 11, 21), 6) == date(2026, 11, 22)
