"""The calendar file of a rally: small, revised by SEQUENCE, cancelled by STATUS (RFC 5546)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vGeo

from bot.domain.districts import Districts
from bot.domain.rallies import Rally, Stage
from bot.i18n import Translator
from bot.views.message import File, Message
from bot.views.rallies import kind, state_line, when

PRODUCT = "-//Tocsin//Rallies//EN"
AROUND = timedelta(days=200)
"""How much of the zone's history the file explains: the transitions around the rally."""


def calendar_message(rally: Rally, tree: Districts, t: Translator, *, stamp: datetime) -> Message:
    """The file with a line saying what it is; ``stamp`` is when the rally last changed (UTC)."""
    text = t("rally-calendar", when=when(rally.facts, tree, t))
    return Message(text, file=calendar_file(rally, t, stamp=stamp))


def calendar_file(rally: Rally, t: Translator, *, stamp: datetime) -> File:
    """The rally as iCalendar, in the reader's language and the rally's own zone."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if rally.stage is Stage.CANCELLED else "PUBLISH")
    calendar.add_component(_zone(rally))
    calendar.add_component(_event(rally, t, stamp))
    return File(f"rally-{rally.id}.ics", calendar.to_ical())


def _event(rally: Rally, t: Translator, stamp: datetime) -> Event:
    facts, zone = rally.facts, ZoneInfo(rally.facts.zone)
    event = Event()
    event.add("uid", f"rally-{rally.id}@tocsin.invalid")
    event.add("sequence", rally.sequence)
    event.add("dtstamp", stamp.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", facts.starts_at.astimezone(zone))
    event.add("dtend", facts.ends_at.astimezone(zone))
    event.add("summary", " · ".join(filter(None, (state_line(rally, t), kind(facts, t)))))
    event.add("status", _status(rally.stage))
    if not rally.hides_place:
        event.add("location", facts.place)
        if facts.point is not None:
            event.add("geo", vGeo(facts.point))
    event.add("description", t("rally-code", code=rally.code))
    return event


def _status(stage: Stage) -> str:
    match stage:
        case Stage.CANCELLED:
            return "CANCELLED"
        case Stage.SUSPENDED:
            return "TENTATIVE"
        case _:
            return "CONFIRMED"


def _zone(rally: Rally) -> Timezone:
    start = rally.facts.starts_at.date()
    return Timezone.from_tzid(rally.facts.zone, first_date=start - AROUND, last_date=start + AROUND)
