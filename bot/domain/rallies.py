"""A rally from draft to purge: who may do what, what needs two people, what a change voids."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import NewType, Self

from bot.domain.assembly import Facts
from bot.domain.districts import Districts
from bot.domain.errors import NotAllowed, Refused
from bot.domain.staff import May, Quorum, Staff, StaffId, StaffState

RallyId = NewType("RallyId", int)

KEPT = timedelta(days=7)
"""From the end to the purge."""
REVEAL_BEFORE = timedelta(hours=3)
"""When the exact place of a staged rally is published."""
WORD_WITHIN = timedelta(hours=1)
"""By when readers of a suspension are promised the next word."""
PAUSES_PER_DAY = 3


class AlreadyDecided(Refused):
    """Somebody pressed first: the rally no longer waits for this."""

    key = "rally-error-decided"


class EditedSince(Refused):
    """The text is no longer the one that was previewed."""

    key = "rally-error-edited"


class WrongStage(Refused):
    """The rally is not in a state in which this can be done."""

    key = "rally-error-stage"


class TooManyPauses(Refused):
    """One person suspended three rallies within a day: others have to look first."""

    key = "rally-error-pauses"


class StartsInPast(Refused):
    """The start has passed while the draft was waiting."""

    key = "rally-error-started"


class Reason(StrEnum):
    """Why a rally is suspended or cancelled; readers see it."""

    WEATHER = "weather"
    SAFETY = "safety"
    UNCLEAR = "unclear"
    OTHER = "other"


class Stage(StrEnum):
    """Where a rally stands. Purged means: its row is gone."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    REJECTED = "rejected"
    ANNOUNCED = "announced"
    """Area and time are public, the exact place is not yet."""
    REVEALED = "revealed"
    POSTPONED = "postponed"
    MOVED = "moved"
    SUSPENDED = "suspended"
    LIVE = "live"
    ENDED = "ended"
    CANCELLED = "cancelled"


UPCOMING = frozenset({Stage.ANNOUNCED, Stage.REVEALED, Stage.POSTPONED, Stage.MOVED})
OPEN = UPCOMING | {Stage.LIVE, Stage.SUSPENDED}
"""Public and not over."""
UNPUBLISHED = frozenset({Stage.DRAFT, Stage.SUBMITTED, Stage.REJECTED})


class Deed(StrEnum):
    """What takes two people."""

    ANNOUNCE = "announce"
    CHANGE = "change"
    """Another time (postponed) or another place (moved)."""
    RESUME = "resume"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Panel:
    """The staff of this moment, against which rights and agreement are weighed."""

    people: Mapping[StaffId, Staff]
    branches: int
    tree: Districts

    def publishes(self, by: Staff, facts: Facts) -> bool:
        """Whether ``by`` may publish in all districts of a rally."""
        return by.may(May.PUBLISH_RALLY, facts.districts, self.tree)


