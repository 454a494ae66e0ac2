"""The life of a rally: two people make it public, one may pause it, an edit voids agreement."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.domain.errors import NotAllowed, Refused
from bot.domain.rallies import (
    UNPUBLISHED,
    AlreadyDecided,
    Deed,
    EditedSince,
    Rally,
    RallyId,
    Reason,
    Request,
    Stage,
    StartsInPast,
    TooManyPauses,
    WrongStage,
    word_by,
)
from bot.domain.staff import AlreadyApproved, OwnText, Role, SameBranch, Staff, StaffState
from tests.rallies import START, TREE, draft, facts, panel, person

NOW = START - timedelta(days=7)
ANNA, BORIS, CLARA = person(1), person(2), person(3)
ORGANISER = person(9, Role.ORGANISER)
WHO = panel(ANNA, BORIS, CLARA, ORGANISER)


def submitted(author: Staff = ANNA, **changed: object) -> Rally:
    """Sent for approval."""
    return draft(author, **changed).submit(author, TREE, NOW)


def announced(author: Staff = ANNA, **changed: object) -> Rally:
    """Public."""
    rally = submitted(author, **changed)
    while rally.request is not None:
        by = next(p for p in (BORIS, CLARA) if rally.asks(p, WHO))
        rally = rally.approve(by, WHO, digest=rally.digest, now=NOW)
    return rally


def suspended() -> Rally:
    """Public, then paused by one."""
    return announced().suspend(BORIS, Reason.UNCLEAR, pauses=0, tree=TREE)


def test_an_author_with_the_right_to_publish_counts_as_the_first() -> None:
    rally = submitted().approve(BORIS, WHO, digest=submitted().digest, now=NOW)
    assert (rally.stage, rally.agreed, rally.sequence) == (Stage.REVEALED, 2, 1)


def test_an_organisers_draft_needs_two_others() -> None:
    rally = submitted(ORGANISER)
    once = rally.approve(BORIS, WHO, digest=rally.digest, now=NOW)
    assert once.stage is Stage.SUBMITTED
    twice = once.approve(CLARA, WHO, digest=once.digest, now=NOW)
    assert (twice.stage, twice.agreed) == (Stage.REVEALED, 2)


def test_nobody_approves_their_own_text_or_approves_twice() -> None:
    own, other = submitted(), submitted(ORGANISER)
    with pytest.raises(OwnText):
        own.approve(ANNA, WHO, digest=own.digest, now=NOW)
    once = other.approve(BORIS, WHO, digest=other.digest, now=NOW)
    with pytest.raises(AlreadyApproved):
        once.approve(BORIS, WHO, digest=once.digest, now=NOW)


def test_a_second_person_of_the_same_branch_does_not_count() -> None:
    twin = person(4, branch=1)
    who = panel(ANNA, BORIS, twin)
    rally = submitted()
    with pytest.raises(SameBranch):
        rally.approve(twin, who, digest=rally.digest, now=NOW)


def test_one_branch_may_publish_but_says_so() -> None:
    anna, twin = person(1, branch=1), person(4, branch=1)
    rally = submitted().approve(twin, panel(anna, twin), digest=submitted().digest, now=NOW)
    assert rally.one_branch


def test_an_organiser_or_a_stranger_to_the_district_cannot_approve() -> None:
    elsewhere = person(5, district=3)
    rally = submitted()
    for by in (ORGANISER, elsewhere, person(6, state=StaffState.SUSPENDED)):
        with pytest.raises(NotAllowed):
            rally.approve(by, panel(*WHO.people.values(), by), digest=rally.digest, now=NOW)


def test_an_edit_voids_what_was_approved() -> None:
    rally = submitted(ORGANISER)
    once = rally.approve(BORIS, WHO, digest=rally.digest, now=NOW)
    edited = once.edit(ORGANISER, facts(place="Elsewhere"))
    assert edited.approvals == ()
    again = edited.submit(ORGANISER, TREE, NOW)
    with pytest.raises(EditedSince):
        again.approve(CLARA, WHO, digest=rally.digest, now=NOW)


def test_the_agreement_of_somebody_whose_role_was_revoked_no_longer_counts() -> None:
    rally = submitted(ORGANISER)
    once = rally.approve(BORIS, WHO, digest=rally.digest, now=NOW)
    revoked = panel(ANNA, replace(BORIS, state=StaffState.REVOKED), CLARA, ORGANISER)
    twice = once.approve(CLARA, revoked, digest=once.digest, now=NOW)
    assert twice.stage is Stage.SUBMITTED


def test_what_was_decided_cannot_be_decided_again() -> None:
    rally = submitted()
    done = rally.approve(BORIS, WHO, digest=rally.digest, now=NOW)
    with pytest.raises(AlreadyDecided):
        done.approve(CLARA, WHO, digest=rally.digest, now=NOW)


def test_a_start_that_passed_while_waiting_is_not_announced() -> None:
    rally = submitted()
    with pytest.raises(StartsInPast):
        rally.approve(BORIS, WHO, digest=rally.digest, now=START)
    with pytest.raises(StartsInPast):
        draft(ANNA).submit(ANNA, TREE, START)


def test_only_the_author_submits_and_edits() -> None:
    with pytest.raises(NotAllowed):
        draft(ANNA).submit(BORIS, TREE, NOW)
    with pytest.raises(NotAllowed):
        draft(ANNA).edit(BORIS, facts())


def test_a_draft_that_comes_back_or_is_refused_is_not_public() -> None:
    rally = submitted()
    assert rally.return_to_author(BORIS, WHO, digest=rally.digest).stage is Stage.DRAFT
    assert rally.reject(BORIS, WHO, digest=rally.digest).stage is Stage.REJECTED


def test_what_others_are_shown_is_what_becomes_public() -> None:
    rally = submitted(ORGANISER)
    shown = rally.outcome(WHO)
    once = rally.approve(BORIS, WHO, digest=rally.digest, now=NOW)
    public = once.approve(CLARA, WHO, digest=once.digest, now=NOW)
    assert replace(shown, version=public.version) == public


def test_one_person_suspends_and_it_takes_two_to_resume() -> None:
    rally = suspended()
    assert (rally.stage, rally.before, rally.sequence) == (Stage.SUSPENDED, Stage.REVEALED, 2)
    asked = rally.ask(BORIS, Request(Deed.RESUME, BORIS.id), WHO, NOW)
    assert asked.stage is Stage.SUSPENDED
    back = asked.approve(CLARA, WHO, digest=asked.digest, now=NOW)
    assert (back.stage, back.before, back.sequence) == (Stage.REVEALED, None, 3)


def test_organisers_suspend_their_own_and_only_their_own() -> None:
    mine, other = announced(ORGANISER), announced()
    stopped = mine.suspend(ORGANISER, Reason.SAFETY, pauses=0, tree=TREE)
    assert stopped.stage is Stage.SUSPENDED
    with pytest.raises(NotAllowed):
        other.suspend(ORGANISER, Reason.SAFETY, pauses=0, tree=TREE)


def test_a_fourth_pause_within_a_day_is_refused() -> None:
    third = announced().suspend(BORIS, Reason.OTHER, pauses=2, tree=TREE)
    assert third.stage is Stage.SUSPENDED
    with pytest.raises(TooManyPauses):
        announced().suspend(BORIS, Reason.OTHER, pauses=3, tree=TREE)


def test_an_organiser_cancels_with_one_more_but_cannot_ask_to_resume() -> None:
    rally = announced(ORGANISER)
    request = Request(Deed.CANCEL, ORGANISER.id, reason=Reason.WEATHER)
    asked = rally.ask(ORGANISER, request, WHO, NOW)
    done = asked.approve(ANNA, WHO, digest=asked.digest, now=NOW)
    assert (done.stage, done.reason, done.agreed) == (Stage.CANCELLED, Reason.WEATHER, 2)
    stopped = rally.suspend(ORGANISER, Reason.OTHER, pauses=0, tree=TREE)
    with pytest.raises(NotAllowed):
        stopped.ask(ORGANISER, Request(Deed.RESUME, ORGANISER.id), WHO, NOW)


def test_cancelled_is_final() -> None:
    rally = announced()
    asked = rally.ask(BORIS, Request(Deed.CANCEL, BORIS.id), WHO, NOW)
    done = asked.approve(CLARA, WHO, digest=asked.digest, now=NOW)
    with pytest.raises(WrongStage):
        done.suspend(ANNA, Reason.OTHER, pauses=0, tree=TREE)
    for request in (Request(Deed.CANCEL, ANNA.id), Request(Deed.CHANGE, ANNA.id, facts(hours=5))):
        with pytest.raises(WrongStage):
            done.ask(ANNA, request, WHO, NOW)
    with pytest.raises(WrongStage):
        done.start()
    with pytest.raises(WrongStage):
        done.end()


@pytest.mark.parametrize(
    ("changed", "stage"),
    [({"hours": 24}, Stage.POSTPONED), ({"place": "Elsewhere"}, Stage.MOVED)],
)
def test_two_people_postpone_or_move(changed: dict[str, float | str], stage: Stage) -> None:
    proposed = facts(**changed)  # type: ignore[arg-type]  # facts' own
    asked = announced().ask(BORIS, Request(Deed.CHANGE, BORIS.id, proposed), WHO, NOW)
    assert asked.facts == facts()
    done = asked.approve(ANNA, WHO, digest=asked.digest, now=NOW)
    assert (done.stage, done.facts, done.sequence) == (stage, proposed, 2)


def test_a_rejected_request_changes_nothing() -> None:
    rally = announced()
    asked = rally.ask(BORIS, Request(Deed.CANCEL, BORIS.id), WHO, NOW)
    assert asked.reject(ANNA, WHO, digest=asked.digest) == rally


def test_a_staged_place_is_hidden_until_it_is_revealed() -> None:
    rally = announced(staged=True)
    assert rally.stage is Stage.ANNOUNCED
    assert rally.hides_place
    assert not rally.reveal().hides_place
    assert not announced().hides_place


def test_it_starts_and_ends_and_a_suspended_one_would_resume_as_live() -> None:
    assert announced().start().stage is Stage.LIVE
    assert announced().start().end().stage is Stage.ENDED
    stopped = suspended().start()
    assert (stopped.stage, stopped.before) == (Stage.SUSPENDED, Stage.LIVE)
    assert stopped.end().stage is Stage.ENDED


def test_the_next_word_comes_within_an_hour_and_a_quarter() -> None:
    assert word_by(START) == START + timedelta(hours=1)
    late = word_by(START + timedelta(minutes=1))
    assert late == START + timedelta(hours=1, minutes=15)


class Life(RuleBasedStateMachine):
    """Anybody does anything in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.rally = Rally(RallyId(7), ORGANISER.id, facts())
        self.agreed: dict[bytes, set[int]] = {}
        self.seen: list[Rally] = []

    people = st.sampled_from((ANNA, BORIS, CLARA, ORGANISER, person(8, Role.AUDITOR)))
    places = st.sampled_from(("Freedom Square", "Elsewhere"))

    @initialize(public=st.booleans())
    def begin(self, public: bool) -> None:
        """Half of the lives begin after the announcement."""
        self.rally = announced(ORGANISER) if public else self.rally

    def become(self, after: Rally) -> None:
        """Take the next state."""
        if after.public and after.sequence != self.rally.sequence:
            assert after.sequence == self.rally.sequence + 1
        self.rally = after

    @rule(by=people, place=places)
    def edit(self, by: Staff, place: str) -> None:
        """Edit the draft."""
        with suppress(Refused):
            self.become(self.rally.edit(by, facts(place=place)))

    @rule(by=people)
    def submit(self, by: Staff) -> None:
        """Submit it."""
        with suppress(Refused):
            self.become(self.rally.submit(by, TREE, NOW))

    @rule(by=people, deed=st.sampled_from(Deed), place=places)
    def ask(self, by: Staff, deed: Deed, place: str) -> None:
        """Ask for something."""
        proposed = facts(place=place, hours=1) if deed is Deed.CHANGE else None
        with suppress(Refused):
            self.become(self.rally.ask(by, Request(deed, by.id, proposed), WHO, NOW))

    @rule(by=people)
    def approve(self, by: Staff) -> None:
        """Agree to what is asked now."""
        with suppress(Refused):
            asked, digest = self.rally.request, self.rally.digest
            after = self.rally.approve(by, WHO, digest=digest, now=NOW)
            assert asked is not None
            assert by.id != asked.by
            if after.request is None:
                behind = {*self.rally.approvals, by.id, asked.by}
                assert len(behind) >= 2
                assert after.agreed >= 2
            self.become(after)

    @rule(by=people)
    def suspend(self, by: Staff) -> None:
        """Suspend."""
        with suppress(Refused):
            self.become(self.rally.suspend(by, Reason.OTHER, pauses=0, tree=TREE))

    @rule(what=st.sampled_from(("start", "end", "reveal")))
    def clock(self, what: str) -> None:
        """Time passes."""
        with suppress(Refused):
            self.become(getattr(self.rally, what)())

    @invariant()
    def two_people_stand_behind_everything_public(self) -> None:
        """What the table's constraints repeat."""
        rally = self.rally
        assert rally.stage in UNPUBLISHED or (rally.agreed >= 2 and rally.sequence >= 1)
        assert (rally.before is not None) == (rally.stage is Stage.SUSPENDED)
        assert bool(rally.approvals) <= (rally.request is not None)
        announces = rally.request is not None and rally.request.deed is Deed.ANNOUNCE
        assert announces == (rally.stage is Stage.SUBMITTED)

    @invariant()
    def an_end_is_an_end(self) -> None:
        """Nothing follows a final stage."""
        finals = {Stage.CANCELLED, Stage.ENDED, Stage.REJECTED}
        if self.seen and self.seen[-1].stage in finals:
            assert self.rally.stage is self.seen[-1].stage
        self.seen.append(self.rally)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
