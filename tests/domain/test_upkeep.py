"""What time alone does to a source, and when it is looked at."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.sources import WATCHED, Hold, Motion, Source, SourceState
from bot.domain.staff import StaffId
from bot.domain.upkeep import AGAIN, GRACE, REVIEW, SILENT, Happening, due_at, pass_time
from tests.domain.test_sources import NOMINATED, NOW, PROBATION

DAY = timedelta(days=1)
TRUSTED = replace(PROBATION, state=SourceState.TRUSTED, reviewed_at=NOW)


def live(source: Source, days: int, *, speaks: bool = True) -> list[tuple[int, Happening]]:
    """Let days pass, each with an item where it ``speaks``; what happened on which day."""
    found = []
    for day in range(1, days + 1):
        now = NOW + day * DAY
        due = due_at(source)
        if due is None or due > now:
            continue
        source, happened = pass_time(source, now - AGAIN if speaks else None, now)
        if happened is not None:
            found.append((day, happened))
    return found


def test_two_people_are_asked_once_when_a_probation_is_ripe() -> None:
    assert live(replace(PROBATION, clean_items=20), 100) == [(14, Happening.RIPE)]
    assert live(replace(PROBATION, clean_items=19), 100) == []


def test_a_retraction_begins_a_probation_anew() -> None:
    ripe_again = replace(PROBATION, clean_items=20, clean_since=NOW + 10 * DAY)
    assert live(ripe_again, 50) == [(24, Happening.RIPE)]


def test_trust_that_nobody_renews_lapses_half_a_year_and_a_week_later() -> None:
    assert live(TRUSTED, 300) == [(180, Happening.REVIEW), (187, Happening.LAPSED)]


def test_a_review_by_two_renews_trust() -> None:
    due, _ = pass_time(TRUSTED, NOW + REVIEW, NOW + REVIEW)
    assert (due.state, due.relays, due.people_needed) == (SourceState.REVIEW_DUE, True, 1)
    renewed = replace(due, motion=Motion.REVIEW)._carried(Motion.REVIEW, NOW + REVIEW + DAY)
    assert renewed.state is SourceState.TRUSTED
    assert due_at(renewed) is not None
    later, happened = pass_time(renewed, NOW + REVIEW + GRACE, NOW + REVIEW + GRACE)
    assert (later.state, happened) == (SourceState.TRUSTED, None)


def test_a_source_that_is_silent_for_two_months_falls_asleep_once() -> None:
    assert live(TRUSTED, 100, speaks=False) == [(60, Happening.DORMANT)]


def test_what_speaks_again_after_a_long_silence_is_on_probation() -> None:
    asleep, _ = pass_time(TRUSTED, None, NOW + SILENT)
    assert (asleep.state, asleep.watched, asleep.relays) == (SourceState.DORMANT, True, False)
    still, happened = pass_time(asleep, NOW + SILENT, NOW + SILENT + DAY)
    assert (still.state, happened) == (SourceState.DORMANT, None), "an item from before"
    awake, happened = pass_time(asleep, NOW + SILENT + DAY, NOW + SILENT + DAY)
    assert (awake.state, happened) == (SourceState.PROBATION, Happening.AWAKE)
    assert awake.people_needed == 2


@pytest.mark.parametrize("state", sorted(set(SourceState) - WATCHED))
def test_time_does_nothing_to_what_is_not_watched(state: SourceState) -> None:
    source = replace(NOMINATED, state=state)
    assert due_at(source) is None
    assert pass_time(source, None, NOW + 999 * DAY)[0].state is state


def test_a_hold_never_lapses() -> None:
    held = TRUSTED.held(Hold.PERSON, NOW)
    assert due_at(held) is None
    assert pass_time(held, None, NOW + 999 * DAY)[0].state is SourceState.HELD


def test_a_motion_falls_with_the_state_it_was_about() -> None:
    asked = replace(TRUSTED, motion=Motion.REVOKE, agreed=(StaffId(1),), cut=NOW)
    asleep, _ = pass_time(asked, None, NOW + SILENT)
    assert (asleep.motion, asleep.agreed, asleep.cut) == (None, (), None)


@settings(max_examples=100)
@given(
    st.sampled_from([PROBATION, TRUSTED, replace(PROBATION, clean_items=20)]),
    st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=1, max_size=12),
)
def test_time_never_raises_trust_and_never_asks_to_be_looked_at_without_end(
    source: Source, steps: list[tuple[int, bool]]
) -> None:
    now: datetime = NOW
    for days, speaks in steps:
        now += days * DAY
        before = source.people_needed
        source, _ = pass_time(source, now if speaks else None, now)
        assert source.people_needed >= before
        due = due_at(source)
        assert due is not None
        assert due >= now + AGAIN
