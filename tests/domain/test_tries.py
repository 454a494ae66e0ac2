"""Guesses are counted per person and forgotten in time."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.aliases import COUNT, alias
from bot.domain.tries import Tries

NOW = datetime(2026, 11, 21, 10, 40, tzinfo=UTC)


@given(st.lists(st.tuples(st.sampled_from([b"a", b"b"]), st.integers(0, 40)), max_size=40))
def test_nobody_guesses_wrong_more_often_than_allowed(steps: list[tuple[bytes, int]]) -> None:
    tries, now = Tries(5, timedelta(seconds=60)), NOW
    wrong: dict[bytes, list[datetime]] = {b"a": [], b"b": []}
    for person, wait in steps:
        now += timedelta(seconds=wait)
        if tries.left(person, now) > 0:
            tries.count(person, now)
            wrong[person].append(now)
        recent = [at for at in wrong[person] if at > now - timedelta(seconds=60)]
        assert len(recent) <= 5
        assert tries.left(person, now) == 5 - len(recent)


def test_every_alias_is_two_words_and_different() -> None:
    names = {alias(number) for number in range(COUNT)}
    assert len(names) == COUNT
    assert all(len(name.split()) == 2 and len(name) <= 25 for name in names)
    assert alias(COUNT) == alias(0)
