"""Sizes, rounded times and shares: what staff sees tells no exact number."""

import pytest

from bot.domain.progress import Bucket, bucket, rough, seconds, tenths
from bot.i18n import LANGUAGES, translator


@pytest.mark.parametrize(
    ("people", "size"),
    [
        (0, Bucket.FEW),
        (99, Bucket.FEW),
        (100, Bucket.HUNDREDS),
        (999, Bucket.HUNDREDS),
        (1_000, Bucket.THOUSANDS),
        (10_000, Bucket.TENS),
        (99_999, Bucket.TENS),
        (100_000, Bucket.LAKHS),
        (1_000_000, Bucket.MILLIONS),
        (80_000_000, Bucket.MILLIONS),
    ],
)
def test_people_have_a_size(people: int, size: Bucket) -> None:
    assert bucket(people) is size


def test_times_do_not_give_a_small_number_away() -> None:
    assert {rough(n) for n in range(1, 101)} == {100}
    assert (rough(0), rough(123_456), rough(10_000), rough(1_951)) == (0, 120_000, 10_000, 2_000)


def test_a_time_is_what_the_rate_needs() -> None:
    assert seconds(10_000, 25) == 400
    assert seconds(3, 25) == 1
    assert seconds(0, 25) == 0


@pytest.mark.parametrize(
    ("share", "shown"), [(0, 0), (0.04, 0), (0.42, 0.4), (0.96, 0.9), (0.9999, 0.9), (1, 1)]
)
def test_a_share_is_whole_only_when_nothing_is_left(share: float, shown: float) -> None:
    assert tenths(share) == shown


def test_a_length_of_time_is_said_in_its_two_largest_units() -> None:
    said = {lang: translator(lang).duration(400).replace("\u202f", " ") for lang in LANGUAGES}
    assert said["en"] == "6 min 40 sec"
    assert said["fr"].replace("\xa0", " ") == "6 min 40 s"
    assert all("6" in text and "40" in text for text in said.values())
    t = translator("en")
    assert [t.duration(n) for n in (0, 1, 61, 3599, 36_100)] == [
        "0 sec",
        "1 sec",
        "1 min 10 sec",
        "1 hr",
        "10 hr 2 min",
    ]
