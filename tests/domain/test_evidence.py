"""The checklist: whole, by people, and nobody answers for another's interest."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.evidence import Check, Evidence, EvidenceMissing, missing, require_whole, standing
from bot.domain.staff import StaffId

NOW = datetime(2026, 11, 21, 10, 40, tzinfo=UTC)
ANNA, BORIS = StaffId(1), StaffId(2)


def line(check: Check, by: StaffId = ANNA, *, ticked: bool = True) -> Evidence:
    """One line of the log."""
    return Evidence(check, by, NOW, ticked=ticked)


WHOLE = [line(check) for check in Check]


@pytest.mark.parametrize("left_out", Check)
def test_whatever_is_not_ticked_is_missing(left_out: Check) -> None:
    log = [one for one in WHOLE if one.check is not left_out]
    assert missing(log, [ANNA]) == [left_out]
    with pytest.raises(EvidenceMissing):
        require_whole(log, [ANNA])


def test_each_of_the_two_says_for_themselves_that_they_have_no_stake() -> None:
    assert missing(WHOLE, [ANNA, BORIS]) == [Check.INTEREST]
    assert missing([*WHOLE, line(Check.INTEREST, BORIS)], [ANNA, BORIS]) == []


def test_anybody_takes_back_what_another_ticked_but_not_what_they_said_of_themselves() -> None:
    log = [*WHOLE, line(Check.SAMPLE, BORIS, ticked=False)]
    assert missing(log, [ANNA]) == [Check.SAMPLE]
    log = [*WHOLE, line(Check.INTEREST, BORIS, ticked=False)]
    assert missing(log, [ANNA]) == []
    log = [*WHOLE, line(Check.INTEREST, ANNA, ticked=False)]
    assert missing(log, [ANNA]) == [Check.INTEREST]


LINES = st.builds(
    line, st.sampled_from(Check), st.sampled_from([ANNA, BORIS]), ticked=st.booleans()
)


@settings(max_examples=60)
@given(st.lists(LINES, max_size=30))
def test_the_last_word_on_a_check_counts(log: list[Evidence]) -> None:
    held = standing(log)
    for check in Check:
        about = [one for one in log if one.check is check]
        if about and about[-1].ticked:
            assert about[-1] in held[check]
        elif about and check is not Check.INTEREST:
            assert check not in held
