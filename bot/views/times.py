"""The words for days and hours that people may type: CLDR's, and spoken forms from catalogues."""

from collections.abc import Iterator, Mapping
from functools import cache

from babel import Locale

from bot.domain.typed import Vocabulary, Words, plain
from bot.i18n import LANGUAGES, translator

WIDTHS = ("wide", "abbreviated", "short")
"""Of CLDR's names; its narrow ones are single letters and name two days each."""


@cache
def vocabulary(lang: str) -> Vocabulary:
    """What a person who reads ``lang`` may type: its words first, then the other languages'."""
    others = tuple(words(other) for other in LANGUAGES if other != lang)
    return Vocabulary(words(lang), others)


@cache
def words(lang: str) -> Words:
    """The words of one language."""
    locale, t = Locale.parse(lang), translator(lang)
    weekdays = {word: day for day in range(7) for word in _listed(t(f"times-weekday-{day}"))}
    near = {word: n for n in range(3) for word in _listed(t(f"times-near-{n}"))}
    return Words(
        weekdays={**dict(_names(locale.days)), **weekdays},
        months={name: number for name, number in _names(locale.months) if name},
        near=near,
        hours=frozenset(_listed(t("times-hour-marks"))),
        fillers=frozenset(_listed(t("times-fillers"))),
    )


def _names(contexts: Mapping[str, Mapping[str, Mapping[int, str]]]) -> Iterator[tuple[str, int]]:
    for context in contexts.values():
        for width in WIDTHS:
            for number, name in context.get(width, {}).items():
                yield plain(name), number


def _listed(words: str) -> list[str]:
    return [plain(word) for word in words.split()]
