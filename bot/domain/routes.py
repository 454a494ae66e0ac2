"""Where an item of a source belongs by its words."""

import re
from collections.abc import Collection

from bot.domain.districts import DistrictId
from bot.domain.sources import Route

_APOSTROPHES = str.maketrans({"\u2019": "'", "\u02bc": "'"})
_WORD = re.compile(r"\w+(?:['-]\w+)*")


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
