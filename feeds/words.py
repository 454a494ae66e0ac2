"""Words of the languages that media write in, by what they tell; kept as data, one file each."""

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from itertools import chain, filterfalse

_FOLDER = "words"
_CYRILLIC = re.compile("[\u0400-\u052f]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_NONE: frozenset[str] = frozenset()
_BEGINNING = 200
_WORD = re.compile(r"\w+")
_ORDINARY_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Words:
    """What is known of one language.

    ``common`` words tell the language; ``negations`` and ``negating`` beginnings turn a sentence
    round; ``exact`` are words that one letter turns into another fact (dates, numbers). The rest
    starts an address or announces a number plate. ``impact`` maps kinds to their words.
    """

    language: str
    common: frozenset[str] = frozenset()
    negations: tuple[str, ...] = ()
    negating: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()
    streets: tuple[str, ...] = ()
    houses: tuple[str, ...] = ()
    flats: tuple[str, ...] = ()
    lives: tuple[str, ...] = ()
    plates: tuple[str, ...] = ()
    impact: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def cyrillic(self) -> bool:
        """Whether it is written in Cyrillic letters."""
        return any(_CYRILLIC.match(word) for word in self.common)


@cache
def languages() -> dict[str, Words]:
    """Every language that there is a file for, by its two-letter code."""
    found = {}
    for file in sorted((files("feeds") / _FOLDER).iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            code = file.name.removesuffix(".toml")
            found[code] = _words(code, tomllib.loads(file.read_text("utf-8")))
    return found


def of(kind: str) -> list[str]:
    """The words of one kind in all languages."""
    return sorted({word for words in languages().values() for word in getattr(words, kind)})


@cache
def common_words() -> frozenset[str]:
    """The common words of all languages."""
    return frozenset().union(*(words.common for words in languages().values()))


def pattern(words: Iterable[str]) -> str:
    """An expression for whole words; a star stands for any ending, a space for any space."""
    longest = sorted(set(words), key=len, reverse=True)
    either = "|".join(_expression(word) for word in longest)
    return rf"(?<!\w)(?:{either})(?!\w)"


def is_cyrillic(text: str) -> bool:
    """Whether a text is rather Cyrillic than Latin, by its beginning."""
    text = text[:_BEGINNING]
    return not text.isascii() and len(_CYRILLIC.findall(text)) > len(_LATIN.findall(text))


@lru_cache(maxsize=128)
def tokens(text: str) -> tuple[str, ...]:
    """The words and numbers of a text, case-folded.

    Kept for a while: language, likeness, and personal data are asked about one text in turn.
    """
    return tuple(_WORD.findall(text.casefold()))


def split(text: str) -> list[str]:
    """The words of a text, case-folded, without numbers; those with digits in them come last."""
    met = tokens(text)
    found = list(filter(str.isalpha, met))
    if len(found) < len(met):
        for mixed in filterfalse(str.isalpha, met):
            found += _ORDINARY_WORD.findall(mixed)
    return found


@lru_cache(maxsize=4)
def _distinct(text: str) -> frozenset[str]:
    """Kept for the next lexicon: several are asked about one text."""
    return frozenset(split(text))


def shares(met: Sequence[str]) -> dict[str, float]:
    """Which part of these words (see ``split``) is common in each language."""
    speaking = _speaking()
    counts = Counter(chain.from_iterable([speaking[word] for word in met if word in speaking]))
    return {code: counts[code] / max(len(met), 1) for code in languages()}


@cache
def _speaking() -> dict[str, tuple[str, ...]]:
    """The languages in which a word is common."""
    return {
        word: tuple(code for code, one in languages().items() if word in one.common)
        for word in common_words()
    }


class Lexicon:
    """Which of many lists a text has words of: each word of it is looked up once."""

    def __init__(self, lists: Mapping[str, Iterable[str]]) -> None:
        self._whole: dict[str, set[str]] = defaultdict(set)
        self._stems: dict[str, set[str]] = defaultdict(set)
        self._phrases: dict[str, list[tuple[str, re.Pattern[str]]]] = defaultdict(list)
        for name, listed in lists.items():
            for word in set(listed):
                self._learn(name, word.casefold())
        self._start = min(map(len, self._stems), default=0)
        self._lengths: dict[str, set[int]] = defaultdict(set)
        for stem in self._stems:
            self._lengths[stem[: self._start]].add(len(stem))

    def found(self, text: str) -> set[str]:
        """The names of the lists that the text has words of."""
        names: set[str] = set()
        met, start = _distinct(text), self._start
        for word in met & self._whole.keys():
            names |= self._whole[word]
        for word in [word for word in met if word[:start] in self._lengths]:
            for length in self._lengths[word[:start]]:
                names |= self._stems.get(word[:length], _NONE)
        for word in met & self._phrases.keys():
            names.update(name for name, said in self._phrases[word] if said.search(text))
        return names

    def _learn(self, name: str, word: str) -> None:
        parts = split(word)
        if len(parts) > 1:
            phrase = re.compile(pattern([word]), re.IGNORECASE)
            self._phrases[parts[0]].append((name, phrase))
        elif word.endswith("*"):
            self._stems[parts[0]].add(name)
        else:
            self._whole[parts[0]].add(name)


def _words(code: str, data: dict[str, object]) -> Words:
    kinds = {name: tuple(value) for name, value in data.items() if isinstance(value, list)}
    impact = data.get("impact", {})
    assert isinstance(impact, dict)
    common = frozenset(kinds.pop("common"))
    told = {kind: tuple(words) for kind, words in impact.items()}
    return Words(language=code, common=common, impact=told, **kinds)


def _expression(word: str) -> str:
    spaced = r"\s+".join(re.escape(part) for part in word.removesuffix("*").split())
    apostrophes = spaced.replace("'", "['\u2019\u02bc]")
    return apostrophes + (r"\w*" if word.endswith("*") else "")
