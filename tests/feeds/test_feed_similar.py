"""Tellings of one story lie near each other, different stories do not: measured on real items."""

import re
from collections.abc import Callable, Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.entries import Entry
from feeds.parse import Parser
from feeds.similar import FEWEST, NEAR, distance, simhash
from tests.feeds.documents import shared_feeds

TEXT = (
    "Гарадскі савет вырашыў у аўторак, што старая бібліятэка каля ракі адкрыецца вясной, калі "
    "адрамантуюць дах і кнігі вернуцца са сховішча"
)


def bits(one: str, other: str) -> int:
    """How far apart two texts are."""
    a, b = simhash(one), simhash(other)
    assert a is not None
    assert b is not None
    return distance(a, b)


def test_case_and_punctuation_are_nothing() -> None:
    assert bits(TEXT, TEXT.upper().replace(",", " —")) == 0


def test_a_word_more_or_less_is_near_and_another_text_is_far() -> None:
    assert bits(TEXT, TEXT.replace("старая ", "")) <= NEAR
    assert (
        bits(TEXT, "Зусім іншая навіна пра футбол, якую ніхто не чакаў пасля ўчорашняга матча") > 20
    )


def test_too_few_words_tell_nothing() -> None:
    assert simhash(" ".join("слова" + "а" * n for n in range(FEWEST - 1))) is None
    assert simhash("") is None


@settings(max_examples=50)
@given(st.text(max_size=300))
def test_any_text_has_a_fingerprint_of_64_bits_or_none(text: str) -> None:
    found = simhash(text)
    assert found is None or 0 <= found < 1 << 64
    assert found == simhash(text)


# How one medium's text comes out at another's.
def _agency(e: Entry, _: Random) -> str:
    return f"{e.title} MINSK, 21 November, Agency. {e.summary}"


def _footer(e: Entry, _: Random) -> str:
    return f"{e.title} {e.summary} Read the whole story on our site."


def _updated(e: Entry, _: Random) -> str:
    return f"UPDATED: {e.title} {e.summary}"


def _shortened(e: Entry, _: Random) -> str:
    words = e.summary.split(" ")
    return f"{e.title} {' '.join(words[: len(words) * 3 // 4])}…"


def _two_words(e: Entry, chance: Random) -> str:
    words = f"{e.title} {e.summary}".split(" ")
    for _ in range(2):
        words[chance.randrange(len(words))] = "other"
    return " ".join(words)


def _tenth(e: Entry, chance: Random) -> str:
    words = f"{e.title} {e.summary}".split(" ")
    for n in range(max(1, len(words) // 10)):
        words[chance.randrange(len(words))] = f"other{n}"
    return " ".join(words)


def _plain(e: Entry, _: Random) -> str:
    return re.sub(r"[.,«»\"]", "", f"{e.title.upper()} {e.summary}")


def _retitled(e: Entry, _: Random) -> str:
    words = e.title.split(" ")
    return f"{' '.join(words[: len(words) // 2])} and more {e.summary}"


RETELLINGS: Sequence[Callable[[Entry, Random], str]] = (
    *(_agency, _footer, _updated, _shortened, _two_words, _tenth, _plain, _retitled),
)


@pytest.mark.shared
@pytest.mark.skipif(shared_feeds() is None, reason="needs the folder of real documents")
async def test_the_threshold_is_where_it_was_measured(parser: Parser) -> None:
    """Recall over eight retellings of real items, precision over pairs of different feeds."""
    folder = shared_feeds()
    assert folder is not None
    items: list[tuple[str, Entry, int]] = []
    for path in sorted((folder / "documents").iterdir()):
        if path.suffix in (".xml", ".json"):
            document = await parser.parse(path.read_bytes(), address="https://feeds.example.org/")
            # Two feeds of one publisher hold eight items in common: one story indeed.
            if path.name != "theverge-all-atom.xml":
                hashed = ((e, simhash(f"{e.title} {e.summary}")) for e in document.entries)
                items += [(path.name, e, h) for e, h in hashed if h is not None]
    wrong = [0] * 65
    for number, (feed, _, one) in enumerate(items):
        for other_feed, _, other in items[:number]:
            if feed != other_feed:
                wrong[(one ^ other).bit_count()] += 1
    chance = Random(1)
    right = [0] * 65
    whole = [item for item in items if item[1].summary]
    for _, entry, one in chance.sample(whole, 200):
        for retell in RETELLINGS:
            if (told := simhash(retell(entry, chance))) is not None:
                right[distance(one, told)] += 1
    for most in range(4, 20, 2):
        found, false = sum(right[: most + 1]), sum(wrong[: most + 1])
        print(
            f"{most} bits: recall {found / sum(right):.3f}, false {false} of {sum(wrong):,} pairs"
        )
    assert sum(wrong) > 1_000_000
    assert sum(wrong[: NEAR + 1]) <= 3
    assert sum(right[: NEAR + 1]) >= 0.85 * sum(right)
