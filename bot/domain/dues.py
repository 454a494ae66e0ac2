"""What is to happen when: the dated rows of a rally, and what a late one still means."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.rallies import KEPT, OPEN, REVEAL_BEFORE, UPCOMING, Rally, Stage
from bot.domain.times import instant

EVE = time(18)
"""Local wall clock of the reminder the day before."""
SHORTLY = timedelta(hours=2)
"""The second reminder, before the start."""


class What(StrEnum):
    """What becomes due."""

    EVE = "eve"
    SHORTLY = "shortly"
    REVEAL = "reveal"
    START = "start"
    END = "end"
    PURGE = "purge"


@dataclass(frozen=True, slots=True)
class Due:
    """One dated row. ``due_at`` is aware UTC; ``wall`` is the local clock then, ISO to the minute,

    and ``zone`` its IANA name: what people meant, should a zone's rules change.
    """

    what: What
    subject: str
    due_at: datetime
    zone: str
    wall: str


def of_rally(rally: Rally, now: datetime, *, pending: Collection[What] = ()) -> list[Due]:
    """All rows of a rally as it is: no reminder of what nobody should travel to.

    A reminder whose hour has passed is wanted only if it is ``pending``: late, but not yet done.
    """
    facts = rally.facts
    wanted = {What.PURGE: facts.ends_at + KEPT}
    if rally.stage in OPEN:
        wanted[What.END] = facts.ends_at
    if rally.stage in UPCOMING or rally.stage is Stage.SUSPENDED:
        wanted[What.START] = facts.starts_at
    if rally.stage in UPCOMING:
        reminders = {What.EVE: eve(rally), What.SHORTLY: facts.starts_at - SHORTLY}
        wanted |= {what: at for what, at in reminders.items() if at > now or what in pending}
    if rally.stage in UPCOMING and rally.hides_place:
        wanted[What.REVEAL] = facts.starts_at - REVEAL_BEFORE
    return [_due(rally, what, at) for what, at in wanted.items()]


def eve(rally: Rally) -> datetime:
    """18:00 on the day before, where the rally is."""
    zone = rally.facts.zone
    day = rally.facts.starts_at.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
    return instant(day, EVE, zone).at


def still_reminds(what: What, rally: Rally, now: datetime) -> bool:
    """Whether a reminder that is due goes out: never after the start, and one that is so late

    that the second is due as well is left to the second.
    """
    if rally.stage not in UPCOMING or now >= rally.facts.starts_at:
        return False
    return what is not What.EVE or now < rally.facts.starts_at - SHORTLY


def _due(rally: Rally, what: What, at: datetime) -> Due:
    zone = rally.facts.zone
    wall = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None).isoformat(timespec="minutes")
    return Due(what, rally.subject, at, zone, wall)
