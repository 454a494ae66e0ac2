"""What documents bring, stored: keys of everything, items for moderators, edits noticed.

What looks odd is kept all the same and marked, so that people decide; nothing is cut.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.domain.entries import Entry, FeedDocument
from bot.domain.items import PUBLISHED, Item
from bot.domain.sources import Hold, Source, SourceId
from bot.services import intake, sentry
from bot.services.intake import News, headline, summary
from bot.services.judging import judge
from feeds.decide import Arrival, Decision, Known, Sighting, decide
from feeds.edits import unlike
from feeds.keys import Keys, keys_of
from storage import documents, item_keys, items, shown
from storage.db import Tx
from storage.documents import Last, Taken
from storage.item_keys import Seen
from storage.polls import Poll


@dataclass(frozen=True, slots=True)
class Brought:
    """A document that a source's server answered with; ``poll`` is how polling stood before."""

    source: Source
    poll: Poll
    document: FeedDocument


@dataclass(frozen=True, slots=True)
class Outcome:
    """``poll`` after the document; ``hold`` says why to hold the source; ``edited`` are public.

    ``marks`` are those of its entries, for the next reading.
    """

    poll: Poll
    hold: Hold | None
    edited: Sequence[Item]
    marks: Collection[bytes] = ()


@dataclass(slots=True)
class _Sorted:
    """A document as it is sorted; ``taken`` is what its entries were taken as."""

    brought: Brought
    last: Last
    decision: Decision
    hold: Hold | None = None
    taken: list[Taken] = field(default_factory=list)

    @property
    def source(self) -> Source:
        return self.brought.source

    @property
    def quiet(self) -> list[Arrival]:
        """What is remembered and not queued."""
        return [*self.decision.already_there, *self.decision.old]

    @property
    def came(self) -> list[Arrival]:
        """What is quiet, then news: feeds put the newest first, moderators take the oldest."""
        return [*self.quiet, *reversed(self.decision.new)]

    @property
    def met(self) -> list[Sighting]:
        """What was known before."""
        return [*self.decision.same, *self.decision.changed]


async def store(tx: Tx, brought: Sequence[Brought], now: datetime) -> Mapping[SourceId, Outcome]:
    """Sort documents in the caller's transaction, each statement for all of them at once.

    At first sight nothing of a document is news. One that is missing among the outcomes must be
    read whole: it left entries unread of which nothing is known, or not enough. Nothing of it is
    stored.
    """
    desk = await _decide(tx, brought)
    await _judge_drift(tx, desk, now)
    arrived = await _remember(tx, desk, now)
    await intake.queue(tx, arrived, now)
    held = {one.source.id: _held(one, now) for one in desk}
    await documents.save(tx, held)
    return {one.source.id: await _outcome(tx, one, held[one.source.id]) for one in desk}


async def _decide(tx: Tx, brought: Sequence[Brought]) -> list[_Sorted]:
    lasts = await documents.last(tx, [one.source.id for one in brought])
    here = [one for one in brought if _remembered(one, lasts[one.source.id])]
    rows = await known(tx, {one.source.id: one.document.entries for one in here})
    desk = []
    for one in here:
        id, last = one.source.id, lasts[one.source.id]
        before = bool(rows[id] or one.document.seen) or await item_keys.any_known(tx, id)
        decision = _decided(one, rows[id], last, shown_before=before)
        if one.document.seen and decision.guid_reused is not one.poll.guid_reused:
            continue  # From now on its items have other names, those of last time too.
        desk.append(_Sorted(one, last, await _given_away(tx, decision)))
    return desk


def _remembered(one: Brought, last: Last) -> bool:
    """Whether everything that was left unread is known."""
    return all(glimpse.mark in last.entries for glimpse in one.document.seen)


async def known(
    tx: Tx, shown: Mapping[SourceId, Iterable[Entry]]
) -> Mapping[SourceId, Sequence[Known]]:
    """What sources showed before that has a key of these entries: every version, oldest first."""
    met = {source: [_seen(keys_of(one)) for one in shown[source]] for source in shown}
    rows = await item_keys.known(tx, met)
    return {source: [_known(row.identity, row) for row in rows[source]] for source in rows}


def _decided(one: Brought, rows: Sequence[Known], last: Last, *, shown_before: bool) -> Decision:
    unread = (last.entries[glimpse.mark] for glimpse in one.document.seen)
    return decide(
        rows,
        one.document,
        first_sight=not one.poll.sighted,
        guid_reused=one.poll.guid_reused,
        since=one.source.vetted_at,
        seen={taken.mark: _known(taken.item, taken) for taken in unread},
        shown_before=shown_before,
    )


def _known(item: int, row: Seen | Taken) -> Known:
    return Known(item, Keys(row.guid, row.link, row.text))


async def _judge_drift(tx: Tx, desk: Sequence[_Sorted], now: datetime) -> None:
    pasts = await shown.latest(tx, [one.source.id for one in desk if one.decision.new])
    for one in desk:
        past = pasts.get(one.source.id, ())
        one.hold = await sentry.drift(tx, one.source, one.brought.poll, one.decision, past, now)


async def _remember(tx: Tx, desk: Sequence[_Sorted], now: datetime) -> list[News]:
    """Keep the keys of everything; returns what is news, the oldest first."""
    found = {}
    for one in desk:
        rekeyed = [_seen(s.keys, s.item) for s in one.met if s.rekeyed]
        found[one.source.id] = [*(_seen(a.keys) for a in one.came), *rekeyed]
    identities = await item_keys.remember(tx, found, now)
    arrived = []
    for one in desk:
        named = list(zip(one.came, identities[one.source.id], strict=False))
        one.taken = [_taken(a.entry.mark, item, a.keys) for a, item in named]
        one.taken += [_taken(s.entry.mark, s.item, s.keys) for s in one.met]
        arrived += [
            News(one.source, one.brought.document, arrival.entry, item, one.hold or "")
            for arrival, item in named[len(one.quiet) :]
        ]
        if one.last.stale(now):
            shown_on = [s.item for s in one.met] + [again.item for again in one.decision.again]
            await item_keys.touch(tx, one.source.id, shown_on, now)
    return arrived


def _held(one: _Sorted, now: datetime) -> Last:
    """What the next document is compared with, so that only what is new has to be read then."""
    here = {known.item for known in one.decision.again}
    again = [taken for taken in one.last.entries.values() if taken.item in here]
    marked = {taken.mark: taken for taken in (*again, *one.taken) if taken.mark}
    if len(marked) > documents.MOST_ENTRIES:
        marked = {}
    return Last(marked, now if one.last.stale(now) else one.last.touched_at)


async def _outcome(tx: Tx, one: _Sorted, held: Last) -> Outcome:
    document, decision = one.brought.document, one.decision
    count = document.items_in_document or len(document.entries)
    poll = replace(one.brought.poll, sighted=True, guid_reused=decision.guid_reused, items=count)
    edited = await _edit(tx, one.source, decision.changed)
    return Outcome(poll, one.hold, edited, held.entries.keys())


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
        title, below = headline(sighting.entry), summary(sighting.entry)
        now = judge(source, title=title, summary=below, language=item.language)
        edited = item.edited(title=title, summary=below, flags=now.flags, impact=now.impact)
        if edited != item:
            await items.save(tx, edited)
            public += [edited] if edited.state in PUBLISHED else []
    return public


def _seen(keys: Keys, identity: int = 0) -> Seen:
    return Seen(identity, keys.guid, keys.link, keys.text)


def _taken(mark: bytes, item: int, keys: Keys) -> Taken:
    return Taken(mark, item, keys.guid, keys.link, keys.text)
