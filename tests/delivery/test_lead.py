"""A message is taken early enough that a commit makes nothing late, and not much earlier."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery.lead import LONGEST, Lead


def learned(*rounds: float) -> Lead:
    lead = Lead()
    for seconds in rounds:
        lead.took(seconds)
    return lead


def test_nothing_is_taken_early_before_a_round_was_seen() -> None:
    assert Lead().seconds == 0.0


def test_even_rounds_are_expected_twice() -> None:
    assert learned(*[0.01] * 100).seconds == pytest.approx(0.02, rel=0.01)


def test_uneven_rounds_are_given_more_time() -> None:
    assert learned(*[0.005, 0.015] * 50).seconds > 0.025


def test_a_single_stall_is_soon_forgotten() -> None:
    assert learned(*[0.004] * 50, 3.0).seconds < LONGEST
    assert learned(*[0.004] * 50, 3.0, *[0.004] * 30).seconds < 0.012


@given(st.lists(st.floats(0, 100), max_size=50))
def test_it_is_never_longer_than_what_a_crash_may_repeat(rounds: list[float]) -> None:
    assert 0.0 <= learned(*rounds).seconds <= LONGEST
