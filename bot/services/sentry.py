"""Whether a source is still what was vetted, by what its document brings."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.sources import Hold, Source
from feeds import drift as signs
from feeds.decide import Decision, Flood
from feeds.drift import Shown
from storage import shown
from storage.db import Tx
from storage.polls import Poll
from storage.shown import Past

_RHYTHM = timedelta(days=30)


async def drift(
    tx: Tx, source: Source, poll: Poll, decision: Decision, past: Sequence[Past], now: datetime
) -> Hold | None:
    """Why to hold the source, the most telling reason first; ``past`` are its latest items."""
    if decision.flood is Flood.TURNOVER:
        return Hold.TURNOVER
    if changed := _changed(source, decision, past):
        return changed
    met = len(decision.same) + len(decision.changed) + len(decision.again)
    if signs.guids_rewritten(renamed=decision.renamed, met=met):
        return Hold.GUIDS
    return Hold.BURST if await _is_burst(tx, source, poll, decision, now) else None


def _changed(source: Source, decision: Decision, past: Sequence[Past]) -> Hold | None:
    new = [Shown(one.entry.title, one.entry.summary, one.entry.link) for one in decision.new]
    old = [Shown(one.title, one.summary, one.link) for one in past]
    return signs.changed(new, old, domain=source.domain)


async def _is_burst(tx: Tx, source: Source, poll: Poll, decision: Decision, now: datetime) -> bool:
    if len(decision.new) <= signs.FEWEST_NEW:
        return False
    came = await shown.arrivals(tx, source.id, since=now - _RHYTHM)
    return len(decision.new) > signs.most_new(came, since=poll.polled_at, now=now)
