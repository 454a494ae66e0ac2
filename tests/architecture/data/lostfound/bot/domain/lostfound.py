"""Found things: what somebody picked up at a rally and where it can be asked for."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.errors import Refused
from bot.domain.privacy import Private

LONGEST = 200
"""Letters that say what was found, and where."""


class NothingSaid(Refused):
    """The command came without a word about the thing."""

    key = "lostfound-empty"


class TooMuchSaid(Refused):
    """More than a line."""

    key = "lostfound-long"


@dataclass(frozen=True, slots=True)
class Find:
    """One thing. Who found it is not known."""

    what: Private
    found_at: datetime


def found(typed: str, now: datetime) -> Find:
    """What somebody reports; raises ``NothingSaid`` or ``TooMuchSaid``."""
    what = " ".join(typed.split())
    if not what:
        raise NothingSaid
    if len(what) > LONGEST:
        raise TooMuchSaid(longest=LONGEST)
    return Find(Private(what), now)
