"""Words that send an item of a source elsewhere: as people type them, and where they send it."""

import re
from collections.abc import Collection

from bot.domain.districts import DistrictId
from bot.domain.errors import Refused
from bot.domain.sources import Route

MOST_ROUTES = 20
MOST_WORDS = 20
LONGEST_WORD = 40
_BETWEEN = re.compile(r"[,;\n]+")
_TYPED = re.compile(r"\w[\w'\u2019\u02bc -]*")
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u02bc": "'"})
_WORD = re.compile(r"\w+(?:['-]\w+)*")


class WrongWords(Refused):
    """What was typed is not a list of words."""

    key = "source-route-wrong"


class TooManyRoutes(Refused):
    """A source has as many routes as it may."""

    key = "source-route-many"


def words_of(text: str) -> frozenset[str]:
    """The words, or several that stand together, case-folded; raises ``WrongWords``."""
    found = frozenset(" ".join(word.casefold().split()) for word in _BETWEEN.split(text)) - {""}
    good = all(len(word) <= LONGEST_WORD and _TYPED.fullmatch(word) for word in found)
    if not found or len(found) > MOST_WORDS or not good:
        raise WrongWords(n=MOST_WORDS)
    return found


def districts_of(routes: Collection[Route], text: str) -> frozenset[DistrictId]:
    """The districts of every route that has one of its words, whole, in the text.

    Plain words, case-folded; several words with spaces between them count as they stand. None
    found: the item concerns whom its source concerns.
    """
    if not routes:
        return frozenset()
    met = _spaced(text)
    return frozenset(
        district
        for route in routes
        if any((wanted := _spaced(word)) and wanted in met for word in route.words)
        for district in route.districts
    )


def _spaced(text: str) -> str:
    """Its words with a space on either side, so that only whole ones are found in it."""
    words = _WORD.findall(text.casefold().translate(_APOSTROPHES))
    return f" {' '.join(words)} " if words else ""
