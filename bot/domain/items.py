"""News items: queued, approved by as many people as their source demands, sent, or let go."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from bot.domain.agreement import agree
from bot.domain.districts import DistrictId
from bot.domain.errors import Refused, Stale
from bot.domain.sources import Source, SourceId
from bot.domain.staff import Staff, StaffId

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


class SourceHeld(Refused):
    """Nothing of a source that is held or revoked is published."""

    key = "item-source-held"


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a source. ``edition`` counts the texts it had: an approval is for one of them.

    ``published`` is the medium's own date where it is plausible. ``held`` names what made its
    arrival odd (a ``Hold`` value), for the moderator to see. ``approved`` are those who agreed.
    ``latest_title`` and ``latest_summary`` are what the medium says after an edit. ``story`` is the
    first item of the story it tells, ``districts`` whom it concerns where a route says so (empty:
    whom its source concerns), ``topics`` what it is about, ``picture`` the address of one picture.
    ``impact``: it may move people to act, so that two must agree.

    ``amending`` are those who agreed to the latest text after an edit, ``corrections`` how many
    were shown as such, the last one at ``corrected_at``. ``parked_at``: a second source was asked
    for then. ``others``: so many more media are named below it.
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

    def agreed_to(self, by: StaffId) -> bool:
        """Whether somebody agreed to what waits for a second person."""
        return by in (self.amending if self.state is ItemState.CHANGED else self.approved)

    def claimed_by_another(self, by: StaffId, now: datetime) -> bool:
        """Whether somebody else has it open."""
        claimed = self.claimed_until is not None and self.claimed_until > now
        return claimed and self.claimed_by != by

    def approve(
        self,
        by: Staff,
        *,
        edition: int,
        source: Source,
        agreed: Sequence[Staff],
        branches: int,
        now: datetime,
    ) -> "Item":
        """Agree to exactly the text of ``edition``; APPROVED once enough people did.

        ``agreed`` are those of ``self.approved`` who are still entitled. Rights are the caller's
        to check.
        """
        self._require_open(by, edition, now)
        if not source.relays:
            raise SourceHeld
        quorum = agree(by, agreed, branches=branches, needed=self.needs(source))
        return replace(
            self._closed(),
            state=ItemState.APPROVED if quorum.complete else ItemState.QUEUED,
            approved=tuple(one.id for one in quorum.agreed),
            needed=quorum.needed,
            one_branch=quorum.one_branch,
        )

    def amend(
        self,
        by: Staff,
        *,
        edition: int,
        source: Source,
        agreed: Sequence[Staff],
        branches: int,
        now: datetime,
    ) -> "Item":
        """Agree that what was sent is to say what its medium says now; SENT once enough did.

        It takes as many people as publishing it, who agree anew. Arguments as in ``approve``.
        """
        self._require_open(by, edition, now, state=ItemState.CHANGED)
        if not source.relays:
            raise SourceHeld
        quorum = agree(by, agreed, branches=branches, needed=self.needs(source))
        agreeing = tuple(one.id for one in quorum.agreed)
        if not quorum.complete:
            return replace(self._closed(), amending=agreeing)
        return replace(
            self.put_right(), approved=agreeing, needed=quorum.needed, one_branch=quorum.one_branch
        )

    def put_right(self) -> "Item":
        """What was sent says what the medium says now."""
        if self.state is not ItemState.CHANGED:
            raise ItemDecided
        return replace(
            self._closed(),
            state=ItemState.SENT,
            title=self.latest_title,
            summary=self.latest_summary,
            latest_title="",
            latest_summary="",
            amending=(),
        )

    def corrected(self, now: datetime) -> "Item":
        """It was put right visibly."""
        return replace(self, corrections=self.corrections + 1, corrected_at=now)

    def sent(self, code: str, now: datetime) -> "Item":
        """It is public under ``code``."""
        if self.state is not ItemState.APPROVED:
            raise ItemDecided
        return replace(self, state=ItemState.SENT, code=code, sent_at=now)

    def joined(self, lead: "Item") -> "Item":
        """It is named below ``lead``, which is public: what tells one story is sent once."""
        if self.state is not ItemState.APPROVED or lead.state not in PUBLISHED:
            raise ItemDecided
        return replace(self._closed(), state=ItemState.JOINED, code=lead.code, sent_at=lead.sent_at)

    def reject(self, by: Staff, *, edition: int, now: datetime) -> "Item":
        """One person keeps an item from being published, or leaves what was sent as it is."""
        self._require_open(by, edition, now, state=self.state)
        if self.state is ItemState.CHANGED:
            return replace(self._closed(), state=ItemState.SENT, amending=())
        return replace(self._closed(), state=ItemState.REJECTED)

    def park(self, by: Staff, *, edition: int, now: datetime) -> "Item":
        """One person wants a second source first; asked for once, so that nothing goes in circles.

        Approvals given before stay: the text is the same when it comes back.
        """
        self._require_open(by, edition, now)
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
        return replace(self._closed(), story=self.id, approved=(), edition=self.edition + 1)

    def edited(
        self,
        *,
        title: str,
        summary: str,
        flags: frozenset[Flag] | None = None,
        impact: bool | None = None,
    ) -> "Item":
        """The medium changed the text: approvals are void; what was sent waits for a correction.

        ``flags`` and ``impact`` of the new text; left out they stay. A flag that falls away from
        what was sent stays as well: the text that people have still carries it.
        """
        if self.state in (ItemState.QUEUED, ItemState.PARKED):
            return replace(
                self,
                title=title,
                summary=summary,
                edition=self.edition + 1,
                approved=(),
                flags=self.flags if flags is None else flags,
                impact=self.impact if impact is None else impact,
            )
        if self.state not in PUBLISHED:
            return self
        if (title, summary) == (self.title, self.summary):
            return replace(
                self._closed(),
                state=ItemState.SENT,
                latest_title="",
                latest_summary="",
                amending=(),
                edition=self.edition + 1,
            )
        return replace(
            self,
            state=ItemState.CHANGED,
            latest_title=title,
            latest_summary=summary,
            edition=self.edition + 1,
            amending=(),
            flags=self.flags | (flags or frozenset()),
            impact=self.impact or bool(impact),
        )

    def without(self, person: StaffId) -> "Item":
        """Somebody lost their rights: they agreed to nothing that is not public yet."""
        amending = tuple(one for one in self.amending if one != person)
        if self.state not in (ItemState.QUEUED, ItemState.PARKED):
            return replace(self, amending=amending)
        return replace(self, approved=tuple(one for one in self.approved if one != person))

    def _closed(self) -> "Item":
        """Nobody has it open."""
        return replace(self, claimed_by=None, claimed_until=None)

    def _require_open(
        self, by: Staff, edition: int, now: datetime, *, state: ItemState = ItemState.QUEUED
    ) -> None:
        if self.state is not state or state not in OPEN:
            raise ItemDecided
        if state is ItemState.QUEUED and self.expires_at <= now:
            raise ItemExpired
        if self.claimed_by_another(by.id, now):
            raise ItemClaimed
        if edition != self.edition:
            raise Stale
