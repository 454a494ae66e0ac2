"""Numbers and addresses in strings from outside, read without surprises."""

import re
from urllib.parse import SplitResult, urlsplit

_WHOLE = re.compile(r"-?[0-9]{1,18}")


def whole(text: str) -> int | None:
    """Return the whole number that a string is, or None."""
    return int(text) if _WHOLE.fullmatch(text) else None


def address(url: str) -> SplitResult:
    """Split an address; one that cannot be is empty."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")
