"""Text written by others, shown so that Telegram makes nothing in it tappable."""

import re

_JOINER = "\u2060"
"""WORD JOINER: invisible, breaks no line; the canonical form of a text drops it again."""
_TAPPABLE = re.compile(
    r"(?P<scheme>\w:)(?=//)"
    r"|(?P<name>(?<!\w)[@#$])(?=\w)"
    r"|(?P<mail>(?<=\w)@)(?=\w)"
    r"|(?P<command>(?<![\w/<>])/)(?=\w)"
    r"|(?P<dot>(?<=\w)\.)(?=[^\W\d_]{2})"
)


def foreign(text: str) -> str:
    """``text`` with a joiner where Telegram would see an address, a name or a command.

    Only entities that we made ourselves may lead anywhere; a link typed into a title does not.
    """
    return _TAPPABLE.sub(lambda found: found.group() + _JOINER, text)


def bare(text: str) -> str:
    """The same without joiners: for programs that make no links of words, and may show joiners."""
    return text.replace(_JOINER, "")
