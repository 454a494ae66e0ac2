"""Taking something back: one person hides, two decide, and about exactly what they saw."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.districts import District, DistrictId, Districts
from bot.domain.errors import NotAllowed, Refused
from bot.domain.outbox import Lane
from bot.domain.publications import Audience, Kind, Publication, PublicationId, State, Want
from bot.domain.revisions import (
    NOTE_LIMIT,
    AlreadyMasked,
    AlreadyRecalled,
    Deed,
    NotMasked,
    Request,
    WrongNote,
    lane_of,
    may,
    note_of,
    options,
    possible,
    require,
)
from bot.domain.staff import (
    AlreadyApproved,
    Grant,
    Role,
    SameBranch,
    Staff,
    StaffId,
    StaffState,
)

NOW = datetime(2026, 11, 21, 10, 40, tzinfo=UTC)
LAND, CITY, OTHER = DistrictId(1), DistrictId(2), DistrictId(3)
TREE = Districts.of(
    [
        District(LAND, "l", None, "UTC", {"en": "Land"}),
        District(CITY, "c", LAND, "UTC", {"en": "City"}),
        District(OTHER, "o", LAND, "UTC", {"en": "Other"}),
    ]
)
EVERY = [None, Deed.CORRECT, Deed.RESTORE, Deed.RECALL]


def person(id: int, *held: Role | Grant, branch: int | None = None) -> Staff:
    """A member of staff; bare roles hold everywhere."""
    grants = frozenset(one if isinstance(one, Grant) else Grant(one) for one in held)
    return Staff(StaffId(id), f"A{id}", grants, None if branch is None else StaffId(branch))


def sent(kind: Kind = Kind.ITEM, *places: DistrictId, state: State = State.CURRENT) -> Publication:
    """A publication in the city, or in some places."""
    return Publication(
        id=PublicationId(1),
        kind=kind,
        subject=f"{kind}:1",
        code="A7K2-Q9ZX",
        state=state,
        lane=Lane.NEWS,
        audience=Audience(frozenset(places or {CITY}), Want.NEWS),
        accepted_at=NOW,
        expires_at=NOW + timedelta(days=1),
    )


@pytest.mark.parametrize(
    ("kind", "role", "deeds"),
    [
        (Kind.ITEM, Role.NEWS, EVERY),
        (Kind.ITEM, Role.EVENTS, [None, Deed.RESTORE, Deed.RECALL]),
        (Kind.ITEM, Role.DUTY, [None, Deed.RESTORE, Deed.RECALL]),
        (Kind.RALLY, Role.EVENTS, EVERY),
        (Kind.REMINDER, Role.DUTY, EVERY),
        (Kind.RALLY, Role.NEWS, []),
        (Kind.DIGEST, Role.NEWS, EVERY),
        (Kind.BROADCAST, Role.DUTY, EVERY),
        (Kind.ITEM, Role.ORGANISER, []),
        (Kind.ITEM, Role.CHANNELS, []),
        (Kind.RALLY, Role.AUDITOR, []),
    ],
)
def test_roles_may_what_the_matrix_says(kind: Kind, role: Role, deeds: list[Deed | None]) -> None:
    by = person(1, role)
    assert [deed for deed in EVERY if may(by, sent(kind), deed, TREE)] == deeds


def test_a_right_counts_in_every_district_of_what_was_sent() -> None:
    local = person(1, Grant(Role.NEWS, CITY))
    assert may(local, sent(), None, TREE)
    assert not may(local, sent(Kind.ITEM, CITY, OTHER), None, TREE)
    with pytest.raises(NotAllowed):
        require(local, sent(Kind.ITEM, OTHER), Deed.RECALL, TREE)


def test_what_names_no_district_that_is_left_takes_a_right_everywhere() -> None:
    gone = sent(Kind.ITEM, DistrictId(9))
    assert may(person(1, Role.NEWS), gone, None, TREE)
    assert not may(person(1, Grant(Role.NEWS, LAND)), gone, None, TREE)


def test_somebody_suspended_may_nothing() -> None:
    by = replace(person(1, Role.NEWS, Role.DUTY), state=StaffState.SUSPENDED)
    assert options(by, sent(), TREE, masked=False) == []


@pytest.mark.parametrize(
    ("masked", "state", "deed", "why"),
    [
        (False, State.CURRENT, Deed.RESTORE, NotMasked),
        (True, State.MASKED, None, AlreadyMasked),
        (True, State.MASKED, Deed.CORRECT, AlreadyMasked),
        *((False, State.RECALLED, deed, AlreadyRecalled) for deed in EVERY),
    ],
)
def test_what_cannot_be_done_says_why(
    masked: bool, state: State, deed: Deed | None, why: type[Refused]
) -> None:
    with pytest.raises(why):
        possible(sent(state=state), deed, masked=masked)


def test_a_digest_is_not_corrected_since_it_quotes_items() -> None:
    with pytest.raises(NotAllowed):
        possible(sent(Kind.DIGEST), Deed.CORRECT, masked=False)
    assert options(person(1, Role.NEWS), sent(Kind.DIGEST), TREE, masked=False) == [
        None,
        Deed.RECALL,
    ]


def test_what_is_hidden_is_restored_or_recalled() -> None:
    hidden = sent(state=State.MASKED)
    both = [Deed.RESTORE, Deed.RECALL]
    assert options(person(1, Role.NEWS), hidden, TREE, masked=True) == both


@pytest.mark.parametrize("text", ["", " \n ", "x" * (NOTE_LIMIT + 1)])
def test_a_correction_is_a_sentence(text: str) -> None:
    with pytest.raises(WrongNote):
        note_of(text)


def test_a_correction_is_one_line() -> None:
    assert note_of("  At four,\n not   at two. ") == "At four, not at two."
    assert len(note_of("x" * NOTE_LIMIT)) == NOTE_LIMIT


@pytest.mark.parametrize("lane", list(Lane))
def test_taking_back_overtakes_what_is_taken_back(lane: Lane) -> None:
    assert lane_of(lane) <= lane or lane is Lane.REPLY
    assert lane_of(lane) is not Lane.REPLY, "replies stay prompt"


REQUEST = Request(PublicationId(1), Deed.CORRECT, StaffId(1), 3, "At four.")
SHOWN = {"en": "At four. March", "be": "At four. Marsh"}


@given(
    st.sampled_from(
        [
            replace(REQUEST, publication=PublicationId(2)),
            replace(REQUEST, deed=Deed.RECALL),
            replace(REQUEST, by=StaffId(2)),
            replace(REQUEST, version=4),
        ]
    )
)
def test_a_digest_names_what_is_asked_by_whom_about_which_text(other: Request) -> None:
    assert other.digest(SHOWN) != REQUEST.digest(SHOWN)


@given(st.dictionaries(st.sampled_from(["en", "be", "ru"]), st.text(max_size=9)))
def test_a_digest_names_every_word_in_every_language(shown: dict[str, str]) -> None:
    assert (REQUEST.digest(shown) == REQUEST.digest(SHOWN)) is (shown == SHOWN)


def test_whoever_asked_is_the_first_of_two() -> None:
    asked, second = person(1, Role.NEWS, branch=10), person(2, Role.NEWS, branch=20)
    more, quorum = REQUEST.approve(second, [asked], branches=2)
    assert quorum.complete
    assert more.approvals == (second.id,)


def test_nobody_agrees_to_their_own_request_or_from_the_same_branch() -> None:
    asked, same = person(1, Role.NEWS, branch=10), person(2, Role.NEWS, branch=10)
    with pytest.raises(AlreadyApproved):
        REQUEST.approve(asked, [asked], branches=2)
    with pytest.raises(SameBranch):
        REQUEST.approve(same, [asked], branches=2)
    assert REQUEST.approve(same, [asked], branches=1)[1].one_branch


def test_a_request_of_somebody_who_lost_the_right_takes_two_others() -> None:
    second, third = person(2, Role.NEWS, branch=20), person(3, Role.NEWS, branch=30)
    more, quorum = REQUEST.approve(second, [], branches=2)
    assert not quorum.complete
    assert more.approve(third, [second], branches=2)[1].complete
