"""Personal data in a text, by its form: numbers, addresses, plates, cards, handles. Pure.

Whose they are cannot be known, so nothing is refused: what is found is shown to two people.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from bot.domain.items import Flag
from feeds import words
from feeds.phones import phones

_CARD = re.compile(r"(?<![\w.])\d{4}(?:[ \u00a0-]?\d{2,6}){2,4}(?![\w])")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?:[ \u00a0]?[A-Z0-9]{2,4}){3,8}(?!\w)")
_CARD_STARTS = re.compile(r"4|5[1-5]|2[2-7]|220[0-4]|3[47]|6[0-9]|9112")
_CARD_LENGTHS = frozenset({13, 15, 16, 18, 19})

# Cyrillic capitals that look like Latin ones stand on plates for both.
_SHARED = (
    "[ABCEHIKMOPTXY\u0410\u0412\u0421\u0415\u041d\u0406\u041a\u041c\u041e\u0420\u0422\u0425\u0423]"
)
_PLATES = re.compile(
    r"(?<![\w-])(?:"
    rf"\d{{4}} ?{_SHARED}{{2}}-[0-8]|[E\u0415]\d{{3}} ?{_SHARED}{{2}}-[0-8]|"  # BY
    rf"{_SHARED}\d{{3}} ?{_SHARED}{{2}} ?\d{{2,3}}|"  # RU
    rf"{_SHARED}{{2}} ?\d{{4}} ?{_SHARED}{{2}}|"  # UA
    r"[A-HJ-NP-TV-Z]{2}[- ]\d{3}[- ][A-HJ-NP-TV-Z]{2}|"  # FR
    r"[1-9]-[A-Z]{3}-\d{3}|"  # BE
    r"[A-Z]{2}-\d{2}-\d{2}|\d{2}-\d{2}-[A-Z]{2}|\d{2}-[A-Z]{2}-\d{2}|"  # NL, by age
    r"[A-Z]{2}-\d{2}-[A-Z]{2}|[A-Z]{2}-[A-Z]{2}-\d{2}|\d{2}-[A-Z]{2}-[A-Z]{2}|"
    r"\d{2}-[A-Z]{3}-\d|\d-[A-Z]{3}-\d{2}|[A-Z]{2}-\d{3}-[A-Z]|[A-Z]-\d{3}-[A-Z]{2}|"
    r"[A-Z]{3}-\d{2}-[A-Z]|\d-[A-Z]{2}-\d{3}"
    r")(?![\w-])"
)
# Poland's look like any short name with a number, so they count beside a word for plates.
_POLISH = re.compile(r"(?<![\w-])[A-Z]{1,3} ?[A-Z0-9]{4,5}(?![\w-])")
_NAMED = re.compile(words.pattern(words.of("plates")), re.IGNORECASE)
_BESIDE = 40

_DIGIT = re.compile(r"\d")
_PLATE_DIGITS = 3
_NUMBER_DIGITS = 8
_LETTERED = re.compile("[A-Z\u0400-\u042f][ -]?\\d|\\d[ -]?[A-Z\u0400-\u042f]")
_HANDLE = re.compile(r"(?<![\w.@/+-])@([A-Za-z][A-Za-z0-9_.]{2,30}\w)(?![\w@]|\.[A-Za-z]{2,}/)")
_PROFILE = re.compile(
    r"(?<![\w.-])(?:https?://)?(?:www\.|m\.)?"
    r"(?:t\.me|telegram\.me|vk\.com|vk\.ru|ok\.ru/profile|instagram\.com|facebook\.com|fb\.com|"
    r"twitter\.com|x\.com|tiktok\.com|threads\.net)"
    r"/@?([A-Za-z0-9][A-Za-z0-9_.]{1,39}\w)",
    re.IGNORECASE,
)

_STREETS = words.pattern(words.of("streets"))
_HOUSES = words.pattern(words.of("houses"))
_FLATS = words.pattern(words.of("flats"))
_NAME = r"[^\W\d_][\w'\u2019-]*\.?(?: [^\W\d_][\w'\u2019-]*\.?){0,2}"
_HOUSE = r"\d{1,3}(?:[/-]\d{1,3})?(?: ?(?:bis|ter|[^\W\d_](?!\w)))?"
_END = r"(?![\w:%]|[.,]\d)"
_FLAT = rf"(?:\W{{1,3}}{_FLATS}[.]?\W{{0,2}}\d{{1,4}})"
_CAPITAL = r"(?-i:[A-Z\u00c0-\u00de\u0400-\u042f])"
# Street, name, house: in Slavic languages. The first name of a street is written large.
_SLAVIC = rf"{_STREETS}\.? (?={_CAPITAL}){_NAME},? (?:{_HOUSES}\.? ?)?{_HOUSE}{_END}{_FLAT}?"
# House, street, name: French. House, name, street: English. Name with street, house: Dutch.
_OF = r"(?:(?:de|du|des|la|le|les|au|aux|\u00e0|et) |[dl]['\u2019])*"
_FRENCH_STREETS = words.pattern(words.languages()["fr"].streets)
_FRENCH = rf"(?<![\w.,]){_HOUSE},? {_FRENCH_STREETS}\.? {_OF}(?={_CAPITAL}){_NAME}{_FLAT}?"
_ENGLISH_STREETS = words.pattern(words.languages()["en"].streets)
_ENGLISH = rf"(?<![\w.,]){_HOUSE} (?:{_CAPITAL}[\w'\u2019-]* ){{1,3}}{_ENGLISH_STREETS}{_FLAT}?"
_ENDINGS = (
    "straat",
    "laan",
    "weg",
    "plein",
    "kade",
    "dreef",
    "gracht",
    "singel",
    "stra\u00dfe",
    "platz",
)
_ENDS = f"(?:{'|'.join(_ENDINGS)})"
_DUTCH = rf"(?<!\w){_CAPITAL}[\w'\u2019-]*{_ENDS} {_HOUSE}{_END}{_FLAT}?"
_ADDRESSES = {
    "before": re.compile(_SLAVIC, re.IGNORECASE),
    "french": re.compile(_FRENCH, re.IGNORECASE),
    "english": re.compile(_ENGLISH, re.IGNORECASE),
}
_IN_NAMES = re.compile(_DUTCH, re.IGNORECASE)
_ANY_STREET = re.compile(
    rf"{_STREETS}\.? (?={_CAPITAL}){_NAME}|(?<!\w){_CAPITAL}\w*{_ENDS}(?!\w)", re.IGNORECASE
)
_LIVES = re.compile(words.pattern(words.of("lives")), re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something of a person's at ``text[start:end]``."""

    flag: Flag
    start: int
    end: int


