"""Sources: the feeds of independent media, vetted by two people, held by any one of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from bot.domain.agreement import agree
from bot.domain.districts import DistrictId
from bot.domain.errors import Refused
from bot.domain.staff import OwnText, Staff, StaffId

SourceId = NewType("SourceId", int)

PROBATION = timedelta(days=14)
PROBATION_ITEMS = 20
PEOPLE = 2
"""Vetting, trusting, lifting a hold and revoking take so many: see docs/decisions/0006."""


class SourceState(StrEnum):
    """Where a source stands."""

    NOMINATED = "nominated"
    PROBATION = "probation"
    TRUSTED = "trusted"
    HELD = "held"
    REVOKED = "revoked"
    REJECTED = "rejected"


class Motion(StrEnum):
    """What two people have to agree on."""

    VET = "vet"
    TRUST = "trust"
    LIFT = "lift"
    REVOKE = "revoke"


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
    """Probation lasts at least 14 days and 20 relayed items."""

    key = "source-not-ripe"


class SourceKnown(Refused):
    """The address was proposed before."""

    key = "source-known"


STARTS = {
    Motion.VET: frozenset({SourceState.NOMINATED}),
    Motion.TRUST: frozenset({SourceState.PROBATION}),
    Motion.LIFT: frozenset({SourceState.HELD}),
    Motion.REVOKE: frozenset({SourceState.PROBATION, SourceState.TRUSTED, SourceState.HELD}),
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
    version: int = 0

    @property
    def relays(self) -> bool:
        """Whether items of this source may be published."""
        return self.state in (SourceState.PROBATION, SourceState.TRUSTED)

    @property
    def watched(self) -> bool:
        """Whether its feed is polled; a held source's too, so that nothing is missed."""
        return self.relays or self.state is SourceState.HELD

    @property
    def people_needed(self) -> int:
        """How many people publish one of its items."""
        return 1 if self.state is SourceState.TRUSTED else PEOPLE

    def move(
        self,
        motion: Motion,
        by: Staff,
        *,
        agreed: Sequence[Staff],
        branches: int,
        now: datetime,
        sent: int = 0,
    ) -> "Source":
        """Ask for ``motion`` or, as the second person, carry it.

        ``agreed`` are those of ``self.agreed`` who are still entitled; ``sent`` counts the items
        relayed so far. Rights are the caller's to check.
        """
        if self.state not in STARTS[motion]:
            raise SourceChanged
        if self.motion not in (None, motion):
            raise MotionPending
        if motion is Motion.VET and by.id == self.proposed_by:
            raise OwnText
        if motion is Motion.TRUST:
            self._require_ripe(sent, now)
        quorum = agree(by, agreed, branches=branches, needed=PEOPLE)
        if not quorum.complete:
            return replace(self, motion=motion, agreed=tuple(s.id for s in quorum.agreed))
        return self._carried(motion, now)

    def object(self) -> "Source":
        """Drop the pending motion; one person suffices, since everything stays as it was."""
        if self.motion is None or self.motion is Motion.VET:
            raise SourceChanged
        return replace(self, motion=None, agreed=())

    def without(self, person: StaffId) -> "Source":
        """Somebody lost their rights: the pending motion lacks them, or falls with them."""
        if person not in self.agreed:
            return self
        left = tuple(one for one in self.agreed if one != person)
        stays = left or self.motion is Motion.VET
        return replace(self, agreed=left, motion=self.motion if stays else None)

    def held(self, why: Hold, now: datetime) -> "Source":
        """Stop relaying at once: one person or the bot itself. It never lapses by itself."""
        if not self.relays:
            raise SourceChanged
        goes_on = self.motion is Motion.REVOKE
        return replace(
            self,
            state=SourceState.HELD,
            before=self.state,
            hold=why,
            motion=self.motion if goes_on else None,
            agreed=self.agreed if goes_on else (),
            since=now,
        )

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
        settled = replace(self, motion=None, agreed=(), before=None, hold=None, since=now)
        match motion:
            case Motion.VET:
                return replace(settled, state=SourceState.PROBATION, vetted_at=now)
            case Motion.TRUST:
                return replace(settled, state=SourceState.TRUSTED)
            case Motion.LIFT:
                assert self.before is not None
                return replace(settled, state=self.before)
            case Motion.REVOKE:
                return replace(settled, state=SourceState.REVOKED)

    def _require_ripe(self, sent: int, now: datetime) -> None:
        age = now - (self.vetted_at or now)
        if age < PROBATION or sent < PROBATION_ITEMS:
            raise NotRipe(
                days=age.days, items=sent, days_needed=PROBATION.days, items_needed=PROBATION_ITEMS
            )


@dataclass(frozen=True, slots=True)
class Found:
    """What a look at a proposed feed showed: cleaned texts, no markup.

    ``address`` is what would be pinned (where the server says it moved for good), ``read_at``
    where the document came from in the end. ``latest`` are up to three titles. ``rejected`` is
    the reason of an earlier rejection of the same address.
    """

    address: str
    read_at: str
    domain: str
    title: str
    language: str
    items: int
    latest: tuple[str, ...] = ()
    rejected: Reason | None = None

    @property
    def encrypted(self) -> bool:
        """Whether the feed is read over TLS."""
        return self.read_at.startswith("https:")

    @property
    def redirected(self) -> bool:
        """Whether the document came from another address than the pinned one."""
        return self.read_at != self.address


_SECOND_LEVEL = re.compile(
    "ac|co|com|edu|gen|go|gob|gov|gouv|info|ltd|mil|ne|net|nom|or|org|press|web"
)


def registrable(host: str) -> str:
    """The part of a punycode host that somebody registered: what a reader should look at.

    Two labels, three below country domains that sell names on the third level. Address literals
    stay whole. A short list instead of the public suffix list: at worst one label too few shows.
    """
    labels = host.lower().strip(".").split(".")
    if labels[-1].isdigit() or ":" in host or len(labels) < 3:
        return host.lower().strip(".")
    third = len(labels[-1]) == 2 and _SECOND_LEVEL.fullmatch(labels[-2])
    return ".".join(labels[-3 if third else -2 :])
