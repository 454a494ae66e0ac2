"""Phone numbers in a text: international ones, and as people write them at home. Pure.

Home forms are those of BY, RU, UA, PL, LT, DE, FR, BE and NL. Dates, sums and ids look alike, so
the way the digits are grouped counts as much as the digits.
"""

import re
from collections.abc import Iterator, Sequence

_BETWEEN = r"[\d \u00a0\u2009\u202f().\-\u2010-\u2013/]"
_RUN = re.compile(rf"(?<![\w.,/#$\u20ac\u00a3\u20bd-])(?:\+ ?)?\(?\d{_BETWEEN}{{5,24}}\d(?![\w%])")
_GROUP = re.compile(r"\d+")
_YEAR = re.compile(r"(?:19|20)\d\d")
_BEFORE = re.compile(r"(?:isbn|issn|doi|id|\u2116)[^\w]{0,3}$", re.IGNORECASE)
_THOUSANDS = 3

# By digits alone; what a number needs besides stands in `_at_home`.
_FREE = re.compile(r"(?:8|7|00?)?800\d{6,7}|0800\d{5,7}")
_EAST = re.compile(r"80(?:17|25|29|33|44|15\d|16\d|2[1-3]\d)\d{6,7}|8[3-59]\d{9}|86\d{7}|80\d{9}")
_ABROAD = re.compile(r"(?:375|380|370)\d{8,9}|7[3-59]\d{9}|00[1-9]\d{8,12}")
_ZERO = re.compile(r"0[1-9]\d{7,10}")
_POLISH = re.compile(r"(?:45|5[0137]|6[069]|7[2389]|88)\d{7}")


def phones(text: str) -> Iterator[tuple[int, int]]:
    """Where phone numbers of people stand. Free numbers (800) belong to offices."""
    for match in _RUN.finditer(text):
        if _BEFORE.search(text, 0, match.start()):
            continue
        groups = _GROUP.findall(match[0])
        if _is_phone(match[0], groups):
            yield match.span()


def _is_phone(written: str, groups: Sequence[str]) -> bool:
    digits = "".join(groups)
    if _FREE.fullmatch(digits) or not 8 <= len(digits) <= 15 or _is_sum(groups):
        return False
    if written.startswith("+"):
        return digits[0] != "0" and len(digits) >= 9
    return not _has_date(groups) and _at_home(written, groups, digits)


def _at_home(written: str, groups: Sequence[str], digits: str) -> bool:
    divided = len(groups) > 1
    if _EAST.fullmatch(digits):
        return divided or digits.startswith(("89", "80"))
    if _ABROAD.fullmatch(digits):
        return divided or digits.startswith(("375", "380", "00"))
    if _ZERO.fullmatch(digits):
        # A single group of zeros and digits is a phone number from ten digits on.
        return (divided and len(groups[0]) > 1) or len(digits) == 10 or written.startswith("(0")
    if _POLISH.fullmatch(digits):
        return [len(group) for group in groups] == [3, 3, 3]
    return False


def _is_sum(groups: Sequence[str]) -> bool:
    """Thousands written in threes that end in a round figure: 1 200 000."""
    return (
        len(groups) > 1
        and len(groups[0]) <= _THOUSANDS
        and all(len(group) == _THOUSANDS for group in groups[1:])
        and groups[-1] in ("000", "500")
    )


def _has_date(groups: Sequence[str]) -> bool:
    """21.11.2026, 2026-11-21, or years beside each other."""
    years = [bool(_YEAR.fullmatch(group)) for group in groups]
    short = [len(group) <= 2 for group in groups]
    for at in range(len(groups) - 2):
        first, _, last = years[at : at + 3]
        if (last and short[at] and short[at + 1]) or (first and short[at + 1] and short[at + 2]):
            return True
    return sum(years) > 1
