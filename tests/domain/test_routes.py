"""Words send an item to districts; whole words only, however they are written."""

import pytest

from bot.domain.districts import DistrictId
from bot.domain.routes import districts_of
from bot.domain.sources import Route

NORTH, SOUTH = DistrictId(1), DistrictId(2)
ROUTES = (
    Route(frozenset({"Гродно", "гродненский"}), frozenset({NORTH})),
    Route(frozenset({"Sint-Jans-Molenbeek", "petite île", "l'eau"}), frozenset({SOUTH})),
    Route(frozenset({"", "  "}), frozenset({DistrictId(3)})),
)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("Новости: ГРОДНО, утро", {NORTH}),
        ("Из Гродно в Molenbeek", {NORTH}),
        ("Werken in sint-jans-molenbeek", {SOUTH}),
        ("Sur la Petite  Île et à Гродно", {NORTH, SOUTH}),
        ("L\u2019eau revient", {SOUTH}),
        ("Гродном", set()),
        ("La petite grande île", set()),
        ("", set()),
    ],
)
def test_whole_words_decide(text: str, where: set[DistrictId]) -> None:
    assert districts_of(ROUTES, text) == where


def test_without_routes_the_source_decides() -> None:
    assert districts_of((), "Гродно") == frozenset()
