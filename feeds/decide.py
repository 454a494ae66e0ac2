"""What a document brings, given what is known of its source: new, changed, same, old. Pure.

Identity is guid, then canonical link, then title with text, always within one source. Sets are
compared, never positions or dates: publishers reorder, re-date, withdraw and bring back.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from bot.domain.entries import Entry, FeedDocument
from feeds.keys import NOTHING, Keys, keys_of, link_key

# Shorter texts repeat by themselves ("Weather", "Live"), so they identify nothing.
TELLING_TEXT = 60
TURNOVER = 5
SHIFTED = 2
"""One may be a mistake of a hand, two are how the feed is made."""


class Known(NamedTuple):
    """One set of keys under which an item of the source was seen.

    An item has as many as it had versions, oldest first: forgetting the older ones would make an
    edit that is taken back look like news.
    """

    item: int
    keys: Keys


@dataclass(frozen=True, slots=True)
class Arrival:
    """An entry that is none of the known items."""

    entry: Entry
    keys: Keys


@dataclass(frozen=True, slots=True)
class Sighting:
    """A known item met again; ``rekeyed`` asks the caller to remember ``keys`` as well.

    ``moved``: it never had this link, so that its guid alone says that it is the same.
    """

    item: int
    entry: Entry
    keys: Keys
    rekeyed: bool
    moved: bool = False


class Flood(StrEnum):
    """Why the arrivals of one document should be held for a person to look at."""

    TURNOVER = "turnover"
    BURST = "burst"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with a document. ``new`` is empty at first sight: all is ``already_there`` then.

    ``old`` was published before ``since`` and stands below all that is known: it came into sight
    because newer items were withdrawn. ``absent`` are known items that this
    document does not hold, which alone says nothing: feeds are windows. ``again`` were not even
    read, since their bytes are those of last time. ``renamed`` counts known items under guids that
    they never had. ``guid_reused`` is for good: store it and pass it in again.
    """

    new: tuple[Arrival, ...] = ()
    changed: tuple[Sighting, ...] = ()
    same: tuple[Sighting, ...] = ()
    old: tuple[Arrival, ...] = ()
    already_there: tuple[Arrival, ...] = ()
    again: tuple[Known, ...] = ()
    absent: frozenset[int] = frozenset()
    renamed: int = 0
    guid_reused: bool = False
    flood: Flood | None = None


def decide(
    known: Sequence[Known],
    document: FeedDocument,
    *,
    first_sight: bool = False,
    guid_reused: bool = False,
    since: datetime | None = None,
    most_new: int = 25,
    seen: Mapping[bytes, Known] | None = None,
    shown_before: bool | None = None,
) -> Decision:
    """Sort the entries of ``document``; ``known`` is what was ever seen of this source: all of it,

    or every row of each item that shares a key with an entry. ``shown_before`` then says whether
    there are others. ``seen`` tells by its mark what an entry that was not read was taken as;
    raises ``KeyError`` when it does not.

    More than ``most_new`` arrivals, or a complete turnover, are reported as a flood; they are
    still all in ``new``, because nothing may be lost.
    """
    met = [one for one in _in_order(document, seen or {}) if one.keys != NOTHING]
    reused = guid_reused or _reuses_guids(met) or _shifts_guids(known, met)
    memory = _Memory(known, met, home=link_key(document.home), reused=reused)
    found = _Found(memory)
    for one in met:
        if isinstance(one, Known):
            found.again(one)
        else:
            found.add(one)
    if first_sight:
        return Decision(already_there=tuple(found.arrivals), guid_reused=reused)
    old = [arrival for arrival in found.below if _before(since, arrival.entry)]
    new = [arrival for arrival in found.arrivals if arrival not in old]
    return Decision(
        new=tuple(new),
        changed=tuple(s for s in found.sightings if s.keys.text != memory.text[s.item]),
        same=tuple(s for s in found.sightings if s.keys.text == memory.text[s.item]),
        old=tuple(old),
        again=tuple(found.unread),
        absent=frozenset(memory.text) - found.items,
        renamed=sum(memory.renames(s.item, s.keys) for s in found.sightings),
        guid_reused=reused,
        flood=_flood(bool(known) or bool(shown_before), found, len(new), most_new),
    )


def _in_order(document: FeedDocument, seen: Mapping[bytes, Known]) -> Iterator[Arrival | Known]:
    """All that a document holds, in its own order, whether it was read now or before."""
    unread = iter((*document.seen, None))
    glimpse = next(unread)
    for number, entry in enumerate(document.entries):
        while glimpse is not None and glimpse.after <= number:
            yield seen[glimpse.mark]
            glimpse = next(unread)
        yield Arrival(entry, keys_of(entry))
    while glimpse is not None:
        yield seen[glimpse.mark]
        glimpse = next(unread)


