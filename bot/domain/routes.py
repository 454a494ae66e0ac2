"""Where an item of a source belongs by its words."""

import re
from collections.abc import Iterable

from bot.domain.districts import DistrictId
from bot.domain.sources import Route

_WORD = re.compile(r"\w+(?:['\u2019\u02bc-]\w+)*")


def districts_of(routes: Iterable[Route], text: str) -> frozenset[DistrictId]:
    """The districts of every route that has one of its words, whole, in the text.

    Plain words, case-folded; several words with spaces between them count as they stand. None
    found: the item concerns whom its source concerns.
    """
    met = f" {' '.join(_words(text))} "
    return frozenset(
        district
        for route in routes
        if any(_words(word) and f" {' '.join(_words(word))} " in met for word in route.words)
        for district in route.districts
    )


def _words(text: str) -> list[str]:
    return [word.replace("\u2019", "'").replace("\u02bc", "'") for word in _found(text)]


def _found(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
