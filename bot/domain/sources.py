"""Sources: the feeds of independent media, vetted by two people, held by any one of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import NewType

from bot.domain.agreement import agree
from bot.domain.districts import DistrictId
from bot.domain.errors import Refused, Stale
from bot.domain.evidence import Evidence, require_whole
from bot.domain.staff import OwnText, Staff, StaffId

SourceId = NewType("SourceId", int)

PROBATION = timedelta(days=14)
PROBATION_ITEMS = 20
PEOPLE = 2
"""Vetting, trusting, lifting a hold and revoking take so many: see docs/decisions/0006."""


class SourceState(StrEnum):
    """Where a source stands. What is being checked about a nomination is its evidence."""

    NOMINATED = "nominated"
    PROBATION = "probation"
    TRUSTED = "trusted"
    REVIEW_DUE = "review"
    """Trusted, and not looked at for half a year: a week later it is on probation again."""
    DORMANT = "dormant"
    """Silent for two months: read rarely; what it says next finds it on probation."""
    HELD = "held"
    REVOKED = "revoked"
    REJECTED = "rejected"


class Motion(StrEnum):
    """What two people have to agree on."""

    VET = "vet"
    TRUST = "trust"
    REVIEW = "review"
    LIFT = "lift"
    ADOPT = "adopt"
    """Pin the address to which the feed moved."""
    REVOKE = "revoke"
    """For good; what it published since an instant is taken back, the rest is marked."""


class Hold(StrEnum):
    """Why a source is held: a person pressed the button, the operator said so, or its feed drifted
    from what was vetted:

    complete turnover, many at once, guids rewritten, another language or template, another domain,
    a permanent redirect, a certificate of another issuer, a domain that looks like the pinned one.
    """

    PERSON = "person"
    OPERATOR = "operator"
    TURNOVER = "turnover"
    BURST = "burst"
    GUIDS = "guids"
    LANGUAGE = "language"
    TEMPLATE = "template"
    DOMAIN = "domain"
    REDIRECT = "redirect"
    CERTIFICATE = "certificate"
    LOOKALIKE = "lookalike"


class Reason(StrEnum):
    """Why a nomination is rejected: a closed list, so that no text about anybody is kept."""

    DEPENDENT = "dependent"
    UNRELIABLE = "unreliable"
    ANONYMOUS = "anonymous"
    UNFIT = "unfit"
    TECHNICAL = "technical"


class SourceChanged(Refused):
    """The source is in a state in which this cannot be done (any more)."""

    key = "source-changed"


class MotionPending(Refused):
    """Another motion about the source waits for its second person."""

    key = "source-motion-pending"


class NotRipe(Refused):
    """Probation lasts at least 14 days and 20 relayed items, none of them retracted since."""

    key = "source-not-ripe"


class NotMoved(Refused):
    """The server does not say (any more) that the feed moved there."""

    key = "source-not-moved"


class SourceKnown(Refused):
    """The address was proposed before."""

    key = "source-known"


RELAYING = frozenset({SourceState.PROBATION, SourceState.TRUSTED, SourceState.REVIEW_DUE})
WATCHED = RELAYING | {SourceState.HELD, SourceState.DORMANT}
STARTS = {
    Motion.VET: frozenset({SourceState.NOMINATED}),
    Motion.TRUST: frozenset({SourceState.PROBATION}),
    Motion.REVIEW: frozenset({SourceState.REVIEW_DUE}),
    Motion.LIFT: frozenset({SourceState.HELD}),
    Motion.ADOPT: WATCHED,
    Motion.REVOKE: WATCHED,
}


@dataclass(frozen=True, slots=True)
class Route:
    """An item with any of these words (case-folded, whole words) concerns these districts."""

    words: frozenset[str]
    districts: frozenset[DistrictId]


@dataclass(frozen=True, slots=True)
class Source:
    """One feed. ``address`` and ``domain`` are pinned: only people change them.

    ``language`` is a tag such as ``ru`` or empty; ``districts`` are whom it concerns; ``agreed``
    are those behind the pending ``motion``; ``before`` is the state that lifting a hold restores.
    ``proposed_by`` is ``None`` where the operator did: they count as none of the two who vet.
    A rejected source has lost its address and title. ``urgent``: polled every minute;
    ``pictures``: it allows one by reference; ``topics``: what it is about; ``routes``: which words
    send an item elsewhere.

    ``target`` is the address that a motion to adopt names, ``cut`` since when a revocation takes
    back. ``clean_since`` is when it was vetted or last retracted something, ``clean_items`` how
    many of its items were published since, ``retracted`` how many were ever retracted.
    ``spoke_at`` is when its newest item came, ``checked_at`` when the rules of time were last
    applied to it, ``ripe`` says that moderators were told that its probation may end.
    """

    id: SourceId
    address: str
    domain: str
    title: str
    language: str
    districts: frozenset[DistrictId]
    proposed_by: StaffId | None
    since: datetime
    state: SourceState = SourceState.NOMINATED
    motion: Motion | None = Motion.VET
    agreed: tuple[StaffId, ...] = ()
    before: SourceState | None = None
    hold: Hold | None = None
    reason: Reason | None = None
    vetted_at: datetime | None = None
    urgent: bool = False
    pictures: bool = False
    topics: frozenset[str] = frozenset()
    routes: tuple[Route, ...] = ()
    target: str = ""
    cut: datetime | None = None
    reviewed_at: datetime | None = None
    clean_since: datetime | None = None
    clean_items: int = 0
    retracted: int = 0
    spoke_at: datetime | None = None
    checked_at: datetime | None = None
    ripe: bool = False
    version: int = 0

    @property
    def relays(self) -> bool:
        """Whether items of this source may be published."""
        return self.state in RELAYING

    @property
    def watched(self) -> bool:
        """Whether its feed is polled; a held source's too, so that nothing is missed."""
        return self.state in WATCHED

    @property
    def people_needed(self) -> int:
        """How many people publish one of its items."""
        return 1 if self.state in (SourceState.TRUSTED, SourceState.REVIEW_DUE) else PEOPLE

    @property
    def mark(self) -> str:
        """What exactly the pending motion is about: a button agrees to this and nothing else."""
        about = self.target or (self.cut.isoformat() if self.cut else "")
        return sha256(about.encode()).hexdigest()[:8] if self.motion and about else ""

    def move(
        self,
        motion: Motion,
        by: Staff,
        *,
        agreed: Sequence[Staff],
        branches: int,
        now: datetime,
        log: Sequence[Evidence] = (),
        target: str = "",
        cut: datetime | None = None,
        mark: str = "",
    ) -> "Source":
        """Ask for ``motion`` or, as the second person, carry it.

        ``agreed`` are those of ``self.agreed`` who are still entitled. ``log`` is the evidence,
        which vetting needs whole; the first person names the ``target`` of adopting or the ``cut``
        of revoking, the second one the ``mark`` of what they saw. Rights are the caller's to check.
        """
        if self.state not in STARTS[motion]:
            raise SourceChanged
        if self.motion not in (None, motion):
            raise MotionPending
        if motion is Motion.VET and by.id == self.proposed_by:
            raise OwnText
        if motion is Motion.TRUST:
            self._require_ripe(now)
        asked = self
        if self.motion is None:
            asked = self._asked(motion, target, cut)
        elif mark != self.mark:
            raise Stale
        quorum = agree(by, agreed, branches=branches, needed=PEOPLE)
        if motion is Motion.VET:
            require_whole(log, quorum.ids)
        if not quorum.complete:
            return replace(asked, agreed=quorum.ids)
        return asked._carried(motion, now)

    def _asked(self, motion: Motion, target: str, cut: datetime | None) -> "Source":
        if motion is Motion.ADOPT and (not target or target == self.address):
            raise NotMoved
        return replace(
            self,
            motion=motion,
            target=target if motion is Motion.ADOPT else "",
            cut=(cut or self.vetted_at) if motion is Motion.REVOKE else None,
        )

    def object(self) -> "Source":
        """Drop the pending motion; one person suffices, since everything stays as it was."""
        if self.motion is None or self.motion is Motion.VET:
            raise SourceChanged
        return self.unasked()

    def without(self, person: StaffId) -> "Source":
        """Somebody lost their rights: the pending motion lacks them, or falls with them."""
        if person not in self.agreed:
            return self
        left = tuple(one for one in self.agreed if one != person)
        if left or self.motion is Motion.VET:
            return replace(self, agreed=left)
        return self.unasked()

    def unasked(self) -> "Source":
        """Without the motion that waits."""
        return replace(self, motion=None, agreed=(), target="", cut=None)

    def held(self, why: Hold, now: datetime) -> "Source":
        """Stop relaying at once: one person or the bot itself. It never lapses by itself."""
        if not self.watched or self.state is SourceState.HELD:
            raise SourceChanged
        goes_on = self.motion in (Motion.REVOKE, Motion.ADOPT)
        kept = self if goes_on else replace(self, motion=None, agreed=())
        before = SourceState.PROBATION if self.state is SourceState.DORMANT else self.state
        return replace(kept, state=SourceState.HELD, before=before, hold=why, since=now)

    def rejected(self, reason: Reason, now: datetime) -> "Source":
        """Refuse a nomination; what remains is a digest of the address and the reason."""
        if self.state is not SourceState.NOMINATED:
            raise SourceChanged
        return replace(
            self,
            state=SourceState.REJECTED,
            reason=reason,
            address="",
            domain="",
            title="",
            motion=None,
            agreed=(),
            since=now,
        )

    def _carried(self, motion: Motion, now: datetime) -> "Source":
        settled = replace(self, motion=None, agreed=(), target="")
        still = replace(settled, before=None, hold=None, since=now)
        match motion:
            case Motion.VET:
                state = SourceState.PROBATION
                return replace(still, state=state, vetted_at=now, clean_since=now)
            case Motion.TRUST | Motion.REVIEW:
                return replace(still, state=SourceState.TRUSTED, reviewed_at=now)
            case Motion.LIFT:
                assert self.before is not None
                return replace(still, state=self.before)
            case Motion.ADOPT:
                return replace(settled, address=self.target)  # its domain is the caller's to pin
            case Motion.REVOKE:
                return replace(still, state=SourceState.REVOKED)

    def _require_ripe(self, now: datetime) -> None:
        age = now - (self.clean_since or now)
        if age < PROBATION or self.clean_items < PROBATION_ITEMS:
            raise NotRipe(
                days=age.days,
                items=self.clean_items,
                days_needed=PROBATION.days,
                items_needed=PROBATION_ITEMS,
            )


@dataclass(frozen=True, slots=True)
class Found:
    """What a look at a proposed feed showed: cleaned texts, no markup.

    ``address`` is what would be pinned (where the server says it moved for good), ``read_at``
    where the document came from in the end. ``latest`` are up to three titles. ``rejected`` is
    the reason of an earlier rejection of the same address, ``lookalike`` the pinned domain that
    this one is easily taken for, ``digest`` the SHA-256 (hex) of the document.
    """

    address: str
    read_at: str
    domain: str
    title: str
    language: str
    items: int
    latest: tuple[str, ...] = ()
    rejected: Reason | None = None
    lookalike: str = ""
    digest: str = ""

    @property
    def encrypted(self) -> bool:
        """Whether the feed is read over TLS."""
        return self.read_at.startswith("https:")

    @property
    def redirected(self) -> bool:
        """Whether the document came from another address than the pinned one."""
        return self.read_at != self.address
