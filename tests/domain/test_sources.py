"""Sources: nobody makes one trusted alone, anybody of staff stops one alone."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.districts import DistrictId
from bot.domain.errors import Refused
from bot.domain.evidence import Check, Evidence
from bot.domain.sources import (
    Hold,
    Motion,
    MotionPending,
    NotRipe,
    Reason,
    Source,
    SourceChanged,
    SourceId,
    SourceState,
)
from bot.domain.staff import AlreadyApproved, OwnText, SameBranch, Staff, StaffId

NOW = datetime(2026, 11, 21, 10, 40, tzinfo=UTC)


def editor(id: int, branch: int | None = None) -> Staff:
    """A member of staff; without a branch given, of one of their own."""
    return Staff(StaffId(id), f"e{id}", frozenset(), StaffId(branch or id))


NOMINATED = Source(
    id=SourceId(1),
    address="https://news.example.org/rss",
    domain="example.org",
    title="The Courier",
    language="en",
    districts=frozenset({DistrictId(1)}),
    proposed_by=StaffId(1),
    since=NOW,
    agreed=(StaffId(1),),
)
PROBATION = replace(
    NOMINATED,
    state=SourceState.PROBATION,
    motion=None,
    agreed=(),
    vetted_at=NOW,
    clean_since=NOW,
)
CHECKED = [Evidence(check, StaffId(by), NOW) for check in Check for by in range(1, 6)]
"""Everybody ticked everything."""


def move(source: Source, motion: Motion, by: Staff, *agreed: Staff, sent: int = 0) -> Source:
    """A motion three weeks later, with several branches of staff."""
    now, known = NOW + timedelta(days=21), replace(source, clean_items=sent)
    target = "https://news.example.org/new"
    return known.move(
        motion,
        by,
        agreed=agreed,
        branches=3,
        now=now,
        log=CHECKED,
        target=target,
        mark=source.mark,
    )


def test_a_second_person_of_another_branch_puts_a_nomination_on_probation() -> None:
    vetted = move(NOMINATED, Motion.VET, editor(2), editor(1))
    assert vetted.state is SourceState.PROBATION
    assert vetted.vetted_at == NOW + timedelta(days=21)
    assert vetted.people_needed == 2


def test_the_proposer_never_vets() -> None:
    with pytest.raises(OwnText):
        move(NOMINATED, Motion.VET, editor(1))


def test_a_second_person_of_the_same_branch_does_not_count() -> None:
    with pytest.raises(SameBranch):
        move(NOMINATED, Motion.VET, editor(2, branch=1), editor(1))


def test_a_proposer_without_the_right_to_vet_leaves_two_more_people_to_agree() -> None:
    once = move(replace(NOMINATED, agreed=()), Motion.VET, editor(2))
    assert once.state is SourceState.NOMINATED
    assert move(once, Motion.VET, editor(3), editor(2)).state is SourceState.PROBATION


def test_one_person_holds_and_two_lift() -> None:
    held = PROBATION.held(Hold.PERSON, NOW)
    assert (held.state, held.before) == (SourceState.HELD, SourceState.PROBATION)
    asked = move(held, Motion.LIFT, editor(2))
    assert asked.state is SourceState.HELD
    with pytest.raises(AlreadyApproved):
        move(asked, Motion.LIFT, editor(2), editor(2))
    assert move(asked, Motion.LIFT, editor(3), editor(2)).state is SourceState.PROBATION


def test_a_hold_does_not_stop_a_revocation_that_somebody_asked_for() -> None:
    asked = move(PROBATION, Motion.REVOKE, editor(2))
    held = asked.held(Hold.PERSON, NOW)
    assert move(held, Motion.REVOKE, editor(3), editor(2)).state is SourceState.REVOKED


def test_a_revoked_source_never_comes_back() -> None:
    revoked = replace(PROBATION, state=SourceState.REVOKED)
    for motion in Motion:
        with pytest.raises(SourceChanged):
            move(revoked, motion, editor(2))
    with pytest.raises(SourceChanged):
        revoked.held(Hold.PERSON, NOW)


def test_one_motion_at_a_time() -> None:
    asked = move(PROBATION, Motion.REVOKE, editor(2))
    with pytest.raises(MotionPending):
        move(asked, Motion.TRUST, editor(3), sent=20)
    assert move(asked.object(), Motion.TRUST, editor(3), sent=20).motion is Motion.TRUST


def test_a_nomination_is_rejected_rather_than_objected_to() -> None:
    with pytest.raises(SourceChanged):
        NOMINATED.object()


@pytest.mark.parametrize(("days", "sent"), [(13, 20), (14, 19)])
def test_probation_lasts_two_weeks_and_twenty_items(days: int, sent: int) -> None:
    now = NOW + timedelta(days=days)
    with pytest.raises(NotRipe):
        replace(PROBATION, clean_items=sent).move(
            Motion.TRUST, editor(2), agreed=(), branches=2, now=now
        )


def test_a_rejection_forgets_the_address_and_keeps_the_reason() -> None:
    rejected = NOMINATED.rejected(Reason.DEPENDENT, NOW)
    assert (rejected.address, rejected.title, rejected.domain) == ("", "", "")
    assert rejected.reason is Reason.DEPENDENT


STEPS = st.lists(
    st.tuples(st.sampled_from([*Motion, "hold", "object"]), st.integers(1, 4)), max_size=12
)


@settings(max_examples=150)
@given(STEPS)
def test_whatever_happens_relaying_and_revoking_took_two_people(
    steps: list[tuple[Motion | str, int]],
) -> None:
    source, behind = NOMINATED, {1}
    for what, who in steps:
        by, before = editor(who), source
        with suppress(Refused):
            if what == "hold":
                source = source.held(Hold.PERSON, NOW)
            elif what == "object":
                source = source.object()
            else:
                people = [editor(id) for id in source.agreed]
                source = move(source, Motion(what), by, *people, sent=20)
        if before.agreed and not source.agreed and source.state is not before.state:
            behind = {*before.agreed, who}
        stopped = source.state is SourceState.HELD
        if source.state is not before.state and not stopped:
            assert len(behind) >= 2
    assert source.relays <= (source.vetted_at is not None)
