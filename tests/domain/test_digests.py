"""Digests: once per zone, local day and hour, over changes of the clocks; what concerns whom."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.digests import (
    FRESH,
    MOST,
    SETTLE,
    Slot,
    concerns,
    due,
    edition,
    latest,
    places,
    since,
)
from bot.domain.districts import District, DistrictId, Districts
from bot.domain.items import LIFETIME
from bot.domain.subscribers import DIGEST_HOURS
from tests.domain.test_times import ZONES, transitions

changes = cache(transitions)
few = settings(max_examples=150)
TICK = timedelta(minutes=1)
zones = st.sampled_from([*ZONES, "Europe/Minsk", "Asia/Kolkata"])
hours = st.integers(0, 23)
instants = st.datetimes(
    datetime(2026, 1, 1),  # noqa: DTZ001  # hypothesis adds the zone
    datetime(2027, 12, 31),  # noqa: DTZ001  # hypothesis adds the zone
    timezones=st.just(UTC),
)


def district(id: int, parent: int | None, zone: str) -> District:
    """One of a tree."""
    up = None if parent is None else DistrictId(parent)
    return District(DistrictId(id), f"d{id}", up, zone, {"en": f"D{id}"})


TREE = Districts.of(
    [
        district(1, None, "Europe/Minsk"),
        district(2, 1, "Europe/Minsk"),
        district(3, None, "Europe/Brussels"),
        district(4, 3, "Europe/Brussels"),
    ]
)


def of(*ids: int) -> frozenset[DistrictId]:
    """Some districts."""
    return frozenset(map(DistrictId, ids))


@few
@given(zones, hours, instants)
def test_the_last_slot_is_past_and_the_next_one_is_not(zone: str, hour: int, now: datetime) -> None:
    slot = latest(zone, hour, now)
    assert slot.at <= now < slot.at + timedelta(hours=49)
    following = latest(zone, hour, slot.at + timedelta(hours=27))
    assert now < following.at
    assert following.day > slot.day


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("hour", range(24))
def test_around_a_change_of_the_clocks_each_day_has_each_hour_once(zone: str, hour: int) -> None:
    for change in changes(zone):
        at, slots = change - timedelta(days=2), list[Slot]()
        while at < change + timedelta(days=2):
            slots.append(latest(zone, hour, at))
            at += timedelta(minutes=30)
        found = sorted(set(slots), key=lambda slot: slot.at)
        days = [slot.day for slot in found]
        assert days == [days[0] + timedelta(days=n) for n in range(len(days))]
        for slot in found:
            shown = slot.at.astimezone(ZoneInfo(zone))
            skipped = shown.replace(tzinfo=None) - datetime.combine(slot.day, shown.time().min)
            assert timedelta(hours=hour) <= skipped <= timedelta(hours=hour + 1)


def test_an_hour_that_the_clocks_skip_is_due_when_they_have_jumped() -> None:
    jumped = datetime(2026, 3, 29, 1, tzinfo=UTC)  # 03:00 in Brussels, there was no 02:00
    assert latest("Europe/Brussels", 2, jumped).at == jumped
    assert latest("Europe/Brussels", 2, jumped - TICK).day == date(2026, 3, 28)


def test_an_hour_that_comes_twice_is_due_the_first_time() -> None:
    first = datetime(2026, 10, 25, 0, tzinfo=UTC)  # 02:00 in Brussels, and again an hour later
    assert latest("Europe/Brussels", 2, first).at == first
    again = latest("Europe/Brussels", 2, first + timedelta(hours=1, minutes=5))
    assert again.subject == latest("Europe/Brussels", 2, first).subject


@few
@given(instants, st.integers(0, 20))
def test_after_a_pause_each_hour_is_caught_up_with_at_most_once(now: datetime, days: int) -> None:
    found = list(due(["Europe/Minsk"], now + timedelta(days=days)))
    assert len({slot.hour for slot in found}) == len(found) <= len(DIGEST_HOURS)


@pytest.mark.parametrize(
    ("late", "sent"),
    [
        (timedelta(0), False),
        (SETTLE, True),
        (timedelta(hours=3), True),
        (FRESH - TICK, True),
        (FRESH, False),
    ],
)
def test_a_digest_goes_out_soon_after_its_hour_or_not_at_all(late: timedelta, sent: bool) -> None:
    at = datetime(2026, 11, 21, 15, tzinfo=UTC)  # 18:00 in Minsk
    found = [slot.at for slot in due(["Europe/Minsk"], at + late, hours=[18])]
    assert found == ([at] if sent else [])


def test_zones_have_their_digests_at_their_own_hour() -> None:
    now = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)  # 09:30 in Minsk, 07:30 in Brussels
    found = {
        (s.zone, s.at.hour) for s in due(["Europe/Brussels", "Europe/Minsk"] * 2, now, hours=[7])
    }
    assert found == {("Europe/Brussels", 6), ("Europe/Minsk", 4)}


def test_subjects_are_short_and_tell_every_zone_of_the_world_apart() -> None:
    at, day = datetime(2026, 11, 21, tzinfo=UTC), date(2026, 11, 21)
    subjects = {Slot(zone, day, 18, at).subject for zone in available_timezones()}
    assert len(subjects) == len(available_timezones())
    assert max(map(len, subjects)) <= 40
    assert Slot("Europe/Brussels", day, 7, at).subject == "digest:Europe/Brussels:261121:07"


def test_a_digest_begins_where_the_last_one_ended() -> None:
    slot = latest("Europe/Minsk", 18, datetime(2026, 11, 21, 16, tzinfo=UTC))
    assert since(slot, None) == slot.at - timedelta(days=1)
    two_days_ago = slot.at - timedelta(days=2)
    assert since(slot, two_days_ago) == two_days_ago
    assert since(slot, slot.at - timedelta(days=9)) == slot.at - LIFETIME


def test_who_follows_two_zones_reads_an_item_in_one_digest() -> None:
    both = TREE.concerned(of(1, 3))
    for follows, zone in ((of(2), "Europe/Minsk"), (of(4), "Europe/Brussels")):
        assert [
            z for z in ("Europe/Minsk", "Europe/Brussels") if concerns(both, follows, z, TREE)
        ] == [zone]
    assert concerns(both, of(2, 4), "Europe/Minsk", TREE)
    assert not concerns(both, of(2, 4), "Europe/Brussels", TREE)
    assert concerns(TREE.concerned(of(4)), of(2, 4), "Europe/Brussels", TREE)


@few
@given(
    st.frozensets(st.integers(1, 4), min_size=1),
    st.frozensets(st.integers(1, 6)),
)
def test_an_item_is_in_exactly_one_digest_of_whom_it_concerns(
    about: frozenset[int], followed: frozenset[int]
) -> None:
    reach = TREE.concerned(of(*about))
    found = [
        z for z in ("Europe/Minsk", "Europe/Brussels") if concerns(reach, of(*followed), z, TREE)
    ]
    assert len(found) == bool(reach & of(*followed))


@few
@given(st.frozensets(st.integers(0, MOST - 1)))
def test_an_edition_names_its_items(chosen: frozenset[int]) -> None:
    name = edition("be", chosen)
    assert places(name) == sorted(chosen)
    assert len(name) <= 16
