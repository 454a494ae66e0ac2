"""What people type for a day and an hour: read strictly, in several languages, or refused."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta

from bot.domain.errors import Refused

LONG_AGO = timedelta(days=180)
"""A day without a year that lies further back than this means next year's."""
LONGEST = 60
"""Characters; nobody needs more to write a date and an hour."""


class NotUnderstood(Refused):
    """What was typed is no date or time in any of the accepted forms."""

    key = "times-error-unknown"


class Ambiguous(Refused):
    """What was typed can be read in two ways."""

    key = "times-error-ambiguous"


class WrongWeekday(Refused):
    """The weekday that was typed is not that of the date beside it."""

    key = "times-error-weekday"


@dataclass(frozen=True, slots=True)
class Words:
    """Words for days in one language or several, folded by ``plain``. Weekdays: Monday is 0.

    ``near`` counts days from today (today 0, tomorrow 1); ``hours`` are what may follow an hour
    (``h``); ``fillers`` mean nothing (``at``).
    """

    weekdays: Mapping[str, int] = field(default_factory=dict)
    months: Mapping[str, int] = field(default_factory=dict)
    near: Mapping[str, int] = field(default_factory=dict)
    hours: frozenset[str] = frozenset()
    fillers: frozenset[str] = frozenset()

    def meanings(self, word: str) -> frozenset[tuple[str, int]]:
        """Everything ``word`` can mean here."""
        named = (("weekday", self.weekdays), ("month", self.months), ("near", self.near))
        plain = (("hour", self.hours), ("filler", self.fillers))
        return frozenset(
            [(kind, words[word]) for kind, words in named if word in words]
            + [(kind, 0) for kind, known in plain if word in known]
        )


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A person's own language first; a word it lacks counts when the others agree on it."""

    own: Words
    others: tuple[Words, ...] = ()

    def meanings(self, word: str) -> frozenset[tuple[str, int]]:
        """Everything ``word`` can mean."""
        if found := self.own.meanings(word):
            return found
        foreign = {meant for words in self.others if (meant := words.meanings(word))}
        return foreign.pop() if len(foreign) == 1 else frozenset()


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed: a day, a wall-clock time, or both."""

    day: date | None = None
    at: time | None = None


def plain(word: str) -> str:
    """A word without case, accents and marks, so that typing need not be exact."""
    parts = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in parts if c.isalpha())


def read(text: str, words: Vocabulary, *, today: date) -> Typed:
    """Read a date, a time, or both. Exactly one reading must exist, else it refuses."""
    found = set(_readings(text, words, today))
    return _only(found, text)


def read_day(text: str, words: Vocabulary, *, today: date) -> Typed:
    """As ``read`` where a day is asked for: a time may come with it, but not alone."""
    return _only({r for r in _readings(text, words, today) if r.day is not None}, text)


def read_time(text: str, words: Vocabulary, *, today: date) -> time:
    """As ``read`` where only an hour is asked for."""
    found = {r for r in _readings(text, words, today) if r.day is None}
    at = _only(found, text).at
    assert at is not None
    return at


@dataclass(frozen=True, slots=True)
class _Reading(Typed):
    """One way to read a text; ``weekday_off`` says that weekday and date contradict."""

    weekday_off: bool = False


def _only(found: set[_Reading], text: str) -> Typed:
    typed = " ".join(text.split())[:LONGEST]
    if not found:
        raise NotUnderstood(typed=typed)
    if len(found) > 1:
        raise Ambiguous(typed=typed)
    one = next(iter(found))
    if one.weekday_off:
        raise WrongWeekday(typed=typed)
    return Typed(one.day, one.at)


_TOKEN = re.compile(
    r"(?P<iso>\d{4}-\d{1,2}-\d{1,2})"
    r"|(?P<clock>\d{1,2}:\d{2})(?![:\d])"
    r"|(?P<dotted>\d{1,2}([./-])\d{1,2}(?:\4(?:\d{4}|\d{2})(?!\d))?(?!\d))\.?"
    r"|(?P<number>\d+)\.?"
    r"|(?P<word>[^\W\d_]+(?:['\u2019][^\W\d_]+)*)\.?"
)
_Token = tuple[str, str]
_Item = tuple[str, int | date | time]


def _tokens(text: str) -> list[_Token] | None:
    """The text cut up, or ``None`` when something in it is neither word nor number."""
    tokens, at = [], 0
    bare = unicodedata.normalize("NFKC", text).strip()
    while at < len(bare):
        if bare[at] in ", \t\n":
            at += 1
            continue
        match = _TOKEN.match(bare, at)
        if match is None or match.lastgroup is None:
            return None
        tokens.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return tokens


def _readings(text: str, words: Vocabulary, today: date) -> Iterator[_Reading]:
    tokens = _tokens(text) if len(text) <= LONGEST else None
    for items in _parses(tokens or [], words, today):
        if (reading := _assemble(items, today)) is not None:
            yield reading


def _parses(
    tokens: Sequence[_Token], words: Vocabulary, today: date
) -> Iterator[tuple[_Item, ...]]:
    """Every way to read the tokens from left to right."""
    if not tokens:
        yield ()
        return
    for item, used in _first(tokens, words, today):
        for rest in _parses(tokens[used:], words, today):
            yield rest if item is None else (item, *rest)


def _first(
    tokens: Sequence[_Token], words: Vocabulary, today: date
) -> Iterator[tuple[_Item | None, int]]:
    """What the first tokens can mean, and how many of them that takes."""
    kind, text = tokens[0]
    match kind:
        case "iso":
            yield from _dated(_day(*map(int, text.split("-"))), 1)
        case "clock":
            yield from _timed(*map(int, text.split(":")), used=1)
        case "dotted":
            yield from _dotted(text, today)
        case "number":
            yield from _numbered(tokens, words, today)
        case _:
            yield from _worded(tokens, words, today)


def _dotted(text: str, today: date) -> Iterator[tuple[_Item, int]]:
    """``28.11``, ``28/11/2026``, or an hour written as ``18.00``. Day before month, always."""
    first, second, *year = (int(part) for part in re.split(r"[./-]", text))
    if year:
        yield from _dated(_day(year[0] if year[0] > 99 else 2000 + year[0], second, first), 1)
        return
    yield from _dated(_yearless(second, first, today), 1)
    if "." in text and len(text.split(".")[1]) == 2:
        yield from _timed(first, second, used=1)


def _numbered(
    tokens: Sequence[_Token], words: Vocabulary, today: date
) -> Iterator[tuple[_Item, int]]:
    """``28 November``, ``28 November 2026``, ``18 h``, ``18h30``."""
    number = int(tokens[0][1])
    if len(tokens) < 2 or tokens[1][0] != "word":
        return
    for kind, meant in words.meanings(plain(tokens[1][1])):
        if kind == "hour":
            if len(tokens) > 2 and tokens[2][0] == "number" and len(tokens[2][1]) == 2:
                yield from _timed(number, int(tokens[2][1]), used=3)
            else:
                yield from _timed(number, 0, used=2)
        elif kind == "month":
            yield from _with_year(tokens[2:], meant, number, today, used=2)


def _worded(
    tokens: Sequence[_Token], words: Vocabulary, today: date
) -> Iterator[tuple[_Item | None, int]]:
    for kind, meant in words.meanings(plain(tokens[0][1])):
        if kind == "filler":
            yield None, 1
        elif kind == "weekday":
            yield ("weekday", meant), 1
        elif kind == "near":
            yield ("day", today + timedelta(days=meant)), 1
        elif kind == "month" and len(tokens) > 1 and tokens[1][0] == "number":
            yield from _with_year(tokens[2:], meant, int(tokens[1][1]), today, used=2)


def _with_year(
    rest: Sequence[_Token], month: int, day: int, today: date, *, used: int
) -> Iterator[tuple[_Item, int]]:
    if rest and rest[0][0] == "number" and len(rest[0][1]) == 4:
        yield from _dated(_day(int(rest[0][1]), month, day), used + 1)
    else:
        yield from _dated(_yearless(month, day, today), used)


def _dated(day: date | None, used: int) -> Iterator[tuple[_Item, int]]:
    if day is not None:
        yield ("day", day), used


def _timed(hour: int, minute: int, *, used: int) -> Iterator[tuple[_Item, int]]:
    if hour < 24 and minute < 60:
        yield ("time", time(hour, minute)), used


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _yearless(month: int, day: int, today: date) -> date | None:
    """This year's, or next year's when this year's is long over or does not exist."""
    near = [_day(today.year, month, day), _day(today.year + 1, month, day)]
    return next((d for d in near if d is not None and d >= today - LONG_AGO), None)


def _assemble(items: Iterable[_Item], today: date) -> _Reading | None:
    """One reading from its parts, unless a part comes twice or nothing is said."""
    parts: dict[str, int | date | time] = {}
    for kind, value in items:
        if kind in parts:
            return None
        parts[kind] = value
    day, at, weekday = parts.get("day"), parts.get("time"), parts.get("weekday")
    if not parts:
        return None
    assert day is None or isinstance(day, date)
    assert at is None or isinstance(at, time)
    if not isinstance(weekday, int):
        return _Reading(day, at)
    if day is None:
        return _Reading(today + timedelta(days=(weekday - today.weekday()) % 7), at)
    return _Reading(day, at, weekday_off=day.weekday() != weekday)