def find(text: str, own: Collection[str] = ()) -> tuple[Finding, ...]:
    """Everything personal in a text, in order. ``own`` are names of the medium's own accounts."""
    named = _lexicon().found(text)
    found = set(_handles(text, own))
    if "lives" in named:
        found.update(_homes(text))
    if digits := [match.start() for match in _DIGIT.finditer(text)]:
        found.update(_addresses(text, named))
        if len(digits) >= _PLATE_DIGITS:
            found.update(_plates(text, digits, named="plates" in named))
        if len(digits) >= _NUMBER_DIGITS:
            found.update(_numbers(text))
    return tuple(sorted(found, key=lambda one: (one.start, one.end, one.flag)))


def _numbers(text: str) -> Iterator[Finding]:
    cards = list(_cards(text))
    yield from cards
    for start, end in phones(text):
        if not any(start < one.end and end > one.start for one in cards):
            yield Finding(Flag.PHONE, start, end)


def flags(text: str, own: Collection[str] = ()) -> frozenset[Flag]:
    """What kinds of personal data a text has."""
    return frozenset(finding.flag for finding in find(text, own))


def _cards(text: str) -> Iterator[Finding]:
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if len(digits) in _CARD_LENGTHS and _CARD_STARTS.match(digits) and _luhn(digits):
            yield Finding(Flag.CARD, *match.span())
    for match in _IBAN.finditer(text):
        if _iban(re.sub(r"\s", "", match[0])):
            yield Finding(Flag.CARD, *match.span())


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (1 + place % 2)
        total += number - 9 if number > 9 else number
    return total % 10 == 0 and len(set(digits)) > 1


def _iban(account: str) -> bool:
    if not 15 <= len(account) <= 34:
        return False
    return int("".join(str(int(c, 36)) for c in account[4:] + account[:4])) % 97 == 1


def _plates(text: str, digits: Sequence[int], *, named: bool) -> Iterator[Finding]:
    lettered = any(_LETTERED.search(text, max(at - 2, 0), at + 3) for at in digits)
    for match in _PLATES.finditer(text) if lettered else ():
        yield Finding(Flag.PLATE, *match.span())
    for word in _NAMED.finditer(text) if named else ():
        beside = _POLISH.search(text, word.end(), word.end() + _BESIDE)
        if beside and any(character.isdigit() for character in beside[0]):
            yield Finding(Flag.PLATE, *beside.span())


def _handles(text: str, own: Collection[str]) -> Iterator[Finding]:
    for sign, expression in (("@", _HANDLE), ("/", _PROFILE)):
        for match in expression.finditer(text) if sign in text else ():
            if not _is_own(match[1], own):
                yield Finding(Flag.HANDLE, *match.span())


def _is_own(handle: str, own: Collection[str]) -> bool:
    """Media call their accounts after themselves: one name is part of the other."""
    plain = re.sub(r"[\W_]", "", handle).casefold()
    names = [re.sub(r"[\W_]", "", name).casefold() for name in own]
    return any(len(name) > 2 and (name in plain or plain in name) for name in names)


def _addresses(text: str, named: Collection[str]) -> Iterator[Finding]:
    for order, expression in _ADDRESSES.items():
        for match in expression.finditer(text) if order in named else ():
            yield Finding(Flag.ADDRESS, *match.span())
    small = text.lower()
    if any(ending in small for ending in _ENDINGS):
        for match in _IN_NAMES.finditer(text):
            yield Finding(Flag.ADDRESS, *match.span())


def _homes(text: str) -> Iterator[Finding]:
    """Where somebody is said to live, a street is enough."""
    for lives in _LIVES.finditer(text):
        if street := _ANY_STREET.search(text, lives.start(), lives.end() + _BESIDE):
            yield Finding(Flag.ADDRESS, *street.span())


@cache
def _lexicon() -> words.Lexicon:
    known = words.languages()
    lists = {kind: words.of(kind) for kind in ("plates", "lives")}
    english = set(known["en"].streets)
    lists["before"] = sorted(set(words.of("streets")) - english)
    return words.Lexicon({**lists, "french": known["fr"].streets, "english": known["en"].streets})
