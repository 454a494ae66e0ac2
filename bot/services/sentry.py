"""Whether a source is still what was vetted, by what its document brings."""

from datetime import datetime, timedelta

from bot.domain.sources import Hold, Source
from feeds import drift as signs
from feeds.decide import Decision, Flood
from feeds.drift import Shown
from storage import shown
from storage.db import Tx
from storage.polls import Poll

_RHYTHM = timedelta(days=30)


async def drift(
    tx: Tx, source: Source, poll: Poll, decision: Decision, now: datetime
) -> Hold | None:
    """Why to hold the source, the most telling reason first."""
    if decision.flood is Flood.TURNOVER:
        return Hold.TURNOVER
    if changed := await _changed(tx, source, decision):
        return changed
    met = len(decision.same) + len(decision.changed) + len(decision.again)
    if signs.guids_rewritten(renamed=decision.renamed, met=met):
        return Hold.GUIDS
    return Hold.BURST if await _is_burst(tx, source, poll, decision, now) else None


async def _changed(tx: Tx, source: Source, decision: Decision) -> Hold | None:
    if not decision.new:
        return None
    new = [Shown(one.entry.title, one.entry.summary, one.entry.link) for one in decision.new]
    past = [Shown(one.title, one.summary, one.link) for one in await shown.latest(tx, source.id)]
    return signs.changed(new, past, domain=source.domain)


async def _is_burst(tx: Tx, source: Source, poll: Poll, decision: Decision, now: datetime) -> bool:
    if len(decision.new) <= signs.FEWEST_NEW:
        return False
    came = await shown.arrivals(tx, source.id, since=now - _RHYTHM)
    return len(decision.new) > signs.most_new(came, since=poll.polled_at, now=now)