@dataclass(frozen=True, slots=True)
class Request:
    """What waits for a second person. ``facts`` are the proposed ones of a change."""

    deed: Deed
    by: StaffId
    facts: Facts | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Rally:
    """One rally. Every change of it while public raises ``sequence``.

    ``before`` is the stage a suspended one goes back to, ``agreed`` how many people stand behind
    the public text, ``one_branch`` whether they all belong to one group of invitees.
    """

    id: RallyId
    author: StaffId
    facts: Facts
    stage: Stage = Stage.DRAFT
    sequence: int = 0
    code: str = ""
    agreed: int = 0
    one_branch: bool = False
    before: Stage | None = None
    reason: Reason | None = None
    request: Request | None = None
    approvals: tuple[StaffId, ...] = field(default=())
    version: int = 0

    @property
    def subject(self) -> str:
        """Its name in publications and in people's settings."""
        return f"rally:{self.id}"

    @property
    def public(self) -> bool:
        """Whether people were told of it."""
        return self.stage not in UNPUBLISHED

    @property
    def hides_place(self) -> bool:
        """Whether the exact place is not public yet."""
        stage = self.before if self.stage is Stage.SUSPENDED else self.stage
        return self.facts.staged and stage in UPCOMING - {Stage.REVEALED}

    @property
    def digest(self) -> str:
        """12 hexadecimal digits of what exactly is asked for; approvals are bound to them."""
        if self.request is None:
            raise AlreadyDecided
        asked = self.request
        facts = (asked.facts or self.facts).content()
        head = f"{self.id}|{asked.deed}|{asked.by}|{asked.reason}|"
        return sha256(head.encode() + facts).hexdigest()[:12]

    # drafting

    def edit(self, by: Staff, facts: Facts) -> Self:
        """New facts for a draft; whatever was approved is void."""
        self._own(by)
        self._in(Stage.DRAFT, Stage.SUBMITTED)
        return replace(self, facts=facts, stage=Stage.DRAFT, request=None, approvals=())

    def submit(self, by: Staff, tree: Districts, now: datetime) -> Self:
        """Send for approval, with the pledge that the assembly is peaceful."""
        self._own(by)
        self._in(Stage.DRAFT)
        by.require(May.DRAFT_RALLY, self.facts.districts, tree)
        _ahead(self.facts, now)
        request = Request(Deed.ANNOUNCE, by.id)
        return replace(self, stage=Stage.SUBMITTED, request=request, approvals=())

    def return_to_author(self, by: Staff, panel: Panel, *, digest: str) -> Self:
        """Ask the author for a change."""
        self._decidable(by, panel, digest)
        self._in(Stage.SUBMITTED)
        return replace(self, stage=Stage.DRAFT, request=None, approvals=())

    def reject(self, by: Staff, panel: Panel, *, digest: str) -> Self:
        """Say no: to a draft for good, to a request about a public rally without other effect."""
        self._decidable(by, panel, digest)
        stage = Stage.REJECTED if self.stage is Stage.SUBMITTED else self.stage
        return replace(self, stage=stage, request=None, approvals=())

    # what takes two

    def ask(self, by: Staff, request: Request, panel: Panel, now: datetime) -> Self:
        """Propose to change, resume or cancel a public rally; a second person decides."""
        mine = by.id == self.author and by.state is StaffState.ACTIVE
        if not panel.publishes(by, self.facts) and not (mine and request.deed is not Deed.RESUME):
            raise NotAllowed
        match request.deed:
            case Deed.RESUME:
                self._in(Stage.SUSPENDED)
            case Deed.CHANGE:
                self._in(*UPCOMING)
                assert request.facts is not None
                by.require(May.DRAFT_RALLY, request.facts.districts, panel.tree)
                _ahead(request.facts, now)
            case Deed.CANCEL:
                self._in(*OPEN)
            case Deed.ANNOUNCE:
                raise WrongStage
        return replace(self, request=request, approvals=())

    def quorum(self, panel: Panel) -> Quorum:
        """Who agrees so far, counting only those who still hold the right."""
        if self.request is None:
            raise AlreadyDecided
        asked, facts = self.request, self.request.facts or self.facts
        author = panel.people[asked.by]
        own_cancel = asked.deed is Deed.CANCEL and author.id == self.author
        counts = panel.publishes(author, facts) or (
            own_cancel and author.state is StaffState.ACTIVE
        )
        approved = tuple(panel.people[id] for id in self.approvals)
        valid = tuple(person for person in approved if panel.publishes(person, facts))
        return Quorum(author, counts, valid, panel.branches)

    def asks(self, person: Staff, panel: Panel) -> bool:
        """Whether this is a question to this person."""
        if self.request is None or person.id in (self.request.by, *self.approvals):
            return False
        return panel.publishes(person, self.request.facts or self.facts)

    def approve(self, by: Staff, panel: Panel, *, digest: str, now: datetime) -> Self:
        """Agree to exactly what ``digest`` names; carried out as soon as two people do."""
        asked = self._decidable(by, panel, digest)
        if asked.deed in (Deed.ANNOUNCE, Deed.CHANGE):
            _ahead(asked.facts or self.facts, now)
        quorum = self.quorum(panel).approve(by)
        agreed = replace(self, approvals=tuple(person.id for person in quorum.approved))
        return agreed._carry_out(asked, quorum) if quorum.complete else agreed

    def outcome(self, panel: Panel) -> Self:
        """The rally as it will be once enough people agree: what the others are shown."""
        if self.request is None:
            raise AlreadyDecided
        quorum = self.quorum(panel)
        done = self._carry_out(self.request, quorum)
        return replace(done, agreed=max(done.agreed, quorum.needed))

    def _carry_out(self, asked: Request, quorum: Quorum) -> Self:
        done = replace(
            self,
            request=None,
            approvals=(),
            sequence=self.sequence + 1,
            agreed=len(quorum.agreed),
            one_branch=quorum.one_branch,
            reason=asked.reason,
        )
        match asked.deed:
            case Deed.ANNOUNCE:
                stage = Stage.ANNOUNCED if self.facts.staged else Stage.REVEALED
                return replace(done, stage=stage)
            case Deed.RESUME:
                assert self.before is not None
                return replace(done, stage=self.before, before=None)
            case Deed.CANCEL:
                return replace(done, stage=Stage.CANCELLED, before=None)
            case Deed.CHANGE:
                assert asked.facts is not None
                stayed = asked.facts.same_place(self.facts)
                stage = Stage.POSTPONED if stayed else Stage.MOVED
                return replace(done, stage=stage, facts=asked.facts)

    # what one person or the clock does

    def suspend(self, by: Staff, reason: Reason, *, pauses: int, tree: Districts) -> Self:
        """Stop it at once, reversibly; ``pauses`` counts this person's of the last 24 hours."""
        allowed = by.may(May.SUSPEND_RALLY, self.facts.districts, tree)
        mine = by.id == self.author and by.state is StaffState.ACTIVE
        if not (allowed or mine):
            raise NotAllowed
        self._in(*UPCOMING, Stage.LIVE)
        if pauses >= PAUSES_PER_DAY:
            raise TooManyPauses
        return replace(
            self,
            stage=Stage.SUSPENDED,
            before=self.stage,
            reason=reason,
            request=None,
            approvals=(),
            sequence=self.sequence + 1,
        )

    def reveal(self) -> Self:
        """Make the exact place public."""
        self._in(*UPCOMING)
        return replace(self, stage=Stage.REVEALED, sequence=self.sequence + 1)

    def start(self) -> Self:
        """The hour has come; a suspended one stays suspended but would resume as live."""
        self._in(*UPCOMING, Stage.SUSPENDED)
        raised = replace(self, sequence=self.sequence + 1)
        if self.stage is Stage.SUSPENDED:
            return replace(raised, before=Stage.LIVE)
        if self.request is not None and self.request.deed is Deed.CHANGE:
            raised = replace(raised, request=None, approvals=())
        return replace(raised, stage=Stage.LIVE)

    def end(self) -> Self:
        """It is over."""
        self._in(*OPEN)
        return replace(
            self,
            stage=Stage.ENDED,
            before=None,
            request=None,
            approvals=(),
            sequence=self.sequence + 1,
        )

    def without(self, person: StaffId) -> Self:
        """Somebody lost their rights: what they asked for waits no longer (a draft goes back to

        being one), what they agreed to lacks them, and neither returns with the rights.
        """
        if self.request is None:
            return self
        if self.request.by == person:
            stage = Stage.DRAFT if self.stage is Stage.SUBMITTED else self.stage
            return replace(self, stage=stage, request=None, approvals=())
        return replace(self, approvals=tuple(id for id in self.approvals if id != person))

    def _decidable(self, by: Staff, panel: Panel, digest: str) -> Request:
        """The open request, if it is the one ``digest`` names and ``by`` may decide it."""
        facts = self.facts
        if self.request is not None and self.request.facts is not None:
            facts = self.request.facts
        for wanted in (self.facts, facts):
            by.require(May.PUBLISH_RALLY, wanted.districts, panel.tree)
        if self.request is None:
            raise AlreadyDecided
        if self.digest != digest:
            raise EditedSince
        return self.request

    def _own(self, by: Staff) -> None:
        if by.id != self.author or by.state is not StaffState.ACTIVE:
            raise NotAllowed

    def _in(self, *stages: Stage) -> None:
        if self.stage not in stages:
            raise WrongStage


def _ahead(facts: Facts, now: datetime) -> None:
    if facts.starts_at <= now:
        raise StartsInPast


def word_by(now: datetime) -> datetime:
    """By when readers of a suspension hear more: in an hour, up to the next quarter."""
    late = now + WORD_WITHIN
    quarter = late.replace(minute=late.minute // 15 * 15, second=0, microsecond=0)
    return quarter if quarter == late else quarter + timedelta(minutes=15)
