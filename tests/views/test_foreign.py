"""Foreign text keeps its words and loses what Telegram would make tappable."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.canonical import canonical
from bot.views.foreign import foreign

TAPPABLE = re.compile(
    r"\w://|(?<!\w)[@#$]\w|\w@\w|(?<![\w/<>])/\w|\w\.[^\W\d_]{2}",
)


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example/path",
        "tg://resolve?domain=evil",
        "see evil.example now",
        "write to @evil or me@evil.example",
        "/start /stop",
        "CANAL+/21H00 (/stop) «/go»",
        "#evil $EVIL",
        "t.me/evil",
    ],
)
def test_nothing_in_it_can_be_tapped(text: str) -> None:
    assert not TAPPABLE.search(foreign(text))


@pytest.mark.parametrize(
    "text", ["Water is back: 3.5 million litres", "A/B, 1/2", "Who? What!", "5 $", "U. S."]
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert foreign(text) == text


@settings(max_examples=200)
@given(st.text(alphabet="ab1.:/@#$ \u0451é", max_size=40))
def test_any_text_loses_its_addresses_and_keeps_its_canonical_form(text: str) -> None:
    shown = foreign(text)
    assert not TAPPABLE.search(shown)
    assert canonical(shown) == canonical(text)
