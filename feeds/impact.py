"""News that may move people to act, by closed lists of words: two people look at it. Pure."""

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
    known = _lexicon(words.is_cyrillic(text), language[:2])
    return frozenset(Impact(kind) for kind in known.found(text))


@cache
def _lexicon(cyrillic: bool, language: str) -> words.Lexicon:
    alike = [w for w in words.languages().values() if w.impact and w.cyrillic is cyrillic]
    own = [one for one in alike if one.language == language]
    read = own if own and not cyrillic else alike
    return words.Lexicon({kind: [w for one in read for w in one.impact[kind]] for kind in Impact})
