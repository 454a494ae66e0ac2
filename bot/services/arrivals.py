"""What a document brings, stored: keys of everything, items for moderators, edits noticed.

What looks odd is kept all the same and marked, so that people decide; nothing is cut.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.entries import Entry, FeedDocument
from bot.domain.items import LIFETIME, PUBLISHED, Item
from bot.domain.sources import Hold, Source
from bot.services import sentry, tellings
from bot.services.judging import judge, language_of
from feeds.clean import clamp_date, cut
from feeds.decide import Arrival, Decision, Known, Sighting, decide
from feeds.edits import unlike
from feeds.keys import Keys, keys_of
from storage import documents, item_keys, items, new_items
from storage.db import Tx
from storage.documents import Last, Taken
from storage.item_keys import Seen
from storage.new_items import NewItem
from storage.polls import Poll

_LONGEST_LINK = 2000
_HEADLINE = 120
"""UTF-16 units of a text that stands in for a missing title."""


class Forgotten(Exception):
    """Entries were left unread of which nothing is known, or not enough."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """``poll`` after the document; ``hold`` says why to hold the source; ``edited`` are public.

    ``marks`` are those of its entries, for the next reading.
    """

    poll: Poll
    hold: Hold | None
    edited: Sequence[Item]
    marks: Collection[bytes] = ()


async def store(
    tx: Tx, source: Source, poll: Poll, document: FeedDocument, now: datetime
) -> Outcome:
    """Sort a document in the caller's transaction. At first sight nothing of it is news.

    Raises ``Forgotten`` when it must be read whole before that can be said.
    """
    last = await documents.last(tx, source.id)
    decision = await _given_away(tx, await _decide(tx, source, poll, document, last))
    hold = await sentry.drift(tx, source, poll, decision, now)
    taken = await _remember(tx, source, decision, last, now)
    taken += await _queue(tx, source, decision.new, document, held=hold or "", now=now)
    marks = await _keep(tx, source, decision, last, taken, now)
    edited = await _edit(tx, source, decision.changed)
    count = document.items_in_document or len(document.entries)
    sorted_ = replace(poll, sighted=True, guid_reused=decision.guid_reused, items=count)
    return Outcome(sorted_, hold, edited, marks)


async def _decide(
    tx: Tx, source: Source, poll: Poll, document: FeedDocument, last: Last
) -> Decision:
    if any(glimpse.mark not in last.entries for glimpse in document.seen):
        raise Forgotten
    known = [
        Known(row.identity, Keys(row.guid, row.link, row.text))
        for row in await item_keys.known(
            tx, source.id, [_seen(keys_of(entry)) for entry in document.entries]
        )
    ]
    decision = decide(
        known,
        document,
        first_sight=not poll.sighted,
        guid_reused=poll.guid_reused,
        since=source.vetted_at,
        seen={
            mark: Known(t.item, Keys(t.guid, t.link, t.text)) for mark, t in last.entries.items()
        },
        shown_before=bool(known or document.seen) or await item_keys.any_known(tx, source.id),
    )
    if document.seen and decision.guid_reused is not poll.guid_reused:
        # From now on its items have other names, those of last time too.
        raise Forgotten
    return decision


async def _remember(
    tx: Tx, source: Source, decision: Decision, last: Last, now: datetime
) -> list[Taken]:
    quiet = (*decision.already_there, *decision.old)
    met = (*decision.same, *decision.changed)
    rekeyed = [_seen(s.keys, s.item) for s in met if s.rekeyed]
    found = [*(_seen(a.keys) for a in quiet), *rekeyed]
    identities = await item_keys.remember(tx, source.id, found, now)
    if last.stale(now):
        here = [*(s.item for s in met), *(one.item for one in decision.again)]
        await item_keys.touch(tx, source.id, here, now)
    new = zip(quiet, identities, strict=False)
    return [
        *(_taken(a.entry.mark, item, a.keys) for a, item in new),
        *(_taken(s.entry.mark, s.item, s.keys) for s in met),
    ]


async def _keep(
    tx: Tx,
    source: Source,
    decision: Decision,
    last: Last,
    taken: Sequence[Taken],
    now: datetime,
) -> Collection[bytes]:
    """So that next time only what is new has to be read; returns the marks that are known then."""
    here = {known.item for known in decision.again}
    again = [one for one in last.entries.values() if one.item in here]
    marked = {one.mark: one for one in (*again, *taken) if one.mark}
    touched = now if last.stale(now) else last.touched_at
    if len(marked) > documents.MOST_ENTRIES:
        marked = {}
    await documents.save(tx, source.id, marked.values(), touched_at=touched or now)
    return marked.keys()


async def _queue(
    tx: Tx,
    source: Source,
    arrivals: Sequence[Arrival],
    document: FeedDocument,
    *,
    held: str,
    now: datetime,
) -> list[Taken]:
    """Feeds put the newest first; moderators take the oldest first."""
    oldest_first = list(reversed(arrivals))
    found = [_seen(arrival.keys) for arrival in oldest_first]
    identities = await item_keys.remember(tx, source.id, found, now)
    said = [number for number, arrival in enumerate(oldest_first) if headline(arrival.entry)]
    entries = [oldest_first[number].entry for number in said]
    told = await tellings.find(tx, source.id, entries, now)
    new = [
        replace(
            _new(entry, source, document, now), identity=identities[at], held=held, story=one.story
        )
        for at, entry, one in zip(said, entries, told, strict=True)
    ]
    queued = await new_items.add(tx, source.id, new)
    await tellings.remember(tx, source.id, dict(zip(queued, told, strict=True)), now)
    arrived = zip(oldest_first, identities, strict=True)
    return [_taken(arrival.entry.mark, item, arrival.keys) for arrival, item in arrived]


def _new(entry: Entry, source: Source, document: FeedDocument, now: datetime) -> NewItem:
    title, summary = headline(entry), _summary(entry)
    language = language_of(source, entry, document)
    judged = judge(source, title=title, summary=summary, language=language)
    return NewItem(
        identity=0,
        title=title,
        summary=summary,
        link=entry.link if len(entry.link) <= _LONGEST_LINK else "",
        language=language,
        published=clamp_date(entry.published or entry.updated, now=now),
        fetched_at=now,
        expires_at=now + LIFETIME,
        flags=judged.flags,
        impact=judged.impact,
        districts=judged.districts,
        topics=source.topics,
        picture=entry.picture,
    )


async def _given_away(tx: Tx, decision: Decision) -> Decision:
    """Take for news what only has the guid of an item, and neither its link nor its words."""
    given = []
    for sighting in decision.changed:
        if sighting.moved and (item := await items.by_identity(tx, sighting.item)) is not None:
            entry = sighting.entry
            if unlike(f"{item.title} {item.summary}", f"{entry.title} {entry.summary}"):
                given.append(sighting)
    if not given:
        return decision
    return replace(
        decision,
        new=(*decision.new, *(Arrival(one.entry, one.keys) for one in given)),
        changed=tuple(one for one in decision.changed if one not in given),
    )


async def _edit(tx: Tx, source: Source, changed: Sequence[Sighting]) -> list[Item]:
    """Take over what media changed; returns the items among them that are public."""
    public = []
    for sighting in changed:
        item = await items.by_identity(tx, sighting.item)
        if item is None or not headline(sighting.entry):
            continue
        title, summary = headline(sighting.entry), _summary(sighting.entry)
        now = judge(source, title=title, summary=summary, language=item.language)
        edited = item.edited(title=title, summary=summary, flags=now.flags, impact=now.impact)
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


def _taken(mark: bytes, item: int, keys: Keys) -> Taken:
    return Taken(mark, item, keys.guid, keys.link, keys.text)
