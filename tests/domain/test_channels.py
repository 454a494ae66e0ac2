"""Names that imitate a linked channel."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.channels import ChannelRights, distance, imitates

NAME = "@solidarity_minsk"


@pytest.mark.parametrize(
    "name",
    [
        "@solidarity_minsk1",
        "@s0lidarity_minsk",
        "@soIidarity_minsk",
        "@solidaritymin5k",
        "@solidarity_rninsk",
        "@Solidarity_Minsk_",
        "@s\u043elid\u0430rity_minsk",
        "@\u0455\u043elid\u0430rity_\u043cinsk",
    ],
)
def test_look_alikes_are_recognised(name: str) -> None:
    assert imitates(name, NAME)


@pytest.mark.parametrize("name", ["@weather_brest", "@minsk", "@solidarity_brest", "@news"])
def test_other_names_are_left_alone(name: str) -> None:
    assert not imitates(name, NAME)


def test_short_names_need_to_look_exactly_alike() -> None:
    assert imitates("@\u0430bc", "@abc")
    assert not imitates("@abd", "@abc")


words = st.text("abcde", max_size=8)


@given(words, words, words)
def test_the_distance_is_one(a: str, b: str, c: str) -> None:
    assert distance(a, b) == distance(b, a)
    assert (distance(a, b) == 0) == (a == b)
    assert distance(a, c) <= distance(a, b) + distance(b, c)


def test_posting_without_editing_is_not_enough() -> None:
    assert ChannelRights(post=True, edit=True).enough
    assert not ChannelRights(person_admin=True, post=True).enough
    assert not ChannelRights(edit=True).enough
