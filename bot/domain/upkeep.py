"""What time alone does to a source: its probation ripens, its review falls due, it falls silent."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.sources import PROBATION, PROBATION_ITEMS, Source, SourceState

REVIEW = timedelta(days=180)
GRACE = timedelta(days=7)
SILENT = timedelta(days=60)
AGAIN = timedelta(hours=1)
"""What was due and did not come true yet is looked at again after so long."""
NOTED = timedelta(days=20)
"""So often at least it is noted when a source last spoke: its items are kept for a month."""


class Happening(StrEnum):
    """What moderators are told, once each."""

    RIPE = "ripe"
    REVIEW = "review"
    LAPSED = "lapsed"
    DORMANT = "dormant"
    AWAKE = "awake"


def due_at(source: Source) -> datetime | None:
    """When the rules of time are to be applied to it next; ``None``: never as it is."""
    if not source.watched or source.state is SourceState.HELD:
        return None
    planned = min(_instants(source))
    if source.checked_at is None:
        return planned
    noted = source.checked_at + NOTED
    return min(noted, max(planned, source.checked_at + AGAIN))


def pass_time(
    source: Source, newest: datetime | None, now: datetime
) -> tuple[Source, Happening | None]:
    """Apply them: the source then and what happened. ``newest``: when its newest item came."""
    heard = max((at for at in (source.spoke_at, newest) if at is not None), default=None)
    source = replace(source, spoke_at=heard, checked_at=now)
    if source.state is SourceState.DORMANT:
        if heard is None or heard <= source.since:
            return source, None
        return replace(source, state=SourceState.PROBATION, since=now), Happening.AWAKE
    if not source.relays:
        return source, None
    if now >= _last_word(source) + SILENT:
        return replace(source.unasked(), state=SourceState.DORMANT, since=now), Happening.DORMANT
    match source.state:
        case SourceState.TRUSTED if now >= _reviewed(source) + REVIEW:
            return replace(source, state=SourceState.REVIEW_DUE, since=now), Happening.REVIEW
        case SourceState.REVIEW_DUE if now >= source.since + GRACE:
            lapsed = replace(source.unasked(), state=SourceState.PROBATION, since=now, ripe=True)
            return lapsed, Happening.LAPSED
        case SourceState.PROBATION if _ripe(source, now):
            return replace(source, ripe=True), Happening.RIPE
        case _:
            return source, None


def _instants(source: Source) -> list[datetime]:
    if source.state is SourceState.DORMANT:
        return [source.since]
    found = [_last_word(source) + SILENT]
    match source.state:
        case SourceState.PROBATION if not source.ripe:
            found.append(_ripens(source))
        case SourceState.TRUSTED:
            found.append(_reviewed(source) + REVIEW)
        case SourceState.REVIEW_DUE:
            found.append(source.since + GRACE)
        case _:
            pass
    return found


def _ripe(source: Source, now: datetime) -> bool:
    aged = now >= _ripens(source)
    return not source.ripe and aged and source.clean_items >= PROBATION_ITEMS


def _ripens(source: Source) -> datetime:
    return (source.clean_since or source.since) + PROBATION


def _last_word(source: Source) -> datetime:
    """Nobody is silent before they were listened to; who woke up is listened to anew."""
    heard = [at for at in (source.spoke_at, source.vetted_at) if at is not None]
    return max(heard, default=source.since)


def _reviewed(source: Source) -> datetime:
    return source.reviewed_at or source.since
