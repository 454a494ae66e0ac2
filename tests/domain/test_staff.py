"""Who may do what, and who counts as a second person."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.districts import District, DistrictId, Districts
from bot.domain.errors import NotAllowed, Refused
from bot.domain.motions import (
    Motion,
    MotionKind,
    TooFewCustodians,
    WrongState,
    custodian,
    needed,
    stuck,
)
from bot.domain.staff import (
    MATRIX,
    Grant,
    May,
    OwnText,
    Quorum,
    Role,
    Staff,
    StaffId,
    StaffState,
    covers,
    independent,
)

LAND, CITY, OTHER = DistrictId(1), DistrictId(2), DistrictId(3)
TREE = Districts.of(
    [
        District(LAND, "l", None, "UTC", {"en": "Land"}),
        District(CITY, "c", LAND, "UTC", {"en": "City"}),
        District(OTHER, "o", LAND, "UTC", {"en": "Other"}),
    ]
)


def person(
    id: int,
    branch: int | None = None,
    *held: Role | Grant,
    state: StaffState = StaffState.ACTIVE,
) -> Staff:
    """A member of staff; bare roles hold everywhere."""
    grants = frozenset(one if isinstance(one, Grant) else Grant(one) for one in held)
    return Staff(StaffId(id), f"A{id}", grants, None if branch is None else StaffId(branch), state)


team = st.lists(
    st.tuples(st.integers(1, 6), st.one_of(st.none(), st.integers(1, 3))),
    unique_by=lambda one: one[0],
    min_size=1,
    max_size=6,
).map(lambda rows: [person(id, branch) for id, branch in rows])


@given(team, st.booleans(), st.lists(st.integers(0, 5), max_size=12))
def test_nothing_is_complete_without_two_independent_people(
    people: list[Staff], author_counts: bool, presses: list[int]
) -> None:
    branches = len({p.branch for p in people if p.branch is not None})
    author = people[0]
    quorum = Quorum(author, author_counts, (), branches)
    for press in presses:
        by = people[press % len(people)]
        with suppress(Refused):
            quorum = quorum.approve(by)
        assert author not in quorum.approved, "the author is never the second person"
        assert len({p.id for p in quorum.agreed}) == len(quorum.agreed)
        if quorum.complete:
            assert len({p.id for p in quorum.agreed}) >= 2
        if branches >= 2:
            held = [p.branch for p in quorum.agreed]
            assert len(set(held)) == len(held), "never two of one branch"
            assert len(held) < 2 or None not in held, "the root belongs to every branch"


@given(team)
def test_independence_is_mutual_and_nobody_is_independent_of_themselves(
    people: list[Staff],
) -> None:
    for one in people:
        assert not independent(one, one)
        for other in people:
            assert independent(one, other) == independent(other, one)


@pytest.mark.parametrize("role", Role)
def test_a_role_permits_what_the_matrix_says_and_only_inside_its_scope(role: Role) -> None:
    one = person(1, None, Grant(role, CITY))
    for what in May:
        allowed = what in MATRIX[role]
        assert one.may(what, [CITY], TREE) is allowed
        assert not one.may(what, [LAND], TREE)
        assert not one.may(what, [CITY, OTHER], TREE)
        assert one.scopes(what) == ({CITY} if allowed else frozenset())


@pytest.mark.parametrize("state", [StaffState.SUSPENDED, StaffState.REVOKED])
def test_whoever_is_not_active_may_nothing(state: StaffState) -> None:
    one = person(1, None, *Role, state=state)
    assert not any(one.may_anywhere(what) or one.scopes(what) for what in May)
    assert not one.may_suspend(person(2))
    with pytest.raises(NotAllowed):
        one.require_anywhere(May.INVITE)


def test_only_everywhere_contains_everywhere() -> None:
    assert covers(None, None, TREE)
    assert covers(None, CITY, TREE)
    assert covers(LAND, CITY, TREE)
    assert not covers(CITY, None, TREE)
    assert not covers(CITY, OTHER, TREE)
    assert not covers(LAND, DistrictId(99), TREE)


def test_everybody_may_lock_themselves_and_only_some_may_lock_others() -> None:
    news, other = person(1, 1, Role.NEWS), person(2, 2, Role.NEWS)
    events, duty = person(3, 3, Role.EVENTS), person(4, 4, Role.DUTY)
    organiser = person(5, 5, Role.ORGANISER)
    assert all(one.may_suspend(one) for one in (news, events, duty, organiser))
    assert news.may_suspend(other)
    assert not news.may_suspend(events)
    assert not organiser.may_suspend(person(6, 6, Role.ORGANISER)), "organisers only themselves"
    assert duty.may_suspend(news)
    assert not duty.may_suspend(person(7, 7, Role.NEWS, state=StaffState.SUSPENDED))


def invite(author: int) -> Motion:
    """An invitation for a news moderator everywhere."""
    return Motion(MotionKind.INVITE, StaffId(author), None, frozenset({Grant(Role.NEWS)}))


def test_one_custodian_decides_alone_only_while_there_is_one() -> None:
    root = person(1, None, Role.CUSTODIAN)
    assert needed(invite(1), [root, person(2, 2, Role.DUTY)], TREE) == 1
    second = person(2, 2, Role.CUSTODIAN)
    assert needed(invite(1), [root, second], TREE) == 2
    asleep = person(2, 2, Role.CUSTODIAN, state=StaffState.SUSPENDED)
    assert needed(invite(1), [root, asleep], TREE) == 2, "suspending peers lowers nothing"
    gone = person(2, 2, Role.CUSTODIAN, state=StaffState.REVOKED)
    assert needed(invite(1), [root, gone], TREE) == 1
    elsewhere = person(2, 2, Grant(Role.CUSTODIAN, OTHER))
    assert needed(invite(1), [root, elsewhere], TREE) == 1


@pytest.mark.parametrize("kind", [MotionKind.REVOKE, MotionKind.REGRANT])
def test_nobody_removes_a_custodian_alone(kind: MotionKind) -> None:
    everybody = [person(n, n, Role.CUSTODIAN) for n in (1, 2)]
    motion = Motion(kind, StaffId(1), StaffId(2))
    with pytest.raises(TooFewCustodians):
        needed(motion, everybody, TREE)
    assert needed(motion, [*everybody, person(3, 3, Role.CUSTODIAN)], TREE) == 2
    assert needed(Motion(kind, StaffId(1), StaffId(4)), [*everybody[:1], person(4, 4)], TREE) == 1


def test_nobody_decides_about_themselves_or_twice() -> None:
    one, two = person(1, 1, Role.CUSTODIAN), person(2, 2, Role.CUSTODIAN)
    about = Motion(MotionKind.REINSTATE, StaffId(1), StaffId(2))
    with pytest.raises(NotAllowed):
        about.require(two, two, TREE)
    with pytest.raises(OwnText):
        about.second(one, two, TREE)
    about.second(person(3, 3, Role.CUSTODIAN), two, TREE)
    with pytest.raises(NotAllowed):
        about.second(person(4, 4, Role.DUTY), two, TREE)
    with pytest.raises(NotAllowed):
        about.second(person(5, 5, Grant(Role.CUSTODIAN, CITY)), two, TREE)


@pytest.mark.parametrize("state", StaffState)
def test_a_motion_fits_only_some_states(state: StaffState) -> None:
    subject = person(2, 2, state=state)
    fits = {
        MotionKind.REINSTATE: state is StaffState.SUSPENDED,
        MotionKind.REVOKE: state is not StaffState.REVOKED,
        MotionKind.REGRANT: state is not StaffState.REVOKED,
    }
    for kind, good in fits.items():
        motion = Motion(kind, StaffId(1), StaffId(2))
        if good:
            motion.fits(subject)
        else:
            with pytest.raises(WrongState):
                motion.fits(subject)
    invite(1).fits(None)


def test_the_operator_helps_only_when_custodians_are_stuck() -> None:
    active, asleep = person(1, None, Role.CUSTODIAN), person(2, 2, Role.CUSTODIAN)
    asleep = person(2, 2, Role.CUSTODIAN, state=StaffState.SUSPENDED)
    assert stuck([])
    assert stuck([person(3, 3, Role.DUTY)])
    assert not stuck([active])
    assert stuck([active, asleep])
    assert not stuck([active, person(4, 4, Role.CUSTODIAN), asleep])
    assert custodian(asleep)
