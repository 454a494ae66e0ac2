"""Motions: what one custodian proposes about staff and a second one has to agree to."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NewType

from bot.domain.districts import Districts
from bot.domain.errors import NotAllowed, Refused
from bot.domain.staff import Grant, May, OwnText, Role, Staff, StaffId, StaffState

MotionId = NewType("MotionId", int)


class MotionKind(StrEnum):
    """What is proposed."""

    INVITE = "invite"
    REINSTATE = "reinstate"
    REVOKE = "revoke"
    REGRANT = "regrant"
    """Replace somebody's roles."""


class TooFewCustodians(Refused):
    """Only one custodian besides the person concerned: nobody could agree."""

    key = "staff-error-too-few"


class WrongState(Refused):
    """A suspension of somebody suspended, a reinstatement of somebody active."""

    key = "staff-error-state"


@dataclass(frozen=True, slots=True)
class Motion:
    """One proposal. ``subject`` is nobody for an invitation; ``grants`` are the roles to give."""

    kind: MotionKind
    author: StaffId
    subject: StaffId | None = None
    grants: frozenset[Grant] = frozenset()

    def require(self, by: Staff, subject: Staff | None, tree: Districts) -> None:
        """Raise ``NotAllowed`` unless ``by`` may decide this: nobody decides about themselves."""
        if by.id == self.subject or not by.may_anywhere(May.INVITE):
            raise NotAllowed
        if not _within(self, by, subject, tree):
            raise NotAllowed

    def second(self, by: Staff, subject: Staff | None, tree: Districts) -> None:
        """Raise unless ``by`` is a second person with the right to decide this."""
        self.require(by, subject, tree)
        if by.id == self.author:
            raise OwnText

    def fits(self, subject: Staff | None) -> None:
        """Raise ``WrongState`` when the account is not in a state in which this makes sense."""
        state = subject.state if subject else None
        match self.kind:
            case MotionKind.INVITE:
                good = True
            case MotionKind.REINSTATE:
                good = state is StaffState.SUSPENDED
            case MotionKind.REVOKE | MotionKind.REGRANT:
                good = state in (StaffState.ACTIVE, StaffState.SUSPENDED)
        if not good:
            raise WrongState


def custodian(person: Staff) -> bool:
    """Whether the account is a custodian's that was not revoked; it may be suspended."""
    held = any(grant.role is Role.CUSTODIAN for grant in person.grants)
    return held and person.state is not StaffState.REVOKED


def needed(motion: Motion, everybody: Iterable[Staff], tree: Districts) -> int:
    """How many custodians have to agree: two as soon as there are two, one before that.

    Suspended custodians count (else suspending them would let one decide alone), the person
    concerned does not, nor do custodians of other places. A custodian is never removed by one
    alone: ``TooFewCustodians`` instead.
    """
    by_id = {person.id: person for person in everybody}
    subject = by_id.get(motion.subject) if motion.subject is not None else None
    others = (p for p in by_id.values() if custodian(p) and p.id != motion.subject)
    awake = (replace(p, state=StaffState.ACTIVE) for p in others)
    voters = sum(1 for p in awake if _within(motion, p, subject, tree))
    removing = motion.kind in (MotionKind.REVOKE, MotionKind.REGRANT)
    if removing and subject is not None and custodian(subject) and voters < 2:
        raise TooFewCustodians
    return min(2, max(1, voters))


def _within(motion: Motion, by: Staff, subject: Staff | None, tree: Districts) -> bool:
    held = subject.grants if subject else frozenset()
    return all(by.may_grant(grant, tree) for grant in motion.grants | held)


def stuck(everybody: Iterable[Staff]) -> bool:
    """Whether the custodians can decide nothing any more, so that the operator has to help."""
    held = [person for person in everybody if custodian(person)]
    active = sum(1 for p in held if p.state is StaffState.ACTIVE)
    return active == 0 or (active == 1 and len(held) > 1)
