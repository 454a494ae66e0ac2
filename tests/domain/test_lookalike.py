"""Look-alike domains: confusable letters and single slips, against what is pinned."""

import pytest

from bot.domain.lookalike import lookalike, skeleton

PINNED = ["courier.example", "tut.by", "zerkalo.io", "lemonde.fr", "modern.press"]


def puny(name: str) -> str:
    """A name as DNS has it."""
    return ".".join(
        label if label.isascii() else "xn--" + label.encode("punycode").decode()
        for label in name.split(".")
    )


@pytest.mark.parametrize(
    ("seen", "like"),
    [
        ("c\u043eurier.example", "courier.example"),
        ("couri\u0435r.example", "courier.example"),
        ("\u0441\u043eurier.example", "courier.example"),
        ("zerka1o.io", "zerkalo.io"),
        ("z\u0435rk\u0430lo.io", "zerkalo.io"),
        ("Iemonde.fr", "lemonde.fr"),
        ("lemond\u00e9.fr", "lemonde.fr"),
        ("rnodern.press", "modern.press"),
        ("t\u03c5t.by", "tut.by"),
        ("le-monde.fr", "lemonde.fr"),
        ("courier.exampl", "courier.example"),
        ("couriers.example", "courier.example"),
        ("corier.example", "courier.example"),
        ("couirer.example", "courier.example"),
        ("coutier.example", "courier.example"),
    ],
)
def test_what_is_easily_confused_is_found(seen: str, like: str) -> None:
    assert lookalike(puny(seen.lower()), PINNED) == like


@pytest.mark.parametrize(
    "seen",
    ["courier.example", "tut.by", "tat.by", "novaya.eu", "lemonde.org", "courant.example", ""],
)
def test_what_is_pinned_short_or_another_name_is_none(seen: str) -> None:
    assert lookalike(seen, PINNED) is None


def test_a_label_that_is_no_punycode_stays_as_it_is() -> None:
    assert skeleton("xn--\u00ff.example") == skeleton("xn--y.example")
    assert lookalike("xn--99999999999.example", PINNED) is None
