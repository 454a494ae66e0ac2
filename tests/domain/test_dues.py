"""The dated rows of a rally in each of its stages."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.dues import What, eve, of_rally, still_reminds
from bot.domain.rallies import Rally, RallyId, Stage
from bot.domain.staff import StaffId
from tests.rallies import START, facts

WEEK_BEFORE = START - timedelta(days=7)
PUBLIC = Rally(
    RallyId(7), StaffId(1), facts(), stage=Stage.REVEALED, sequence=1, code="AAAA-BBBB", agreed=2
)
REMINDERS = {What.EVE, What.SHORTLY}


def whats(rally: Rally, now: datetime = WEEK_BEFORE) -> set[What]:
    """What is due of a rally."""
    return {due.what for due in of_rally(rally, now)}


def test_a_public_rally_is_reminded_of_started_ended_and_purged() -> None:
    rows = {due.what: due for due in of_rally(PUBLIC, WEEK_BEFORE)}
    assert {what: due.due_at - START for what, due in rows.items()} == {
        What.EVE: timedelta(hours=-20),
        What.SHORTLY: timedelta(hours=-2),
        What.START: timedelta(0),
        What.END: timedelta(hours=3),
        What.PURGE: timedelta(days=7, hours=3),
    }
    assert rows[What.EVE].wall == "2026-11-27T18:00"
    assert {due.zone for due in rows.values()} == {"Europe/Minsk"}


@pytest.mark.parametrize(
    ("stage", "wanted"),
    [
        (Stage.DRAFT, {What.PURGE}),
        (Stage.SUBMITTED, {What.PURGE}),
        (Stage.REJECTED, {What.PURGE}),
        (Stage.CANCELLED, {What.PURGE}),
        (Stage.ENDED, {What.PURGE}),
        (Stage.LIVE, {What.END, What.PURGE}),
        (Stage.SUSPENDED, {What.START, What.END, What.PURGE}),
        (Stage.MOVED, {What.START, What.END, What.PURGE, *REMINDERS}),
        (Stage.POSTPONED, {What.START, What.END, What.PURGE, *REMINDERS}),
    ],
)
def test_each_stage_keeps_what_still_makes_sense(stage: Stage, wanted: set[What]) -> None:
    assert whats(replace(PUBLIC, stage=stage)) == wanted


def test_a_reminder_whose_hour_has_passed_is_wanted_only_while_it_is_pending() -> None:
    now = START - timedelta(hours=1)
    assert whats(PUBLIC, now) & REMINDERS == set()
    kept = {due.what for due in of_rally(PUBLIC, now, pending=[What.SHORTLY])}
    assert kept & REMINDERS == {What.SHORTLY}


def test_a_hidden_place_is_revealed_three_hours_before() -> None:
    staged = replace(PUBLIC, stage=Stage.ANNOUNCED, facts=facts(staged=True))
    rows = {due.what: due.due_at for due in of_rally(staged, WEEK_BEFORE)}
    assert rows[What.REVEAL] == START - timedelta(hours=3)
    assert What.REVEAL not in whats(replace(staged, stage=Stage.REVEALED))


def test_the_eve_is_six_in_the_evening_on_either_side_of_a_change_of_clocks() -> None:
    for starts_at, expected in (
        (datetime(2027, 3, 28, 12, tzinfo=UTC), datetime(2027, 3, 27, 17, tzinfo=UTC)),
        (datetime(2027, 3, 29, 12, tzinfo=UTC), datetime(2027, 3, 28, 16, tzinfo=UTC)),
        (datetime(2027, 10, 31, 12, tzinfo=UTC), datetime(2027, 10, 30, 16, tzinfo=UTC)),
    ):
        moved = replace(facts(), starts_at=starts_at, zone="Europe/Brussels")
        assert eve(replace(PUBLIC, facts=moved)) == expected


def test_a_late_reminder_is_left_to_the_second_and_dropped_after_the_start() -> None:
    assert still_reminds(What.EVE, PUBLIC, START - timedelta(hours=3))
    assert not still_reminds(What.EVE, PUBLIC, START - timedelta(hours=2))
    assert still_reminds(What.SHORTLY, PUBLIC, START - timedelta(minutes=1))
    assert not still_reminds(What.SHORTLY, PUBLIC, START)
    suspended = replace(PUBLIC, stage=Stage.SUSPENDED, before=Stage.REVEALED)
    assert not still_reminds(What.SHORTLY, suspended, START - timedelta(hours=1))
