"""Several sources that tell one story: found when an item comes, so that it is grouped."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.entries import Entry
from bot.domain.items import ItemId
from bot.domain.sources import SourceId
from feeds.keys import digest, place
from feeds.similar import NEAR, distance, simhash
from storage import stories
from storage.db import Tx
from storage.stories import Print, Told


@dataclass(frozen=True, slots=True)
class Telling:
    """What an entry is recognised by among others', and the story that others told before.

    ``twin`` says which one before it, of those that came with it, is the first to tell it.
    """

    source: SourceId
    print: Print
    story: ItemId | None = None
    twin: int | None = None


async def find(tx: Tx, entries: Sequence[tuple[SourceId, Entry]], now: datetime) -> list[Telling]:
    """For each entry the story that another source told in the last three days, if one did.

    One source's items are never one story: it knows best what it tells twice.
    """
    came = [Telling(source, _print(entry)) for source, entry in entries]
    told = await stories.near(tx, [one.print for one in came], now, bits=NEAR)
    links = _telling_links((*told, *came))
    known, beside = _Tellings(links), _Tellings(links)
    for other in told:
        known.add(other)
    found: list[Telling] = []
    for one in came:
        found.append(_placed(one, known.nearest(one), told, beside.nearest(one), found))
        beside.add(one)
    return found


async def remember(tx: Tx, queued: Sequence[tuple[ItemId, ItemId, Telling]], now: datetime) -> None:
    """Keep what items are recognised by: each with the story that it tells."""
    told = [Told(item, one.source, story, one.print) for item, story, one in queued]
    await stories.add(tx, told, now)


def _placed(
    one: Telling,
    known: tuple[int, int] | None,
    told: Sequence[Told],
    beside: tuple[int, int] | None,
    before: Sequence[Telling],
) -> Telling:
    """The nearest among what is known comes first, then among what came with it."""
    if known is not None and (beside is None or known[0] <= beside[0]):
        return replace(one, story=told[known[1]].story)
    if beside is None:
        return one
    number = beside[1]
    first = before[number]
    twin = None if first.story is not None else number if first.twin is None else first.twin
    return replace(one, story=first.story, twin=twin)


class _Tellings:
    """Tellings in the order they came, of which the nearest is looked for."""

    def __init__(self, links: set[bytes]) -> None:
        self._links = links
        self._linked = defaultdict[bytes, list[tuple[SourceId, int]]](list)
        self._texts: list[tuple[SourceId, int, int]] = []
        self._count = 0

    def add(self, one: Telling | Told) -> None:
        if one.print.link in self._links:
            self._linked[one.print.link].append((one.source, self._count))
        if one.print.text is not None:
            self._texts.append((one.source, one.print.text, self._count))
        self._count += 1

    def nearest(self, one: Telling) -> tuple[int, int] | None:
        """In how many bits the nearest of another source differs, and its place."""
        mine, text = one.source, one.print.text
        near = [(0, at) for source, at in self._linked.get(one.print.link, ()) if source != mine]
        if not near and text is not None:
            near = [
                (bits, at)
                for source, other, at in self._texts
                if source != mine and (bits := distance(text, other)) <= NEAR
            ]
        return min(near, default=None)


def _telling_links(shown: Iterable[Telling | Told]) -> set[bytes]:
    """Links that no source has on several items, as live pages are."""
    counts = Counter((one.source, one.print.link) for one in shown if one.print.link)
    often = {link for (_, link), count in counts.items() if count > 1}
    return {link for _, link in counts} - often


def _print(entry: Entry) -> Print:
    return Print(_place(entry.link), simhash(f"{entry.title}\n{entry.summary}"))


def _place(link: str) -> bytes:
    """A digest of where a link leads, whichever part of the page; empty for a front page."""
    page = place(link.partition("#")[0])
    return digest(page) if "/" in page else b""
