"""What sounds: alerts and what changes today at any hour, reminders by day, nothing else."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.districts import DistrictId
from bot.domain.outbox import Lane
from bot.domain.publications import Audience, Kind, Publication, PublicationId, State, Want
from bot.domain.quiet import of_today, rings
from bot.domain.subscribers import QUIET_CHOICES, QuietHours, Settings

NOON = datetime(2026, 11, 21, 11, tzinfo=UTC)
NIGHT = datetime(2026, 11, 21, 23, tzinfo=UTC)
ZONES = ("Europe/Minsk", "Europe/Brussels")
LOUD = Settings(quiet=None)
instants = st.datetimes(
    datetime(2026, 1, 1),  # noqa: DTZ001  # hypothesis adds the zone
    datetime(2026, 12, 31),  # noqa: DTZ001  # hypothesis adds the zone
    timezones=st.just(UTC),
)
people = st.builds(Settings, quiet=st.sampled_from([None, *QUIET_CHOICES]))
zones = st.frozensets(st.sampled_from([*ZONES, "America/New_York"]))


def publication(want: Want, lane: Lane) -> Publication:
    """One of some kind."""
    return Publication(
        id=PublicationId(1),
        kind=Kind.RALLY,
        subject="rally:1",
        code="AAAA-AAAA",
        state=State.CURRENT,
        lane=lane,
        audience=Audience(frozenset({DistrictId(1)}), want),
        accepted_at=NOON,
        expires_at=NOON + timedelta(days=1),
    )


publications = st.builds(publication, st.sampled_from(Want), st.sampled_from(Lane))


@settings(max_examples=150)
@given(publications, people, zones, instants)
def test_what_is_urgent_sounds_at_any_hour(
    it: Publication, who: Settings, where: frozenset[str], now: datetime
) -> None:
    assert rings(it, who, where, now, True)
    if it.lane is Lane.ALERT:
        assert rings(it, who, where, now, False)


@settings(max_examples=300)
@given(publications, people, zones, instants)
def test_of_the_rest_only_a_reminder_of_today_sounds_and_not_in_quiet_hours(
    it: Publication, who: Settings, where: frozenset[str], now: datetime
) -> None:
    if it.lane is Lane.ALERT or not rings(it, who, where, now, False):
        return
    assert it.audience.want is Want.REMINDERS
    assert it.lane <= Lane.RALLY
    assert who.quiet is None or not any(who.quiet.cover(now, zone) for zone in where)


@pytest.mark.parametrize("want", list(Want))
@pytest.mark.parametrize("lane", [Lane.RALLY, Lane.NEWS, Lane.DIGEST])
def test_by_day_and_without_quiet_hours_only_reminders_of_today_sound(
    want: Want, lane: Lane
) -> None:
    expected = want is Want.REMINDERS and lane is Lane.RALLY
    assert rings(publication(want, lane), LOUD, ZONES, NOON, False) is expected


def test_a_reminder_is_silent_while_it_is_night_in_any_followed_zone() -> None:
    reminder, who = publication(Want.REMINDERS, Lane.RALLY), Settings(quiet=QuietHours())
    at_seven = datetime(2026, 11, 21, 6, tzinfo=UTC)  # 09:00 in Minsk, 07:00 in Brussels
    assert rings(reminder, who, ["Europe/Minsk"], at_seven, False)
    assert not rings(reminder, who, ["Europe/Brussels"], at_seven, False)
    assert not rings(reminder, who, ZONES, at_seven, False)


@pytest.mark.parametrize(
    ("now", "sounds"),
    [
        (datetime(2026, 3, 29, 5, 59, tzinfo=UTC), False),  # 07:59, the clock sprang at 02:00
        (datetime(2026, 3, 29, 6, 0, tzinfo=UTC), True),
        (datetime(2026, 10, 25, 6, 59, tzinfo=UTC), False),  # 07:59, the clock fell at 03:00
        (datetime(2026, 10, 25, 7, 0, tzinfo=UTC), True),
    ],
)
def test_the_night_ends_by_the_wall_clock_when_clocks_change(now: datetime, sounds: bool) -> None:
    reminder, who = publication(Want.REMINDERS, Lane.RALLY), Settings(quiet=QuietHours())
    assert rings(reminder, who, ["Europe/Brussels"], now, False) is sounds


def test_a_person_who_follows_nothing_now_is_asleep_nowhere() -> None:
    reminder = publication(Want.REMINDERS, Lane.RALLY)
    assert rings(reminder, Settings(quiet=QuietHours(time(0), time(23))), (), NIGHT, False)


def at(hour: float, day: int = 21) -> datetime:
    """An hour of November 2026 in Brussels."""
    return datetime(2026, 11, day, tzinfo=UTC) + timedelta(hours=hour - 1)


@pytest.mark.parametrize(
    ("now", "starts", "ends", "today"),
    [
        (at(0.5), at(23), at(24.5), True),
        (at(12), at(14), at(16), True),
        (at(15), at(14), at(16), True),
        (at(12, 20), at(14), at(16), False),
        (at(17.9, 20), at(24, 20), at(26, 20), False),
        (at(18, 20), at(24, 20), at(26, 20), True),
        (at(9, 23), at(14), at(16, 25), True),
        (at(17), at(14), at(16), False),
    ],
    ids=["early", "before", "during", "eve", "late-eve", "midnight", "third-day", "over"],
)
def test_today_is_where_the_rally_is(
    now: datetime, starts: datetime, ends: datetime, today: bool
) -> None:
    assert of_today(starts, ends, "Europe/Brussels", now) is today


def test_the_same_instants_are_another_day_elsewhere() -> None:
    now, starts = datetime(2026, 11, 21, 4, tzinfo=UTC), datetime(2026, 11, 21, 20, tzinfo=UTC)
    ends = starts + timedelta(hours=2)
    assert of_today(starts, ends, "Europe/Brussels", now)
    assert not of_today(starts, ends, "America/New_York", now)  # the evening before
