"""Which copies sound: silent by default, and never what a person asked to be quiet about."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.outbox import Lane
from bot.domain.publications import Publication, Want
from bot.domain.subscribers import Settings

SOON = timedelta(hours=6)
"""A rally that begins so soon is one of today, though midnight may lie before it."""


def rings(
    publication: Publication, settings: Settings, zones: Iterable[str], now: datetime, today: bool
) -> bool:
    """Whether one person's copy sounds (docs/decisions/0014-sound.md).

    ``today``: it is an alert, or a change of a rally of today; that sounds at any hour. A reminder
    of today's rally sounds outside quiet hours; one of the day before is in a later lane and stays
    silent, as everything else does. ``zones`` are those of all districts the person follows (IANA
    names): quiet hours in one of them are quiet hours. ``now`` is aware.
    """
    if today or publication.lane is Lane.ALERT:
        return True
    if publication.audience.want is not Want.REMINDERS or publication.lane > Lane.RALLY:
        return False
    quiet = settings.quiet
    return quiet is None or not any(quiet.cover(now, zone) for zone in zones)


def of_today(starts_at: datetime, ends_at: datetime, zone: str, now: datetime) -> bool:
    """Whether a rally is one of today where it takes place: it begins today or soon, or it runs.

    All instants are aware; ``zone`` is the rally's IANA name.
    """
    local = ZoneInfo(zone)
    today = starts_at.astimezone(local).date() <= now.astimezone(local).date()
    return (today or starts_at <= now + SOON) and now < ends_at
