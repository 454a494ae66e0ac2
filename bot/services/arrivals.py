"""What a document brings, stored: keys of everything, items for moderators, edits noticed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.entries import Entry, FeedDocument
from bot.domain.items import LIFETIME, PUBLISHED, Item
from bot.domain.sources import Hold, Source
from feeds.clean import clamp_date, cut
from feeds.decide import Arrival, Decision, Keys, Known, Sighting, decide
from storage import items
from storage.db import Tx
from storage.items import Seen
from storage.polls import Poll

_LONGEST_LINK = 2000
_LONGEST_TAG = 40
_HEADLINE = 120
"""UTF-16 units of a text that stands in for a missing title."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """``poll`` after the document; ``flood`` asks to hold the source; ``edited`` are public."""

    poll: Poll
    flood: Hold | None
    edited: Sequence[Item]


async def store(
    tx: Tx, source: Source, poll: Poll, document: FeedDocument, now: datetime
) -> Outcome:
    """Sort a document in the caller's transaction. At first sight nothing of it is news."""
    decision = decide(
        [Known(s.identity, Keys(s.guid, s.link, s.text)) for s in await items.seen(tx, source.id)],
        document,
        first_sight=not poll.sighted,
        guid_reused=poll.guid_reused,
    )
    flood = Hold(decision.flood.value) if decision.flood else None
    await _remember(tx, source, decision, now)
    await _queue(tx, source, decision.new, document, held=flood or "", now=now)
    edited = await _edit(tx, decision.changed)
    count = document.items_in_document or len(document.entries)
    sorted_ = replace(poll, sighted=True, guid_reused=decision.guid_reused, items=count)
    return Outcome(sorted_, flood, edited)


async def _remember(tx: Tx, source: Source, decision: Decision, now: datetime) -> None:
    quiet = [_seen(a.keys) for a in (*decision.already_there, *decision.old)]
    met = (*decision.same, *decision.changed)
    rekeyed = [_seen(s.keys, s.item) for s in met if s.rekeyed]
    await items.remember(tx, source.id, [*quiet, *rekeyed], now)
    await items.touch(tx, source.id, [s.item for s in met], now)


async def _queue(
    tx: Tx,
    source: Source,
    arrivals: Sequence[Arrival],
    document: FeedDocument,
    *,
    held: str,
    now: datetime,
) -> None:
    """Feeds put the newest first; moderators take the oldest first."""
    oldest_first = list(reversed(arrivals))
    found = [_seen(arrival.keys) for arrival in oldest_first]
    identities = await items.remember(tx, source.id, found, now)
    for arrival, identity in zip(oldest_first, identities, strict=True):
        entry = arrival.entry
        if not headline(entry):
            continue
        await items.add(
            tx,
            source=source.id,
            identity=identity,
            title=headline(entry),
            summary=_summary(entry),
            link=entry.link if len(entry.link) <= _LONGEST_LINK else "",
            language=(entry.language or document.language or source.language)[:_LONGEST_TAG],
            published=clamp_date(entry.published or entry.updated, now=now),
            fetched_at=now,
            expires_at=now + LIFETIME,
            held=held,
        )


async def _edit(tx: Tx, changed: Sequence[Sighting]) -> list[Item]:
    """Take over what media changed; returns the items among them that are public."""
    public = []
    for sighting in changed:
        item = await items.by_identity(tx, sighting.item)
        if item is None or not headline(sighting.entry):
            continue
        edited = item.edited(title=headline(sighting.entry), summary=_summary(sighting.entry))
        if edited != item:
            await items.save(tx, edited)
            public += [edited] if edited.state in PUBLISHED else []
    return public


def headline(entry: Entry) -> str:
    """The title, or the beginning of the text where a feed has no titles."""
    return entry.title or cut(entry.summary, longest=_HEADLINE)


def _summary(entry: Entry) -> str:
    repeats = not entry.title and headline(entry) == entry.summary
    return "" if repeats else entry.summary


def _seen(keys: Keys, identity: int = 0) -> Seen:
    return Seen(identity, keys.guid, keys.link, keys.text)
