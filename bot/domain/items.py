"""News items: queued, approved by as many people as their source demands, sent, or let go."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType, TypedDict, Unpack

from bot.domain.agreement import agree
from bot.domain.districts import DistrictId
from bot.domain.errors import Gone, Refused, Stale
from bot.domain.sources import Source, SourceId
from bot.domain.staff import Quorum, Staff, StaffId

ItemId = NewType("ItemId", int)

LIFETIME = timedelta(hours=72)
CLAIM = timedelta(minutes=10)


class ItemState(StrEnum):
    """Where an item stands."""

    QUEUED = "queued"
    APPROVED = "approved"
    SENT = "sent"
    CHANGED = "changed"
    """Sent, and edited by its medium since: waits for a correction."""
    PARKED = "parked"
    """Waits until another medium reports the same story."""
    JOINED = "joined"
    """Named below another item of its story, which is public."""
    REJECTED = "rejected"
    EXPIRED = "expired"


class Flag(StrEnum):
    """Something in a text that nobody should spread unseen: personal data, by its form."""

    PHONE = "phone"
    ADDRESS = "address"
    PLATE = "plate"
    CARD = "card"
    HANDLE = "handle"


PUBLISHED = frozenset({ItemState.SENT, ItemState.CHANGED})
OPEN = frozenset({ItemState.QUEUED, ItemState.CHANGED})
"""Wait for a moderator."""
TWO = 2
"""People for what may harm or move many: see docs/decisions/0006."""


class ItemDecided(Refused):
    """Somebody decided about the item before."""

    key = "item-decided"


class ItemExpired(Refused):
    """The item waited longer than its lifetime."""

    key = "item-expired"


class ItemClaimed(Refused):
    """Another editor has the item open."""

    key = "item-claimed"


class ParkedAlready(Refused):
    """It was asked for before: it came back because somebody else reports it."""

    key = "item-parked-before"


class BeingChecked(Gone):
    """Somebody hid what was sent until two have looked: no word of it is shown."""

    key = "item-is-masked"


class TakenBack(Gone):
    """Two people took back what was sent: no word of it is shown."""

    key = "item-is-recalled"


class SourceHeld(Refused):
    """Nothing of a source that is held or revoked is published."""

    key = "item-source-held"


class Vote(TypedDict):
    """What somebody's agreement is judged by: which text they saw, and who agreed before them."""

    edition: int
    source: Source
    agreed: Sequence[Staff]
    branches: int
    now: datetime


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a source. ``edition`` counts the texts it had: an approval is for one of them.

    ``published`` is the medium's own date where it is plausible. ``held`` names what made its
    arrival odd (a ``Hold`` value), for the moderator to see. ``approved`` are those who agreed.
    ``latest_title`` and ``latest_summary`` are what the medium says after an edit. ``story`` is the
    first item of the story it tells, ``districts`` whom it concerns where a route says so (empty:
    whom its source concerns), ``topics`` what it is about, ``picture`` the address of one picture.
    ``impact``: it may move people to act, so that two must agree.

    ``amending`` are those who agreed to changing what was sent: to its latest text, or to naming
    this one below another of its story; ``corrections`` how many were shown as such, the last one
    at ``corrected_at``. ``parked_at``: a second source was asked for then. ``others``: so many more
    media are named below it.
    """

    id: ItemId
    source: SourceId
    title: str
    summary: str
    link: str
    language: str
    published: datetime | None
    fetched_at: datetime
    expires_at: datetime
    state: ItemState = ItemState.QUEUED
    held: str = ""
    edition: int = 1
    approved: tuple[StaffId, ...] = ()
    needed: int = 2
    one_branch: bool = False
    claimed_by: StaffId | None = None
    claimed_until: datetime | None = None
    code: str = ""
    sent_at: datetime | None = None
    latest_title: str = ""
    latest_summary: str = ""
    flags: frozenset[Flag] = frozenset()
    impact: bool = False
    story: ItemId | None = None
    districts: frozenset[DistrictId] = frozenset()
    topics: frozenset[str] = frozenset()
    picture: str = ""
    amending: tuple[StaffId, ...] = ()
    corrections: int = 0
    corrected_at: datetime | None = None
    parked_at: datetime | None = None
    others: int = 0
    version: int = 0

    @property
    def subject(self) -> str:
        """Its name among publications."""
        return f"item:{self.id}"

    @property
    def root(self) -> "ItemId":
        """The story it tells; alone it is a story of its own."""
        return self.story or self.id

    @property
    def differs(self) -> bool:
        """Whether its medium says something else than what was sent."""
        return bool(self.latest_title)

    @property
    def unconfirmed(self) -> bool:
        """Whether it may move people to act while a single medium reports it."""
        return self.impact and not self.others

    def reach(self, source: Source) -> frozenset[DistrictId]:
        """Whom it concerns: what its routes say, else what its source is about."""
        return self.districts or source.districts

    def needs(self, source: Source) -> int:
        """How many people publish it: two unless its source is trusted and it is routine."""
        routine = not self.impact and not self.flags
        return source.people_needed if routine else max(TWO, source.people_needed)

    def agreed_to(self, by: StaffId, *, joining: bool = False) -> bool:
        """Whether somebody agreed to what waits for a second person."""
        changing = joining or self.state is ItemState.CHANGED
        return by in (self.amending if changing else self.approved)

    def claimed_by_another(self, by: StaffId, now: datetime) -> bool:
        """Whether somebody else has it open."""
        claimed = self.claimed_until is not None and self.claimed_until > now
        return claimed and self.claimed_by != by

    def approve(self, by: Staff, **vote: Unpack[Vote]) -> "Item":
        """Agree to exactly the text of ``edition``; APPROVED once enough people did.

        ``agreed`` are those of ``self.approved`` who are still entitled. Rights are the caller's
        to check.
        """
        quorum = self._agree(by, vote)
        state = ItemState.APPROVED if quorum.complete else ItemState.QUEUED
        return replace(self._closed()._vouched(quorum), state=state)

    def amend(self, by: Staff, **vote: Unpack[Vote]) -> "Item":
        """Agree that what was sent is to say what its medium says now; SENT once enough did.

        It takes as many people as publishing it, who agree anew.
        """
        quorum = self._agree(by, vote, state=ItemState.CHANGED)
        return self.put_right()._vouched(quorum) if quorum.complete else self._waiting(quorum)

    def put_right(self) -> "Item":
        """What was sent says what the medium says now."""
        if self.state is not ItemState.CHANGED:
            raise ItemDecided
        return replace(self._caught_up(), title=self.latest_title, summary=self.latest_summary)

    def corrected(self, now: datetime) -> "Item":
        """It was put right visibly."""
        return replace(self, corrections=self.corrections + 1, corrected_at=now)

    def sent(self, code: str, now: datetime) -> "Item":
        """It is public under ``code``."""
        if self.state is not ItemState.APPROVED:
            raise ItemDecided
        return replace(self, state=ItemState.SENT, code=code, sent_at=now)

    def join(self, by: Staff, lead: "Item", **vote: Unpack[Vote]) -> "Item":
        """Agree to naming it below ``lead``, which is public and tells the same; JOINED at last.

        It takes as many people as publishing it: its link is public then.
        """
        quorum = self._agree(by, vote)
        return self._vouched(quorum).joined(lead) if quorum.complete else self._waiting(quorum)

    def joined(self, lead: "Item") -> "Item":
        """It is named below ``lead``: what tells one story is sent once."""
        if self.state is not ItemState.QUEUED or lead.state not in PUBLISHED:
            raise ItemDecided
        return replace(
            self._closed(),
            state=ItemState.JOINED,
            code=lead.code,
            sent_at=lead.sent_at,
            amending=(),
        )

    def carried(self, lead: "Item", source: Source) -> "Item | None":
        """Named below ``lead`` by those who just approved that; ``None`` where it needs more."""
        free = source.relays and not self.flags and self.needs(source) <= len(lead.approved)
        if not free or self.state is not ItemState.QUEUED:
            return None
        vouched = replace(
            self, approved=lead.approved, needed=lead.needed, one_branch=lead.one_branch
        )
        return vouched.joined(lead)

    def reject(self, by: Staff, *, edition: int, now: datetime) -> "Item":
        """One person keeps an item from being published, or leaves what was sent as it is."""
        self.require_open(by, edition, now, state=self.state)
        if self.state is ItemState.CHANGED:
            return replace(self._closed(), state=ItemState.SENT, amending=())
        return replace(self._closed(), state=ItemState.REJECTED)

    def park(self, by: Staff, *, edition: int, now: datetime) -> "Item":
        """One person wants a second source first; asked for once, so that nothing goes in circles.

        Approvals given before stay: the text is the same when it comes back.
        """
        self.require_open(by, edition, now)
        if self.parked_at is not None:
            raise ParkedAlready
        return replace(self._closed(), state=ItemState.PARKED, parked_at=now)

    def back(self) -> "Item":
        """Another medium reports it: moderators look again."""
        if self.state is not ItemState.PARKED:
            raise ItemDecided
        return replace(self, state=ItemState.QUEUED)

    def apart(self) -> "Item":
        """A person saw that it tells another story than it was taken for: one of its own.

        What was agreed to with the others in view is void.
        """
        alone = replace(self._closed(), story=self.id, edition=self.edition + 1)
        return replace(alone, approved=(), amending=())

    def edited(self, *, title: str, summary: str, flags: frozenset[Flag], impact: bool) -> "Item":
        """The medium changed the text: approvals are void; what was sent waits for a correction.

        ``flags`` and ``impact`` are those of the new text. What falls away from what was sent
        stays: the text that people have still carries it.
        """
        anew = replace(self, edition=self.edition + 1, amending=())
        if self.state in (ItemState.QUEUED, ItemState.PARKED):
            said = replace(anew, title=title, summary=summary, flags=flags, impact=impact)
            return replace(said, approved=())
        if self.state not in PUBLISHED:
            return self
        if (title, summary) == (self.title, self.summary):
            return anew._caught_up()
        return replace(
            anew,
            state=ItemState.CHANGED,
            latest_title=title,
            latest_summary=summary,
            flags=self.flags | flags,
            impact=self.impact or impact,
        )

    def without(self, person: StaffId) -> "Item":
        """Somebody lost their rights: they agreed to nothing that is not public yet."""
        amending = tuple(one for one in self.amending if one != person)
        if self.state not in (ItemState.QUEUED, ItemState.PARKED):
            return replace(self, amending=amending)
        approved = tuple(one for one in self.approved if one != person)
        return replace(self, approved=approved, amending=amending)

    def _agree(self, by: Staff, vote: Vote, *, state: ItemState = ItemState.QUEUED) -> Quorum:
        self.require_open(by, vote["edition"], vote["now"], state=state)
        source = vote["source"]
        if not source.relays:
            raise SourceHeld
        needed = self.needs(source)
        return agree(by, vote["agreed"], branches=vote["branches"], needed=needed)

    def _vouched(self, quorum: Quorum) -> "Item":
        """They stand behind its being public."""
        approved, needed, one_branch = quorum.ids, quorum.needed, quorum.one_branch
        return replace(self, approved=approved, needed=needed, one_branch=one_branch)

    def _waiting(self, quorum: Quorum) -> "Item":
        """A change of what is public waits for more people."""
        return replace(self._closed(), amending=quorum.ids)

    def _caught_up(self) -> "Item":
        """What was sent is what its medium says."""
        level = replace(self._closed(), state=ItemState.SENT, amending=())
        return replace(level, latest_title="", latest_summary="")

    def _closed(self) -> "Item":
        """Nobody has it open."""
        return replace(self, claimed_by=None, claimed_until=None)

    def require_open(
        self, by: Staff, edition: int, now: datetime, *, state: ItemState = ItemState.QUEUED
    ) -> None:
        """Raise the refusal that says why ``by`` cannot decide about it now."""
        if self.state is not state or state not in OPEN:
            raise ItemDecided
        if state is ItemState.QUEUED and self.expires_at <= now:
            raise ItemExpired
        if self.claimed_by_another(by.id, now):
            raise ItemClaimed
        if edition != self.edition:
            raise Stale
