"""When a source is polled next, and whose fault it is that many fail at once. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from bot.domain.entries import DocumentHints

SPREAD = 0.1
FEWEST_HOSTS = 3
BEATS = 16
"""How many of a source's last arrivals tell its rhythm."""
SHARE = 4
URGENT_SHARE = 10
"""A source is polled so many times between two of its usual arrivals."""
PATIENCE = 30
"""A quiet one is polled so many times in as long as it was quiet: nights cost little."""
_TOGETHER = 60
"""Seconds: what arrives closer than this arrives together."""
_NONE = timedelta()
_HOUR = timedelta(hours=1)
_MOST_DOUBLINGS = 16
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often sources may be polled: between ``floor`` and ``ceiling``.

    Urgent ones between ``urgent`` and ``floor``. ``usual`` holds while the own rhythm of a source
    is not known. ``longest_wait`` caps what Retry-After and skipped hours may ask for, so that one
    answer cannot silence a source.
    """

    usual: timedelta = timedelta(minutes=15)
    floor: timedelta = timedelta(minutes=5)
    ceiling: timedelta = timedelta(hours=1)
    longest_wait: timedelta = timedelta(hours=12)
    urgent: timedelta = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the publisher asks for. Keep all but ``retry_after``: a 304 repeats none of it.

    ``skips`` are hours and days to leave out, as ``skips_in`` writes them.
    """

    ttl: timedelta | None = None
    max_age: timedelta | None = None
    retry_after: timedelta | None = None
    skips: int = 0


@dataclass(frozen=True, slots=True)
class Pulse:
    """The own rhythm of a source: the usual time between two arrivals, and how long it is quiet."""

    gap: timedelta | None = None
    quiet: timedelta = _NONE


def next_poll(
    now: datetime,
    *,
    rhythm: Rhythm,
    asked: Asked,
    failures: int = 0,
    spread: float = 0.0,
    urgent: bool = False,
    pulse: Pulse = Pulse(),
) -> datetime:
    """When to poll again (in the zone of ``now``).

    ``failures`` counts the failures in a row, 0 after a success; each doubles the interval up to
    the ceiling. ``spread`` in [0, 1) is the source's own share of a tenth of the interval: sources
    that begin together drift apart until they fill the interval evenly.
    """
    floor, ceiling = rhythm.floor, rhythm.ceiling
    if urgent:
        floor, ceiling = min(rhythm.urgent, floor), floor
    own = _own(rhythm, pulse, urgent=urgent)
    wish = max(own, asked.ttl or _NONE, asked.max_age or _NONE)
    interval = max(floor, min(wish, ceiling))
    if failures > 0:
        doubled: int = 1 << min(failures, _MOST_DOUBLINGS)
        interval = min(interval * doubled, max(rhythm.ceiling, interval))
    if asked.retry_after:
        interval = max(interval, min(asked.retry_after, rhythm.longest_wait))
    when = now + interval * (1 + SPREAD * spread)
    if asked.skips:
        when = _unskipped(when, asked.skips, now + (ceiling if urgent else rhythm.longest_wait))
    return when


def pulse_of(beats: bytes, gap: timedelta | None, now: datetime) -> Pulse:
    """The rhythm of a source whose last arrivals are ``beats``."""
    if not beats:
        return Pulse(gap)
    last = int.from_bytes(beats[-4:], "big")
    return Pulse(gap, timedelta(seconds=max(0.0, now.timestamp() - last)))


def listened(
    beats: bytes, arrivals: Iterable[datetime | None], now: datetime
) -> tuple[bytes, timedelta | None]:
    """The arrivals known after some more, the latest of them, and the usual gap between two.

    ``arrivals`` are when entries were published; where a feed does not say, they arrived now. A
    date in the future says no more.
    """
    at = int(now.timestamp())
    known = {int.from_bytes(beats[n : n + 4], "big") for n in range(0, len(beats), 4)}
    known |= {at if when is None else min(int(when.timestamp()), at) for when in arrivals}
    apart = _apart(sorted(beat for beat in known if beat > 0))[-BEATS:]
    gaps = [later - earlier for earlier, later in pairwise(apart)]
    gap = timedelta(seconds=round(median(gaps))) if len(gaps) > 1 else None
    return b"".join(beat.to_bytes(4, "big") for beat in apart), gap


def skips_in(hints: DocumentHints) -> int:
    """The hours (UTC) and days that a document asks to leave out: bits 0 to 23, and 24 to 30."""
    skips = 0
    for hour in hints.skip_hours:
        skips |= 1 << hour % 24
    for number, day in enumerate(_DAYS):
        skips |= (day in hints.skip_days) << 24 + number
    return skips


def is_our_outage(*, failed: Collection[str], polled: Collection[str]) -> bool:
    """Say whether a round's failures are ours: more than half of its hosts gave no answer at all.

    ``failed`` are hosts that failed by connection or name; then no source's failures are counted.
    """
    hosts = set(polled)
    return len(hosts) >= FEWEST_HOSTS and len(set(failed) & hosts) * 2 > len(hosts)


def _own(rhythm: Rhythm, pulse: Pulse, *, urgent: bool) -> timedelta:
    if pulse.gap is None:
        return _NONE if urgent else rhythm.usual
    return max(pulse.gap / (URGENT_SHARE if urgent else SHARE), pulse.quiet / PATIENCE)


def _apart(beats: Sequence[int]) -> list[int]:
    """Arrivals without those that come together with the one before."""
    apart: list[int] = []
    for beat in beats:
        if not apart or beat - apart[-1] >= _TOGETHER:
            apart.append(beat)
    return apart


def _unskipped(when: datetime, skips: int, latest: datetime) -> datetime:
    """The first instant from ``when`` on that is not left out, ``latest`` at the latest."""
    first = when
    while when < latest and (skips >> when.hour & 1 or skips >> 24 + when.weekday() & 1):
        when = when.replace(minute=0, second=0, microsecond=0) + _HOUR
    return max(first, min(when, latest))
