"""Wall clocks of a zone turned into instants, and what lies ahead or too far."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.errors import Refused

WEEK = timedelta(days=7)
HORIZON = timedelta(days=366)


class PastTime(Refused):
    """The instant lies behind us; ``likely`` is the same hour on the next such weekday."""

    key = "times-error-past"

    def __init__(self, likely: datetime) -> None:
        super().__init__()
        self.likely = likely


class DayPast(Refused):
    """The day, without an hour, lies behind us."""

    key = "times-error-day-past"


class TooFar(Refused):
    """More than a year ahead: almost always a slip of the keyboard."""

    key = "times-error-far"


class Shift(StrEnum):
    """Whether the clocks change at the wall time that was asked for."""

    NONE = "none"
    GAP = "gap"
    """It does not exist that day; the instant is later by the width of the gap."""
    TWICE = "twice"
    """It comes twice that day; the instant is the first."""


@dataclass(frozen=True, slots=True)
class Instant:
    """A wall clock in a zone, as an aware UTC instant."""

    at: datetime
    zone: str
    shift: Shift = Shift.NONE

    @property
    def wall(self) -> datetime:
        """The local wall clock, naive: what a clock on the spot shows then."""
        return self.at.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)


def instant(day: date, at: time, zone: str) -> Instant:
    """When clocks in the IANA ``zone`` show this: later in a gap, the first in an overlap."""
    local = datetime.combine(day, at.replace(tzinfo=None), ZoneInfo(zone)).replace(fold=0)
    utc = local.astimezone(UTC)
    back = utc.astimezone(ZoneInfo(zone))
    if back.replace(tzinfo=None) != local.replace(tzinfo=None):
        return Instant(utc, zone, Shift.GAP)
    if local.replace(fold=1).utcoffset() != local.utcoffset():
        return Instant(utc, zone, Shift.TWICE)
    return Instant(utc, zone)


def ahead(when: Instant, now: datetime) -> Instant:
    """``when`` if it lies ahead of ``now`` and within a year; otherwise refuses."""
    if when.at <= now:
        raise PastTime(next_likely(when, now).at)
    if when.at > now + HORIZON:
        raise TooFar
    return when


def next_likely(when: Instant, now: datetime) -> Instant:
    """The same wall time on the next such weekday that is still ahead of ``now``."""
    wall = when.wall
    weeks = max(0, (now - when.at) // WEEK)
    found = when
    while found.at <= now:
        weeks += 1
        found = instant((wall + weeks * WEEK).date(), wall.time(), when.zone)
    return found


def next_weekday(today: date, weekday: int) -> date:
    """The nearest such weekday after today (Monday is 0)."""
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
