"""Places as they may be announced."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.assembly import (
    Facts,
    PlaceHasContact,
    PlaceMissing,
    PlaceTooLong,
    public_place,
    public_point,
)
from tests.rallies import facts


@pytest.mark.parametrize(
    "typed",
    [
        "Freedom Square, call +375 29 123-45-67",
        "ask @somebody",
        "https://example.org/where",
        "t.me/meeting",
        "see www.example",
        "0475 12 34 56, Brussels",
    ],
)
def test_contacts_have_no_place_in_a_place(typed: str) -> None:
    with pytest.raises(PlaceHasContact):
        public_place(typed)


@pytest.mark.parametrize("typed", ["Freedom Square", "praspekt 116, k. 2", "Rue 1er Mai 12, 1000"])
def test_an_ordinary_address_stays_as_it_is(typed: str) -> None:
    assert public_place(typed) == typed


def test_a_place_becomes_one_line_without_invisible_characters() -> None:
    assert public_place(" Freedom\u202e\n\n  Square\u200b ") == "Freedom Square"


@pytest.mark.parametrize("typed", ["", "   ", "\u200b", "..."])
def test_nothing_is_no_place(typed: str) -> None:
    with pytest.raises(PlaceMissing):
        public_place(typed)


def test_two_hundred_characters_fit_and_one_more_does_not() -> None:
    assert len(public_place("a" * 200)) == 200
    with pytest.raises(PlaceTooLong):
        public_place("a" * 201)


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_a_point_keeps_four_decimals(latitude: float, longitude: float) -> None:
    for published, exact in zip(
        public_point(latitude, longitude), (latitude, longitude), strict=True
    ):
        assert abs(published - exact) <= 0.00005001
        assert published == round(published, 4)


def test_what_is_announced_survives_its_canonical_form() -> None:
    for one in (facts(), facts(point=(53.9023, 27.5619), staged=True)):
        assert Facts.read(one.content()) == one


def test_any_difference_changes_the_canonical_form() -> None:
    variants = [
        facts(),
        facts(place="Elsewhere"),
        facts(districts=(1, 2)),
        facts(hours=1),
        facts(point=(53.9, 27.5)),
        facts(staged=True),
    ]
    assert len({one.content() for one in variants}) == len(variants)


def test_rallies_clash_by_place_or_district_within_three_hours() -> None:
    assert facts().clashes(facts(hours=3))
    assert not facts().clashes(facts(hours=4))
    assert facts(districts=(1,)).clashes(facts(districts=(2,), place="FREEDOM square"))
    assert not facts(districts=(1,)).clashes(facts(districts=(2,), place="Elsewhere"))
