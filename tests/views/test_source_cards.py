"""The card of a source: a line for what there is to say, none for what there is not."""

from dataclasses import replace

import pytest

from bot.domain.districts import Districts
from bot.domain.sources import Motion, Source
from bot.domain.staff import Grant, Role, Staff, StaffId
from bot.i18n import translator
from bot.views import sources as view
from storage.polls import Poll
from tests.domain.test_sources import NOW, PROBATION

EDITOR = Staff(StaffId(8), "Lynx", frozenset({Grant(Role.NEWS)}), StaffId(8))
STAYS = Poll(
    source=PROBATION.id,
    address=PROBATION.address,
    next_poll=NOW,
    polled_at=NOW,
    items=30,
)


def lines(source: Source) -> list[str]:
    """What the card says of a source whose feed did not move."""
    shown = view.card(view.Entry(source, STAYS), EDITOR, translator("en"), Districts.of([]), NOW)
    return shown.text.split("\n")


def test_a_card_ends_with_words() -> None:
    assert lines(PROBATION)[-1]


@pytest.mark.parametrize("motion", [Motion.TRUST, Motion.REVOKE])
def test_one_empty_line_stands_before_what_waits(motion: Motion) -> None:
    assert lines(replace(PROBATION, motion=motion)).count("") == 1
