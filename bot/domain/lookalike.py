"""Domains that look like another one: the same to the eye, or one slip of the finger away."""

from collections.abc import Iterable

from bot.domain.idn import readable

SHORTEST = 4
"""Letters of a name below which one slip proves nothing: every other short name is one away."""

_LETTERS = str.maketrans(
    {
        # Cyrillic and Greek letters drawn like Latin ones (Unicode UTS 39, the common ones).
        "\u0430": "a", "\u0432": "b", "\u0435": "e", "\u0451": "e", "\u0437": "3", "\u0456": "i",
        "\u0457": "i", "\u0458": "j", "\u043a": "k", "\u043c": "m", "\u043d": "h", "\u043e": "o",
        "\u0440": "p", "\u0441": "c", "\u0442": "t", "\u0443": "y", "\u0445": "x", "\u0455": "s",
        "\u04bb": "h", "\u0501": "d", "\u051b": "q", "\u051d": "w", "\u045e": "y", "\u04cf": "l",
        "\u03b1": "a", "\u03bf": "o", "\u03c1": "p", "\u03bd": "v", "\u03b9": "i", "\u03ba": "k",
        "\u03c4": "t", "\u03c5": "u", "\u03c7": "x", "\u03b5": "e", "\u03b7": "n",
        # Latin letters with a mark that is easily overlooked.
        "\u0131": "i", "\u0142": "l", "\u0111": "d", "\u00f8": "o", "\u0261": "g", "\u0251": "a",
        # Digits read as letters.
        "0": "o", "1": "l", "5": "s",
    }
)  # fmt: skip
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("i", "l"), ("-", ""))


def skeleton(domain: str) -> str:
    """What the eye keeps of a domain: two that have the same one are easily confused."""
    text = readable(domain).translate(_LETTERS)
    for pair, read in _PAIRS:
        text = text.replace(pair, read)
    return text


def lookalike(domain: str, pinned: Iterable[str]) -> str | None:
    """The pinned domain that ``domain`` is easily taken for, or ``None``.

    Both are registrable domains in punycode; the domain itself is no look-alike.
    """
    known = set(pinned)
    if domain in known or not domain:
        return None
    mine, read = skeleton(domain), readable(domain)
    for other in sorted(known):
        if skeleton(other) == mine:
            return other
        shown = readable(other)
        if len(shown.partition(".")[0]) >= SHORTEST and _one_slip(read, shown):
            return other
    return None


def _one_slip(one: str, other: str) -> bool:
    """Whether a letter more, less, other, or two swapped make one of the other."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    if len(one) > len(other):
        one, other = other, one
    at = next((n for n, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), -1)
    if at < 0:
        return True  # the longer one goes on by a letter
    if len(one) < len(other):
        return one[at:] == other[at + 1 :]
    swapped = one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]
    return one[at + 1 :] == other[at + 1 :] or swapped
