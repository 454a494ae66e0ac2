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


class ItemDecided(Refused):
    """Somebody decided about the item before."""

    key = "item-decided"


class ItemExpired(Refused):
    """The item waited longer than its lifetime."""

    key = "item-expired"


class ItemClaimed(Refused):
    """Another editor has the item open."""

    key = "item-claimed"


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
    version: int = 0

    @property
    def subject(self) -> str:
        """Its name among publications."""
        return f"item:{self.id}"

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
        quorum = agree(by, agreed, branches=branches, needed=source.people_needed)
        return replace(
            self,
            state=ItemState.APPROVED if quorum.complete else ItemState.QUEUED,
            approved=tuple(one.id for one in quorum.agreed),
            needed=quorum.needed,
            one_branch=quorum.one_branch,
            claimed_by=None,
            claimed_until=None,
        )

    def sent(self, code: str, now: datetime) -> "Item":
        """It is public under ``code``."""
        if self.state is not ItemState.APPROVED:
            raise ItemDecided
        return replace(self, state=ItemState.SENT, code=code, sent_at=now)

    def reject(self, by: Staff, *, edition: int, now: datetime) -> "Item":
        """One person keeps an item from being published."""
        self._require_open(by, edition, now)
        return replace(self, state=ItemState.REJECTED, claimed_by=None, claimed_until=None)

    def edited(self, *, title: str, summary: str) -> "Item":
        """The medium changed the text: approvals are void; what was sent waits for a correction."""
        if self.state is ItemState.QUEUED:
            return replace(
                self, title=title, summary=summary, edition=self.edition + 1, approved=()
            )
        if self.state in PUBLISHED:
            return replace(
                self, state=ItemState.CHANGED, latest_title=title, latest_summary=summary
            )
        return self

    def without(self, person: StaffId) -> "Item":
        """Somebody lost their rights: they agreed to nothing that is not public yet."""
        if self.state is not ItemState.QUEUED:
            return self
        return replace(self, approved=tuple(one for one in self.approved if one != person))

    def _require_open(self, by: Staff, edition: int, now: datetime) -> None:
        if self.state is not ItemState.QUEUED:
            raise ItemDecided
        if self.expires_at <= now:
            raise ItemExpired
        if self.claimed_by_another(by.id, now):
            raise ItemClaimed
        if edition != self.edition:
            raise Stale
