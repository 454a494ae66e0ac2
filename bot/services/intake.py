"""Entries that become items: judged, grouped with others' tellings, queued for moderators."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.entries import Entry, FeedDocument
from bot.domain.items import LIFETIME, ItemId
from bot.domain.sources import Source
from bot.services import tellings
from bot.services.judging import judge, language_of
from feeds.clean import clamp_date, cut
from storage import new_items
from storage.db import Tx
from storage.new_items import NewItem

_LONGEST_LINK = 2000
_HEADLINE = 120
"""UTF-16 units of a text that stands in for a missing title."""


@dataclass(frozen=True, slots=True)
class News:
    """An entry of a source's document, and the identity under which its keys are known.

    ``held`` is what looked odd about the document.
    """

    source: Source
    document: FeedDocument
    entry: Entry
    identity: int
    held: str = ""


async def queue(tx: Tx, news: Sequence[News], now: datetime) -> None:
    """Queue what says anything, in this order; of several with one story the first goes first."""
    said = [one for one in news if headline(one.entry)]
    told = await tellings.find(tx, [(one.source.id, one.entry) for one in said], now)
    ids, stories = dict[int, ItemId](), dict[int, ItemId]()
    for follows in (False, True):
        wave = [n for n, one in enumerate(told) if (one.twin is not None) is follows]
        new = []
        for n in wave:
            twin = told[n].twin
            new.append(_item(said[n], told[n].story if twin is None else stories[twin], now))
        for n, id, item in zip(wave, await new_items.add(tx, new), new, strict=True):
            ids[n], stories[n] = id, item.story or id
    await tellings.remember(tx, [(ids[n], stories[n], one) for n, one in enumerate(told)], now)


def headline(entry: Entry) -> str:
    """The title, or the beginning of the text where a feed has no titles."""
    return entry.title or cut(entry.summary, longest=_HEADLINE)


def summary(entry: Entry) -> str:
    """The text below the headline."""
    repeats = not entry.title and headline(entry) == entry.summary
    return "" if repeats else entry.summary


def stated(entry: Entry, now: datetime) -> datetime | None:
    """When the medium says that it published it, as far as that can be."""
    return clamp_date(entry.published or entry.updated, now=now)


def _item(one: News, story: ItemId | None, now: datetime) -> NewItem:
    source, entry = one.source, one.entry
    title, below = headline(entry), summary(entry)
    language = language_of(source, entry, one.document)
    judged = judge(source, title=title, summary=below, language=language)
    return NewItem(
        source=source.id,
        identity=one.identity,
        title=title,
        summary=below,
        link=entry.link if len(entry.link) <= _LONGEST_LINK else "",
        language=language,
        published=stated(entry, now),
        fetched_at=now,
        expires_at=now + LIFETIME,
        held=one.held,
        flags=judged.flags,
        impact=judged.impact,
        story=story,
        districts=judged.districts,
        topics=source.topics,
        picture=entry.picture,
    )
