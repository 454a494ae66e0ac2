"""Publications: something public as sent, its code, its audience and its state."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from bot.domain.districts import DistrictId
from bot.domain.outbox import Lane

PublicationId = NewType("PublicationId", int)

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 8
"""40 bits: five guesses hit one of them with a chance of 4.5e-12."""
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": ""})


class Kind(StrEnum):
    """What a publication is about."""

    RALLY = "rally"
    REMINDER = "reminder"
    ITEM = "item"
    BROADCAST = "broadcast"
    DIGEST = "digest"
    """The news of a day in one message, at an hour a person chose."""


class State(StrEnum):
    """What a person who checks a code is told."""

    CURRENT = "current"
    SUPERSEDED = "superseded"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"
    ENDED = "ended"


class Want(StrEnum):
    """Which of a subscriber's choices decides whether the message is for them."""

    RALLIES = "rallies"
    REMINDERS = "reminders"
    NEWS = "news"
    DIGEST = "digest"
    """The news of a day, of those who asked for it once a day."""
    CHANGES = "changes"
    """Suspended, resumed, moved, cancelled: nobody can opt out short of /stop."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Followers of ``districts`` and of all that lies inside them, and the linked channels."""

    districts: frozenset[DistrictId]
    want: Want
    channels: bool = True
    people: bool = True


@dataclass(frozen=True, slots=True)
class Publication:
    """One publication as stored. ``subject`` names the object behind it, such as ``rally:12``."""

    id: PublicationId
    kind: Kind
    subject: str
    code: str
    state: State
    lane: Lane
    audience: Audience
    accepted_at: datetime
    expires_at: datetime


def code_of(digest: bytes) -> str:
    """The first 40 bits of a keyed digest in Crockford base 32, as ``ABCD-EFGH``."""
    number = int.from_bytes(digest[:5])
    letters = "".join(CROCKFORD[(number >> shift) & 31] for shift in range(35, -1, -5))
    return f"{letters[:4]}-{letters[4:]}"


def read_code(text: str) -> str | None:
    """A code as people type it (any case, O for 0, I or L for 1, dash or not), or ``None``."""
    letters = text.strip().upper().translate(_READ_AS)
    if len(letters) != CODE_LENGTH or any(letter not in CROCKFORD for letter in letters):
        return None
    return f"{letters[:4]}-{letters[4:]}"
