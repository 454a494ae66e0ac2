"""Taking something back: one person hides it at once, two correct, restore or recall it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import NewType, Self

from bot.domain.agreement import agree
from bot.domain.districts import Districts
from bot.domain.errors import NotAllowed, Refused
from bot.domain.outbox import Lane
from bot.domain.publications import Hold, Kind, Publication, PublicationId, State
from bot.domain.staff import May, Quorum, Staff, StaffId

RequestId = NewType("RequestId", int)

NOTE_LIMIT = 200
"""Characters of a correction: a sentence, read at a glance above the text it corrects."""
REVIEW_WITHIN = timedelta(minutes=30)
"""After so long of being hidden the others are reminded, then after every ``REVIEW_AGAIN``."""
REVIEW_AGAIN = timedelta(hours=24)
LASTS = timedelta(hours=24)
"""How long a request waits for a second person."""
MASKS_PER_DAY = 3
"""As many as a person may suspend rallies; both count together."""


class AlreadyMasked(Refused):
    """It is hidden already: two people restore or recall it."""

    key = "revision-error-masked"


class NotMasked(Refused):
    """Only what is hidden can be restored."""

    key = "revision-error-not-masked"


class AlreadyRecalled(Refused):
    """It was taken back for good."""

    key = "revision-error-recalled"


class WrongNote(Refused):
    """The words of a correction are missing or too many."""

    key = "revision-error-note"


class AskedAlready(Refused):
    """Something else about it waits for a second person."""

    key = "revision-error-asked"


class AlreadyDecided(Refused):
    """The request was decided, withdrawn, or waited too long."""

    key = "revision-error-decided"


class ChangedSince(Refused):
    """What people read is no longer what the request was about."""

    key = "revision-error-changed"


class TooManyMasks(Refused):
    """One person hid three publications within a day: others have to look first."""

    key = "revision-error-masks"


class Deed(StrEnum):
    """What takes two people."""

    CORRECT = "correct"
    """A note above the text, everywhere."""
    RESTORE = "restore"
    """What was hidden, as it was."""
    RECALL = "recall"
    """For good: deleted where Telegram still deletes, else replaced."""


@dataclass(frozen=True, slots=True)
class Mask:
    """What one person hid. ``version``, ``state`` and ``held`` are what restoring goes back to."""

    publication: PublicationId
    by: StaffId
    version: int
    state: State
    held: Hold | None
    review_at: datetime


@dataclass(frozen=True, slots=True)
class Request:
    """What waits for a second person. ``version`` is the text people read when it was asked."""

    publication: PublicationId
    deed: Deed
    by: StaffId
    version: int
    note: str = ""
    approvals: tuple[StaffId, ...] = ()
    id: RequestId = RequestId(0)

    def digest(self, shown: Mapping[str, str]) -> str:
        """12 hexadecimal digits of what exactly would be shown (canonical text per edition)."""
        head = f"{self.publication}|{self.version}|{self.deed}|{self.by}"
        texts = (f"{edition}\0{text}" for edition, text in sorted(shown.items()))
        return sha256("\1".join((head, *texts)).encode()).hexdigest()[:12]

    def approve(self, by: Staff, agreed: Sequence[Staff], *, branches: int) -> tuple[Self, Quorum]:
        """Agree. ``agreed``: who did so far and still may, whoever asked first.

        Refuses the one who asked, a repeat, and a second person of the same branch.
        """
        quorum = agree(by, agreed, branches=branches, needed=2)
        return replace(self, approvals=(*self.approvals, by.id)), quorum


def right(kind: Kind, deed: Deed | None) -> May:
    """Which right it takes; ``None`` is hiding, which one person does alone."""
    if kind in (Kind.RALLY, Kind.REMINDER):
        return May.SUSPEND_RALLY if deed is None else May.PUBLISH_RALLY
    return May.RELAY_ITEM if kind is Kind.ITEM and deed is Deed.CORRECT else May.HOLD


def may(by: Staff, publication: Publication, deed: Deed | None, tree: Districts) -> bool:
    """Whether ``by`` holds that right in every district of the publication.

    What names no district that is left takes somebody who holds it everywhere.
    """
    what = right(publication.kind, deed)
    places = [place for place in publication.audience.districts if place in tree.all]
    return by.may(what, places, tree) if places else None in by.scopes(what)


def require(by: Staff, publication: Publication, deed: Deed | None, tree: Districts) -> None:
    """Raise ``NotAllowed`` unless ``may``."""
    if not may(by, publication, deed, tree):
        raise NotAllowed


def possible(publication: Publication, deed: Deed | None, *, masked: bool) -> None:
    """Raise the refusal that says why this cannot be done to it now."""
    if publication.state is State.RECALLED:
        raise AlreadyRecalled
    if deed is Deed.RESTORE and not masked:
        raise NotMasked
    if masked and deed in (None, Deed.CORRECT):
        raise AlreadyMasked
    if deed is Deed.CORRECT and publication.kind is Kind.DIGEST:
        raise NotAllowed  # it quotes items: correcting one of them is what changes it


def options(
    by: Staff, publication: Publication, tree: Districts, *, masked: bool
) -> list[Deed | None]:
    """What this person may do or ask for now; ``None`` is hiding."""
    found = []
    for deed in (None, Deed.CORRECT, Deed.RESTORE, Deed.RECALL):
        try:
            possible(publication, deed, masked=masked)
        except Refused:
            continue
        if may(by, publication, deed, tree):
            found.append(deed)
    return found


def note_of(text: str) -> str:
    """A correction as it is shown: one line. Raises ``WrongNote`` when it is empty or too long."""
    note = " ".join(text.split())
    if not note or len(note) > NOTE_LIMIT:
        raise WrongNote(limit=NOTE_LIMIT)
    return note


def lane_of(lane: Lane) -> Lane:
    """Corrections overtake what they correct: those of news pass all news, the rest everything

    but replies.
    """
    return Lane.ALERT if lane in (Lane.REPLY, Lane.ALERT, Lane.RALLY) else Lane.RALLY


def next_review(mask: Mask, now: datetime) -> Mask:
    """The same, to be looked at again a day later."""
    return replace(mask, review_at=now + REVIEW_AGAIN)


def corrected_after(version: int, corrections: Iterable[int]) -> bool:
    """Whether a copy of ``version`` was corrected since; ``corrections`` are those versions."""
    return any(one > version for one in corrections)
