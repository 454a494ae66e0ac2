"""Words that send an item of a source elsewhere, as people type them."""

import re

from bot.domain.errors import Refused

MOST_ROUTES = 20
MOST_WORDS = 20
LONGEST_WORD = 40
_BETWEEN = re.compile(r"[,;\n]+")
_WORD = re.compile(r"\w[\w'\u2019\u02bc -]*")


class WrongWords(Refused):
    """What was typed is not a list of words."""

    key = "source-route-wrong"


class TooManyRoutes(Refused):
    """A source has as many routes as it may."""

    key = "source-route-many"


def words_of(text: str) -> frozenset[str]:
    """The words, or several that stand together, case-folded; raises ``WrongWords``."""
    found = frozenset(" ".join(word.casefold().split()) for word in _BETWEEN.split(text)) - {""}
    good = all(len(word) <= LONGEST_WORD and _WORD.fullmatch(word) for word in found)
    if not found or len(found) > MOST_WORDS or not good:
        raise WrongWords(n=MOST_WORDS)
    return found
