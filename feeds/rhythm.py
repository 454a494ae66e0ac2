"""When a source is polled next, and whose fault it is that many fail at once. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

SPREAD = 0.1
FEWEST_HOSTS = 3
_NONE = timedelta()
_MOST_DOUBLINGS = 16


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a source may be polled. ``usual`` is its own interval between the two bounds.

    ``longest_wait`` caps what Retry-After may ask for, so that one answer cannot silence a source.
    """

    usual: timedelta = timedelta(minutes=15)
    floor: timedelta = timedelta(minutes=5)
    ceiling: timedelta = timedelta(hours=1)
    longest_wait: timedelta = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the publisher asks for. Keep the last ``ttl`` and ``max_age``: a 304 repeats neither."""

    ttl: timedelta | None = None
    max_age: timedelta | None = None
    retry_after: timedelta | None = None


def next_poll(
    now: datetime, *, rhythm: Rhythm, asked: Asked, failures: int = 0, spread: float = 0.0
) -> datetime:
    """When to poll again (in the zone of ``now``).

    ``failures`` counts the failures in a row, 0 after a success; each doubles the interval up to
    the ceiling. ``spread`` in [0, 1) is the source's own share of a tenth of the interval, which
    keeps sources from being polled all at the same second.
    """
    wish = max(rhythm.usual, asked.ttl or _NONE, asked.max_age or _NONE)
    doubled: int = 1 << min(max(failures, 0), _MOST_DOUBLINGS)
    interval = max(rhythm.floor, wish) * doubled
    interval = min(interval, max(rhythm.ceiling, rhythm.floor))
    wait = min(asked.retry_after or _NONE, rhythm.longest_wait)
    return now + max(interval, wait) * (1 + SPREAD * spread)


def is_our_outage(*, failed: Collection[str], polled: Collection[str]) -> bool:
    """Say whether a round's failures are ours: more than half of its hosts gave no answer at all.

    ``failed`` are hosts that failed by connection or name; then no source's failures are counted.
    """
    hosts = set(polled)
    return len(hosts) >= FEWEST_HOSTS and len(set(failed) & hosts) * 2 > len(hosts)
