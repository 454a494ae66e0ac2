"""Channels: what the bot and the linking person may do there, and names that imitate others."""

import unicodedata
from dataclasses import dataclass

from bot.domain.errors import Refused


class NotAnAdmin(Refused):
    """The person who wants to link a channel is no admin of it."""

    key = "channels-error-not-admin"


class Unreachable(Refused):
    """Telegram did not say what the rights are."""

    key = "channels-error-unreachable"


@dataclass(frozen=True, slots=True)
class ChannelRights:
    """Rights in one channel at one moment. ``person_admin`` is about the person who asks."""

    person_admin: bool = False
    post: bool = False
    edit: bool = False
    delete: bool = False
    promote: bool = False

    @property
    def enough(self) -> bool:
        """Whether the bot can do its work there: post, and edit when something changes."""
        return self.post and self.edit


_TWINS = str.maketrans(
    {
        "\u0430": "a",
        "\u0432": "b",
        "\u0435": "e",
        "\u0451": "e",
        "\u0456": "i",
        "\u0458": "j",
        "\u043a": "k",
        "\u043c": "m",
        "\u043d": "h",
        "\u043e": "o",
        "\u0440": "p",
        "\u0441": "c",
        "\u0442": "t",
        "\u0443": "y",
        "\u0445": "x",
        "\u04bb": "h",
        "\u0455": "s",
        "\u0501": "d",
        "\u051b": "q",
        "\u051d": "w",
        "\u03b1": "a",
        "\u03b5": "e",
        "\u03b9": "i",
        "\u03bf": "o",
        "\u03c1": "p",
        "\u03bd": "v",
        "\u0131": "i",
        "0": "o",
        "1": "i",
        "l": "i",
        "5": "s",
        "_": "",
        "-": "",
        "@": "",
        " ": "",
    }
)
"""Letters that look the same (Unicode confusables of Latin, the ones found in handles)."""


def skeleton(name: str) -> str:
    """What a name looks like: accents, case, separators and letters of other alphabets levelled."""
    flat = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    seen = "".join(c for c in flat if unicodedata.category(c) not in ("Mn", "Cf", "Cc"))
    return seen.translate(_TWINS).replace("rn", "m").replace("vv", "w")


def imitates(name: str, official: str) -> bool:
    """Whether ``name`` is not ``official`` but could be taken for it (two typing slips at most,

    one in short names). Callers make sure that it is really another channel.
    """
    one, other = skeleton(name), skeleton(official)
    if len(other) < 4:
        return one == other
    return distance(one, other) <= (2 if len(other) >= 9 else 1)


def distance(one: str, other: str) -> int:
    """Levenshtein distance: insertions, deletions and replacements."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        above, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (a != b))
    return row[-1]
