"""Several sources that tell one story: found when an item comes, so that it is grouped."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
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
    """What an entry is recognised by among others', and the story that others told before."""

    print: Print
    story: ItemId | None


async def find(tx: Tx, source: SourceId, entries: Sequence[Entry], now: datetime) -> list[Telling]:
    """For each entry the story that another source told in the last three days, if one did.

    One source's items are never one story: it knows best what it tells twice.
    """
    prints = [
        Print(_place(entry.link), simhash(f"{entry.title} {entry.summary}")) for entry in entries
    ]
    told = [one for one in await stories.near(tx, prints, now) if one.source != source]
    links = _telling_links(prints, told)
    return [Telling(one, _first(one, told, links)) for one in prints]


async def remember(
    tx: Tx, source: SourceId, tellings: dict[ItemId, Telling], now: datetime
) -> None:
    """Keep what items are recognised by."""
    told = {item: (one.story or item, one.print) for item, one in tellings.items()}
    await stories.add(tx, source, told, now)


def _first(one: Print, told: Sequence[Told], links: set[bytes]) -> ItemId | None:
    ranked = [
        (bits, other.item, other.story)
        for other in told
        if (bits := _bits(one, other.print, links)) is not None
    ]
    return min(ranked)[2] if ranked else None


def _bits(one: Print, other: Print, links: set[bytes]) -> int | None:
    """How far apart two tellings are; ``None`` when they tell different stories."""
    if one.link == other.link and one.link in links:
        return 0
    if one.text is None or other.text is None:
        return None
    bits = distance(one.text, other.text)
    return bits if bits <= NEAR else None


def _telling_links(prints: Sequence[Print], told: Sequence[Told]) -> set[bytes]:
    """Links that no source has on several items, as live pages are."""
    here = Counter(one.link for one in prints)
    there = Counter((other.source, other.print.link) for other in told)
    often = {link for (_, link), count in there.items() if count > 1}
    return {link for link, count in here.items() if link and count == 1} - often


def _place(link: str) -> bytes:
    """A digest of where a link leads, whichever part of the page; empty for a front page."""
    page = place(link.partition("#")[0])
    return digest(page) if "/" in page else b""