class _Memory:
    """The known items of a source, found by any of their keys."""

    def __init__(
        self, known: Sequence[Known], met: Sequence[Arrival | Known], *, home: bytes, reused: bool
    ) -> None:
        self._reused = reused
        self.text: dict[int, bytes] = {}
        self.exact: dict[int, set[Keys]] = defaultdict(set)
        self._by_guid: dict[object, set[int]] = defaultdict(set)
        self._by_link: dict[object, set[int]] = defaultdict(set)
        self._by_text: dict[object, set[int]] = defaultdict(set)
        self._by_link_and_text: dict[object, set[int]] = defaultdict(set)
        for row in known:
            self._learn(row)
        self._shared_links = _shared_links(met) | {home}
        self._present = {item for one in met for item in self._named(one.keys)}

    def find(self, arrival: Arrival) -> int | None:
        """The item that this entry is, or None."""
        keys = arrival.keys
        if named := self._named(keys):
            # A guid that was given to another item later: which of them says the rest of the keys.
            return max(named, key=lambda item: (keys in self.exact[item], item))
        for candidates in self._less_certain(arrival):
            # Several items under one weaker key: it does not tell them apart, so it proves nothing.
            # An item that stands in the document under its own guid is not this entry either.
            if len(candidates) == 1 and not (keys.guid and candidates & self._present):
                return next(iter(candidates))
        return None

    def renames(self, item: int, keys: Keys) -> bool:
        """Whether the item had guids before, and never this one."""
        had = {row.guid for row in self.exact[item]} - {b""}
        return bool(keys.guid) and bool(had) and keys.guid not in had

    def moves(self, item: int, keys: Keys) -> bool:
        """Whether the item had links before, and never this one, which tells it from others."""
        had = {row.link for row in self.exact[item]} - {b""}
        tells = bool(keys.link) and keys.link not in self._shared_links
        return tells and bool(had) and keys.link not in had

    def _less_certain(self, arrival: Arrival) -> Iterable[set[int]]:
        keys = arrival.keys
        if keys.link and keys.link not in self._shared_links:
            yield self._by_link.get(keys.link, set())
        if keys.link or not keys.guid:
            yield self._by_link_and_text.get((keys.link, keys.text), set())
        if len(arrival.entry.title) + len(arrival.entry.summary) >= TELLING_TEXT:
            yield self._by_text.get(keys.text, set())

    def _learn(self, row: Known) -> None:
        keys = row.keys
        self.text[row.item] = keys.text
        self.exact[row.item].add(keys)
        self._by_guid[self.name(keys)].add(row.item)
        self._by_link[keys.link].add(row.item)
        self._by_text[keys.text].add(row.item)
        self._by_link_and_text[keys.link, keys.text].add(row.item)

    def _named(self, keys: Keys) -> set[int]:
        return self._by_guid.get(self.name(keys), set()) if keys.guid else set()

    def name(self, keys: Keys) -> object:
        """What the guid stands for; where guids are reused, guid and link together."""
        return (keys.guid, keys.link) if self._reused else keys.guid


class _Found:
    """Entries sorted so far; the same thing twice in one document counts once."""

    def __init__(self, memory: _Memory) -> None:
        self._memory = memory
        self._met: set[object] = set()
        self.sightings: list[Sighting] = []
        self.arrivals: list[Arrival] = []
        self.unread: list[Known] = []
        self._above: int | None = None

    @property
    def below(self) -> list[Arrival]:
        """What stands below the last known item; nothing where none is known."""
        return [] if self._above is None else self.arrivals[self._above :]

    @property
    def items(self) -> set[int]:
        return {s.item for s in self.sightings} | {known.item for known in self.unread}

    def again(self, known: Known) -> None:
        self._above = len(self.arrivals)
        if known.item not in self._met:
            self._met.add(known.item)
            self.unread.append(known)

    def add(self, arrival: Arrival) -> None:
        keys = arrival.keys
        item = self._memory.find(arrival)
        if item is not None:
            self._above = len(self.arrivals)
        marks: set[object] = {item} if item is not None else self._marks(keys)
        if marks & self._met:
            return
        self._met |= marks
        if item is None:
            self.arrivals.append(arrival)
            return
        rekeyed = keys not in self._memory.exact[item] or keys.text != self._memory.text[item]
        moved = self._memory.moves(item, keys)
        self.sightings.append(Sighting(item, arrival.entry, keys, rekeyed, moved))

    def _marks(self, keys: Keys) -> set[object]:
        name = self._memory.name(keys)
        return {("guid", name)} if keys.guid else {("link and text", keys.link, keys.text)}


def _reuses_guids(met: Iterable[Arrival | Known]) -> bool:
    """One guid on entries that differ in link, or in text where there is no link."""
    places: dict[bytes, bytes] = {}
    for one in met:
        keys = one.keys
        place = keys.link or keys.text
        if keys.guid and places.setdefault(keys.guid, place) != place:
            return True
    return False


def _shifts_guids(known: Iterable[Known], met: Iterable[Arrival | Known]) -> bool:
    """Guids that went from one item to another, as numbers of places in a list do."""
    named, linked = defaultdict[bytes, set[int]](set), defaultdict[bytes, set[int]](set)
    for row in known:
        named[row.keys.guid].add(row.item)
        linked[row.keys.link].add(row.item)
    shifted = 0
    for one in met:
        by_guid, by_link = named.get(one.keys.guid, set()), linked.get(one.keys.link, set())
        tells = one.keys.guid and one.keys.link and by_guid and len(by_link) == 1
        shifted += bool(tells) and not by_guid & by_link
    return shifted >= SHIFTED


def _shared_links(met: Iterable[Arrival | Known]) -> set[bytes]:
    """Links that several different entries of the document carry: a home page, a live page."""
    owners: dict[bytes, bytes] = {}
    shared = set()
    for one in met:
        keys = one.keys
        owner = keys.guid or keys.text
        if owners.setdefault(keys.link, owner) != owner:
            shared.add(keys.link)
    return shared


def _before(since: datetime | None, entry: Entry) -> bool:
    when = entry.published or entry.updated
    return since is not None and when is not None and when < since


def _flood(shown_before: bool, found: _Found, new: int, most_new: int) -> Flood | None:
    if shown_before and not (found.sightings or found.unread) and new >= TURNOVER:
        return Flood.TURNOVER
    return Flood.BURST if new > most_new else None
