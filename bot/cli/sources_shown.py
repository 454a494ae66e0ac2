"""Sources as the operator sees them: a table, facts by name, names that stay for programs."""

from collections.abc import Iterator
from datetime import UTC, datetime

from rich.table import Table
from rich.text import Text

from bot.cli.sourcing import Seen
from bot.domain.evidence import Check, standing
from bot.i18n import translator
from bot.views.feeds import why
from bot.views.sources import age, language
from bot.views.sources import reading as how_reading_goes

STAMP = "%Y-%m-%d %H:%M"
t = translator("en")


def listed(found: list[Seen]) -> Table:
    """The table of all of them."""
    table = Table(box=None, pad_edge=False)
    for name in ("no.", "state", "title", "domain", "districts", "reading", "relayed"):
        table.add_column(name, justify="right" if name in ("no.", "relayed") else "left")
    now = datetime.now(UTC)
    for seen in found:
        source, poll = seen.source, seen.entry.poll
        table.add_row(
            str(source.id),
            _state(seen),
            Text(source.title),
            source.domain,
            ", ".join(place.slug for place in seen.places),
            Text(how_reading_goes(poll, t, now) if poll else "-"),
            str(seen.entry.sent),
        )
    return table


def _state(seen: Seen) -> str:
    source = seen.source
    return f"{source.state} ({source.hold})" if source.hold else source.state.value


def facts(seen: Seen) -> dict[str, str]:
    """What there is to say of one, by name."""
    source, poll, now = seen.source, seen.entry.poll, datetime.now(UTC)
    said = {
        "state": f"{source.state}, for {age(source.since, now, t)}",
        "held because": t(f"source-hold-{source.hold}") if source.hold else "",
        "next": t(f"source-motion-{source.motion}") if source.motion else "",
        "address": source.address,
        "domain": source.domain,
        "language": language(source.language, t),
        "districts": ", ".join(place.name("en") for place in seen.places),
        "topics": ", ".join(sorted(source.topics)),
        "urgent": "yes" if source.urgent else "",
        "pictures": "one by reference" if source.pictures else "",
        "vetted": f"{source.vetted_at:{STAMP}} UTC" if source.vetted_at else "",
        "reviewed": f"{source.reviewed_at:{STAMP}} UTC" if source.reviewed_at else "",
        "relayed": str(seen.entry.sent),
        "taken back": str(source.retracted) if source.retracted else "",
    }
    said |= dict(_evidence(seen))
    if poll is not None:
        failing = f"{why(*poll.failing, t)} ({poll.failures} in a row)" if poll.failing else ""
        said |= {
            "read": f"{poll.polled_at:{STAMP}} UTC" if poll.polled_at else "not yet",
            "next reading": f"{poll.next_poll:{STAMP}} UTC",
            "items in feed": "" if poll.items is None else str(poll.items),
            "last failure": failing,
            "moved to": poll.moved,
        }
    return {name: value for name, value in said.items() if value}


def _evidence(seen: Seen) -> Iterator[tuple[str, str]]:
    """What was checked, when and where it shows; never by whom."""
    held = standing(seen.entry.log)
    yield "evidence", f"{len(held)} of {len(Check)} checks"
    for check, lines in held.items():
        last = max(lines, key=lambda line: line.at)
        people = f", {len(lines)} people" if len(lines) > 1 else ""
        yield f"  {check}", f"{last.at:{STAMP}} UTC{people}{f' · {last.link}' if last.link else ''}"


def plain(seen: Seen) -> dict[str, object]:
    """For programs: names that stay."""
    source, poll = seen.source, seen.entry.poll
    return {
        "id": source.id,
        "state": source.state,
        "hold": source.hold,
        "motion": source.motion,
        "since": source.since,
        "vetted_at": source.vetted_at,
        "address": source.address,
        "domain": source.domain,
        "title": source.title,
        "language": source.language,
        "districts": [place.slug for place in seen.places],
        "topics": sorted(source.topics),
        "urgent": source.urgent,
        "pictures": source.pictures,
        "evidence": sorted(standing(seen.entry.log)),
        "relayed": seen.entry.sent,
        "read_at": poll.polled_at if poll else None,
        "next_read": poll.next_poll if poll else None,
        "items": poll.items if poll else None,
        "failures": poll.failures if poll else 0,
        "failing": why(*poll.failing, t) if poll and poll.failing else None,
        "moved": (poll.moved or None) if poll else None,
    }
