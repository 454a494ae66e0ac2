"""Staff: roles scoped to districts, the invitation tree, and who counts as a second person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from bot.domain.districts import DistrictId, Districts
from bot.domain.errors import NotAllowed, Refused

StaffId = NewType("StaffId", int)


class Role(StrEnum):
    """The roles of the permission matrix (docs/for-editors.md says them in words)."""

    ORGANISER = "organiser"
    NEWS = "news"
    EVENTS = "events"
    DUTY = "duty"
    CHANNELS = "channels"
    CUSTODIAN = "custodian"
    AUDITOR = "auditor"
    LEGAL = "legal"


class May(StrEnum):
    """What a role permits. Whether one person suffices is the rule of the noun concerned."""

    DRAFT_RALLY = "draft_rally"
    PUBLISH_RALLY = "publish_rally"
    """Publish, move, postpone, resume, cancel: always two."""
    SUSPEND_RALLY = "suspend_rally"
    NOMINATE_SOURCE = "nominate_source"
    VET_SOURCE = "vet_source"
    HOLD = "hold"
    RELAY_ITEM = "relay_item"
    LINK_CHANNEL = "link_channel"
    INVITE = "invite"
    SUSPEND_STAFF = "suspend_staff"
    """Suspend anybody, alone; it is reversible."""
    SUSPEND_PEER = "suspend_peer"
    """Suspend somebody who holds the same role, alone."""
    SEE_COUNTS = "see_counts"


MATRIX: Mapping[Role, frozenset[May]] = {
    Role.ORGANISER: frozenset({May.DRAFT_RALLY, May.SEE_COUNTS}),
    Role.NEWS: frozenset(
        {
            May.NOMINATE_SOURCE,
            May.VET_SOURCE,
            May.HOLD,
            May.RELAY_ITEM,
            May.SUSPEND_PEER,
            May.SEE_COUNTS,
        }
    ),
    Role.EVENTS: frozenset(
        {
            May.DRAFT_RALLY,
            May.PUBLISH_RALLY,
            May.SUSPEND_RALLY,
            May.HOLD,
            May.SUSPEND_PEER,
            May.SEE_COUNTS,
        }
    ),
    Role.DUTY: frozenset(
        {May.PUBLISH_RALLY, May.SUSPEND_RALLY, May.HOLD, May.SUSPEND_STAFF, May.SEE_COUNTS}
    ),
    Role.CHANNELS: frozenset({May.LINK_CHANNEL, May.SEE_COUNTS}),
    Role.CUSTODIAN: frozenset({May.INVITE, May.SUSPEND_STAFF, May.SEE_COUNTS}),
    Role.AUDITOR: frozenset({May.SEE_COUNTS}),
    Role.LEGAL: frozenset(),
}


class StaffState(StrEnum):
    """Whether an account may act."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


class OwnText(Refused):
    """The author tried to approve their own draft as a second person."""

    key = "error-own-text"


class AlreadyApproved(Refused):
    """The same person approved this text before."""

    key = "error-already-approved"


class SameBranch(Refused):
    """Both people come from one branch of the invitation tree although there are two."""

    key = "error-same-branch"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in a district and everything inside it; ``None`` means everywhere."""

    role: Role
    district: DistrictId | None = None


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of staff: an alias and what it may do. Never shown by name.

    ``branch`` is the ancestor directly below the first custodian in the invitation tree; the
    first custodian, who invited every branch, has none.
    """

    id: StaffId
    alias: str
    grants: frozenset[Grant]
    branch: StaffId | None
    state: StaffState = StaffState.ACTIVE

    def may(self, what: May, districts: Iterable[DistrictId], tree: Districts) -> bool:
        """Whether a grant covers every one of ``districts``."""
        return self.state is StaffState.ACTIVE and all(
            any(what in MATRIX[g.role] and tree.covers(g.district, d) for g in self.grants)
            for d in districts
        )

    def may_anywhere(self, what: May) -> bool:
        """Whether any grant permits this somewhere: decides which menu entries show."""
        active = self.state is StaffState.ACTIVE
        return active and any(what in MATRIX[grant.role] for grant in self.grants)

    def scopes(self, what: May) -> frozenset[DistrictId | None]:
        """Where this is permitted, ``None`` standing for everywhere; empty unless active."""
        if self.state is not StaffState.ACTIVE:
            return frozenset()
        return frozenset(g.district for g in self.grants if what in MATRIX[g.role])

    def may_grant(self, grant: Grant, tree: Districts) -> bool:
        """Whether this person may give the role: it lies inside their own scope of inviting."""
        return any(covers(scope, grant.district, tree) for scope in self.scopes(May.INVITE))

    def may_suspend(self, other: "Staff") -> bool:
        """Alone and reversibly: oneself, anybody with the right to, or a peer of the same role."""
        if self.state is not StaffState.ACTIVE or other.state is not StaffState.ACTIVE:
            return False
        if other.id == self.id or self.may_anywhere(May.SUSPEND_STAFF):
            return True
        theirs = {grant.role for grant in other.grants}
        return any(May.SUSPEND_PEER in MATRIX[g.role] and g.role in theirs for g in self.grants)

    def require(self, what: May, districts: Iterable[DistrictId], tree: Districts) -> None:
        """Raise ``NotAllowed`` unless ``may``."""
        if not self.may(what, districts, tree):
            raise NotAllowed

    def require_anywhere(self, what: May) -> None:
        """Raise ``NotAllowed`` unless ``may_anywhere``."""
        if not self.may_anywhere(what):
            raise NotAllowed


@dataclass(frozen=True, slots=True)
class Quorum:
    """Who agreed so far to one exact text.

    ``author`` counts as the first when they hold the right to publish there; anybody else's draft
    needs two of staff. ``branches`` is the number of branches among active staff.
    """

    author: Staff
    author_counts: bool
    approved: tuple[Staff, ...]
    branches: int
    needed: int = 2

    @property
    def agreed(self) -> tuple[Staff, ...]:
        """Everybody who counts."""
        return (self.author, *self.approved) if self.author_counts else self.approved

    @property
    def ids(self) -> tuple[StaffId, ...]:
        """Who they are, as it is stored."""
        return tuple(one.id for one in self.agreed)

    @property
    def complete(self) -> bool:
        """Whether enough people agree."""
        return len(self.agreed) >= self.needed

    @property
    def one_branch(self) -> bool:
        """Whether publications must say that the staff is one branch."""
        return self.branches < 2

    def approve(self, by: Staff) -> "Quorum":
        """Add a person; refuses the author, a repeat, and a second one of the same branch."""
        if by.id == self.author.id:
            raise OwnText
        if any(by.id == other.id for other in self.approved):
            raise AlreadyApproved
        if self.branches >= 2 and any(not independent(by, other) for other in self.agreed):
            raise SameBranch
        return Quorum(
            self.author, self.author_counts, (*self.approved, by), self.branches, self.needed
        )


def independent(one: Staff, other: Staff) -> bool:
    """Whether two people come from different branches; the root belongs to every branch."""
    return None not in (one.branch, other.branch) and one.branch != other.branch


def covers(scope: DistrictId | None, wanted: DistrictId | None, tree: Districts) -> bool:
    """Whether one scope contains another; only everywhere (``None``) contains everywhere."""
    return scope is None or (
        wanted is not None and wanted in tree.all and tree.covers(scope, wanted)
    )
