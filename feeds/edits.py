"""What a medium changed in a text: only its spelling, or what it says. Pure.

When in doubt it is a fact: a correction shown without need costs a line, one that is hidden costs
the reader the truth.
"""

import re
import unicodedata
from collections.abc import Iterator
from difflib import SequenceMatcher
from enum import StrEnum
from functools import cache

from feeds import words

_WORD = re.compile(r"\d+(?:[ \u00a0\u202f.,:/\-]\d+)*\w*|[^\W\d_]+(?:['\u2019\u02bc\-][^\W\d_]+)*")
_BLANKS = re.compile(r"[ \u00a0\u202f]")
_CUT = "…"
_LONG_WORD = 8
_SHORT_WORD = 4
_FEW = 3
_PART = 10
"""At most three slips of the pen, or every tenth word of a longer text."""


class Change(StrEnum):
    """How a text differs from what was there before."""

    TYPO = "typo"
    FACT = "fact"


def compare(before: str, after: str) -> Change:
    """Judge an edit. Numbers, names, dates and negations are facts; so is much of anything."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    slips = 0
    for gone, come in _differences(old, new, cut=before.endswith(_CUT) and after.endswith(_CUT)):
        if not _is_slip(gone, come):
            return Change.FACT
        slips += max(len(gone), len(come))
    return Change.TYPO if slips <= max(_FEW, len(old) // _PART) else Change.FACT


def unlike(before: str, after: str) -> bool:
    """Whether two texts tell so little of the same that one is no edit of the other.

    Judged by their words; texts of a few words, such as "Live", are never unlike.
    """
    old, new = set(words.split(before)), set(words.split(after))
    fewer = min(len(old), len(new))
    ordinary = words.common_words()
    shared = (old & new) - ordinary
    return fewer >= _LONG_WORD and 10 * len(shared) < min(len(old - ordinary), len(new - ordinary))


def _differences(
    old: list[str], new: list[str], *, cut: bool
) -> Iterator[tuple[list[str], list[str]]]:
    """The stretches of words that differ. What only fell off the end of a cut text does not."""
    matcher = SequenceMatcher(
        None, [_fold(w) for w in old], [_fold(w) for w in new], autojunk=False
    )
    for kind, a, b, c, d in matcher.get_opcodes():
        at_the_end = b == len(old) and d == len(new)
        if kind != "equal" and not (cut and at_the_end and kind != "replace" and old and new):
            yield old[a:b], new[c:d]


def _is_slip(gone: list[str], come: list[str]) -> bool:
    joined = "".join(map(_fold, gone)).replace("-", "") == "".join(map(_fold, come)).replace(
        "-", ""
    )
    if joined and not any(map(_is_number, gone + come)):
        return True  # a word divided or written as one
    if len(gone) != len(come):
        return all(map(_says_nothing, gone + come))
    return all(map(_misspelt, gone, come))


def _misspelt(old: str, new: str) -> bool:
    """Whether two words are one word, once with a wrong letter or two."""
    if _is_number(old) or _is_number(new):
        return False
    if _says_nothing(old) and _says_nothing(new):
        return True
    if (_says_nothing(old) or _says_nothing(new)) and sorted(_fold(old)) == sorted(_fold(new)):
        return True  # letters of a small word swapped
    if any(word[:1].isupper() and not _says_nothing(word) for word in (old, new)):
        return False
    before, after = _fold(old), _fold(new)
    if _tells_much(before) or _tells_much(after) or _negated(before, after):
        return False
    shorter = min(len(before), len(after))
    allowed = 2 if shorter >= _LONG_WORD else 1
    return shorter >= _SHORT_WORD and _within(_bare(before), _bare(after), allowed)


def _says_nothing(word: str) -> bool:
    folded = _fold(word)
    return folded in words.common_words() and not _tells_much(folded)


def _tells_much(word: str) -> bool:
    return _telling().fullmatch(word) is not None


def _negated(before: str, after: str) -> bool:
    shorter, longer = sorted((before, after), key=len)
    return any(longer == start + shorter for start in words.of("negating"))


@cache
def _telling() -> re.Pattern[str]:
    impact = (w for one in words.languages().values() for k in one.impact.values() for w in k)
    single = [word for word in impact if " " not in word]
    return re.compile(words.pattern([*words.of("negations"), *words.of("exact"), *single]))


def _is_number(word: str) -> bool:
    return any(character.isdigit() for character in word)


def _fold(word: str) -> str:
    if _is_number(word):
        return _BLANKS.sub("", word.casefold())
    return word.casefold().replace("\u2019", "'").replace("\u02bc", "'")


def _bare(word: str) -> str:
    """Without accents: one that was forgotten is no letter more."""
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))


def _within(a: str, b: str, most: int) -> bool:
    """Whether at most ``most`` letters were added, dropped, replaced or swapped with the next."""
    if abs(len(a) - len(b)) > most:
        return False
    rows = [list(range(len(b) + 1))]
    for i, left in enumerate(a, 1):
        row = [i]
        for j, right in enumerate(b, 1):
            best = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (left != right))
            if i > 1 and j > 1 and left == b[j - 2] and a[i - 2] == right:
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1] <= most
