"""Motions: what one custodian proposes about staff and a second one has to agree to."""

from collections.abc import Iterable
from dataclasses import dataclass
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

    def require(self, by: Staff, tree: Districts) -> None:
        """Raise ``NotAllowed`` unless ``by`` may decide this: nobody decides about themselves."""
        if by.id == self.subject or not by.may_anywhere(May.INVITE):
            raise NotAllowed
        if not all(by.may_grant(grant, tree) for grant in self.grants):
            raise NotAllowed

    def second(self, by: Staff, tree: Districts) -> None:
        """Raise unless ``by`` is a second person with the right to decide this."""
        self.require(by, tree)
        if by.id == self.author:
            raise OwnText


def custodian(person: Staff) -> bool:
    """Whether the account is a custodian's, active or not."""
    return any(grant.role is Role.CUSTODIAN for grant in person.grants)


def needed(motion: Motion, everybody: Iterable[Staff]) -> int:
    """How many custodians have to agree: two as soon as there are two, one before that.

    Suspended custodians count (else suspending them would let one decide alone), the person
    concerned does not. A custodian is never removed by one: ``TooFewCustodians`` instead.
    """
    held = {p.id: p for p in everybody if custodian(p) and p.state is not StaffState.REVOKED}
    voters = held.keys() - {motion.subject}
    removing = motion.kind in (MotionKind.REVOKE, MotionKind.REGRANT)
    if removing and motion.subject in held and len(voters) < 2:
        raise TooFewCustodians
    return min(2, max(1, len(voters)))


def stuck(everybody: Iterable[Staff]) -> bool:
    """Whether the custodians can decide nothing any more, so that the operator has to help."""
    held = [p for p in everybody if custodian(p) and p.state is not StaffState.REVOKED]
    active = sum(1 for p in held if p.state is StaffState.ACTIVE)
    return active == 0 or (active == 1 and len(held) > 1)
