"""News that may move people to act, by closed lists of words: two people look at it. Pure."""

import re
from enum import StrEnum
from functools import cache

from feeds import words


class Impact(StrEnum):
    """What kind of news it is."""

    CASUALTIES = "casualties"
    ARRESTS = "arrests"
    LAW = "law"
    GATHERING = "gathering"
    OUTAGE = "outage"


def impacts(text: str, language: str = "") -> frozenset[Impact]:
    """What a text tells that may move people. ``language`` is the item's, if it is known.

    Declarations are often wrong, so Cyrillic texts are read in all languages written so, and
    Latin ones in their own only when there is a list for it.
    """
    lists = _lists(words.is_cyrillic(text), language[:2])
    return frozenset(kind for kind, expression in lists.items() if expression.search(text))


@cache
def _lists(cyrillic: bool, language: str) -> dict[Impact, re.Pattern[str]]:
    alike = [w for w in words.languages().values() if w.impact and w.cyrillic is cyrillic]
    own = [one for one in alike if one.language == language]
    read = own if own and not cyrillic else alike
    return {
        kind: re.compile(words.pattern(w for one in read for w in one.impact[kind]), re.IGNORECASE)
        for kind in Impact
    }
