"""Hours and days that an RSS document asks to leave out: feedparser keeps only the last of each."""

import re
from collections.abc import Iterator

WEEKDAYS = frozenset({"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"})
_LONGEST = 2000
"""Characters of one list; twenty-four hours need some five hundred."""
_ONE = re.compile(r"<(?:hour|day)>\s*([0-9A-Za-z]{1,9})\s*</")


def hours(text: str) -> frozenset[int]:
    """What ``skipHours`` lists, in UTC; 24 is midnight, as RSS 0.91 counts."""
    found = {int(one) for one in _listed(text, "skipHours") if one.isdigit() and len(one) <= 2}
    return frozenset(hour % 24 for hour in found if hour <= 24)


def days(text: str) -> frozenset[str]:
    """What ``skipDays`` lists, in lower case."""
    return frozenset(one.lower() for one in _listed(text, "skipDays")) & WEEKDAYS


def _listed(text: str, name: str) -> Iterator[str]:
    begin = text.find(f"<{name}>")
    if begin >= 0:
        end = text.find(f"</{name}>", begin, begin + _LONGEST)
        for one in _ONE.finditer(text, begin, end if end >= 0 else begin + _LONGEST):
            yield one[1]
