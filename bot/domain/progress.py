"""How the sending of a publication stands, in figures that tell nobody who or exactly how many."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil, floor, log10

from bot.domain.publications import Hold, Publication, Revision, State

LEAST = 100
"""Fewer people than this are never told apart, in times and shares either."""


class Bucket(StrEnum):
    """A number of people as staff sees it: coordination needs the size, not the figure."""

    FEW = "few"
    """Fewer than ``LEAST``, nobody included."""
    HUNDREDS = "hundreds"
    THOUSANDS = "thousands"
    TENS = "tens"
    """Of thousands."""
    LAKHS = "lakhs"
    """Hundreds of thousands."""
    MILLIONS = "millions"


_STEPS = (
    (1_000_000, Bucket.MILLIONS),
    (100_000, Bucket.LAKHS),
    (10_000, Bucket.TENS),
    (1_000, Bucket.THOUSANDS),
    (LEAST, Bucket.HUNDREDS),
)


def bucket(people: float) -> Bucket:
    """The size of a number of people."""
    return next((size for least, size in _STEPS if people >= least), Bucket.FEW)


def rough(people: float) -> int:
    """For times, which would give the number away: two digits of it, never fewer than ``LEAST``.

    Nobody is nobody: 0 stays 0.
    """
    if people <= 0:
        return 0
    if people <= LEAST:
        return LEAST
    grain = 10.0 ** (floor(log10(people)) - 1)
    return int(round(people / grain) * grain)


def seconds(messages: float, rate: float) -> int:
    """How long so many messages take at ``rate`` per second; at least 1 when there are any."""
    return ceil(messages / rate) if messages > 0 else 0


def tenths(share: float) -> float:
    """A share as it is shown: in steps of 0.1, whole only when nothing is left."""
    if share >= 1:
        return 1.0
    return min(max(round(share * 10), 0), 9) / 10


@dataclass(frozen=True, slots=True)
class Forecast:
    """What sending something would take. ``people`` is an estimate, to be shown in buckets.

    Times in whole seconds, at the rate of the moment, and with nothing else to send.
    """

    channels: int
    people: int
    channel_seconds: int
    people_seconds: int


class Standing(StrEnum):
    """Where the sending of a publication stands."""

    WAITING = "waiting"
    """Its turn has not come."""
    SENDING = "sending"
    SENT = "sent"
    HELD = "held"
    """It waits; ``Publication.held`` says why."""
    PAUSED = "paused"
    """The operator lets everything wait."""
    HALTED = "halted"
    """For good: replaced, taken back or dropped. Whoever had no copy gets none."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one publication came. ``people`` estimates whom it is for; show it in buckets.

    ``share`` of them (0 to 1) is written to. ``left``: seconds until the last of them at the
    present rate, what goes first included; ``None`` where nothing moves. ``rows`` counts what was
    set aside and what waits in a row of its own, by stage. ``revising``: a later version that is
    being carried to those who have an earlier one, and to which share of them it came.
    """

    publication: Publication
    standing: Standing
    channels: int
    channels_done: int
    people: int
    share: float
    left: int | None = None
    headline: str = ""
    rows: Mapping[str, int] = field(default_factory=dict)
    revising: tuple[Revision, float] | None = None
    resume_asked: bool = False
    """One person asked to go on with what staff stopped; a second one has to agree."""

    @property
    def running(self) -> bool:
        """Whether a look a little later may show something else."""
        moving = self.standing in (Standing.WAITING, Standing.SENDING, Standing.PAUSED)
        return moving or self.revising is not None

    @property
    def stoppable(self) -> bool:
        """Whether there is something left to stop."""
        publication = self.publication
        return (
            self.standing in (Standing.WAITING, Standing.SENDING, Standing.PAUSED)
            and publication.held is None
            and publication.state is not State.RECALLED
        )

    @property
    def stopped(self) -> bool:
        """Whether staff stopped it, so that two of staff may go on with it."""
        return self.publication.held is Hold.STAFF and self.standing is Standing.HELD
