"""Publications: something public as sent, its code, its audience and its state."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from bot.domain.districts import DistrictId
from bot.domain.outbox import Lane
from bot.domain.privacy import PersonTag

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
    MASKED = "masked"
    """One person hid it until two have looked."""
    RECALLED = "recalled"
    """Taken back by two people: deleted, or replaced where Telegram deletes no more."""


class Hold(StrEnum):
    """Why a publication waits although it is accepted."""

    STAFF = "staff"
    OPERATOR = "operator"
    MASKED = "masked"
    REFUSED = "refused"
    """Telegram refuses its content; the operator was told."""


class Revision(StrEnum):
    """What a later version of a publication does to the copies of earlier ones."""

    AMEND = "amend"
    """Edited in place without a word: a typing error."""
    CORRECT = "correct"
    """Edited in place; who cannot be edited is answered."""
    MASK = "mask"
    """Replaced by a line that says it is being checked."""
    RESTORE = "restore"
    """What was masked, as it was."""
    RECALL = "recall"
    """Deleted; where Telegram deletes no more, replaced by a line that says so."""
    OVERTAKE = "overtake"
    """Marked in place, without a sound: a newer publication of its subject holds."""


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
    """Followers of ``districts`` and of all that lies inside them, and the linked channels.

    ``languages`` and ``modes`` narrow it when they are not empty; ``holders_of`` replaces the
    followers by those who received that publication, ``only`` by one chat or channel.
    """

    districts: frozenset[DistrictId]
    want: Want
    channels: bool = True
    people: bool = True
    languages: frozenset[str] = frozenset()
    modes: frozenset[str] = frozenset()
    holders_of: PublicationId | None = None
    only: PersonTag | None = None


@dataclass(frozen=True, slots=True)
class Publication:
    """One publication as stored. ``subject`` names the object behind it, such as ``rally:12``.

    ``urgent``: an alert, or a change of a rally of today, so that it sounds. ``version`` counts its
    texts from 1; ``held`` says why it waits, if it does.
    """

    id: PublicationId
    kind: Kind
    subject: str
    code: str
    state: State
    lane: Lane
    audience: Audience
    accepted_at: datetime
    expires_at: datetime
    urgent: bool = False
    version: int = 1
    held: Hold | None = None

    @property
    def number(self) -> int:
        """The id of the object behind it."""
        return int(self.subject.partition(":")[2])


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
