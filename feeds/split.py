"""A document's entries as pieces of its bytes, so that only those not read before are read.

Reading is what a changed document costs, and most of its entries are those of last time. Here they
are told apart by an XML parser that builds nothing. Whatever is odd is not split but read whole:
taking entries out must never change what is read of the others.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from xml.parsers import expat

from feedparser.mixin import _FeedParserMixin

from bot.domain.entries import Glimpse

MARK_BYTES = 16
MOST_PARTS = 500
_ENTRIES = frozenset({"item", "entry"})
_IDLE = frozenset({"author", "category", "comments", "commentrss", "creator", "subject"})
"""Elements of entries, in whatever namespace, of which nothing is taken."""
_PARENTS = frozenset({"rss", "rdf", "channel", "feed"})
_PREFIX = re.compile(r"\sxmlns:([^\s=]+)\s*=")
_START_TAG = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""")
# feedparser lets a prefix that one entry declares hold for those after it. Harmless where it is the
# prefix that feedparser itself has for the namespace.
_USUAL = {uri.lower(): prefix for uri, prefix in _FeedParserMixin.namespaces.items()}


@dataclass(frozen=True, slots=True)
class Part:
    """Where an entry stands, and a digest of all that its reading depends on."""

    start: int
    end: int
    mark: bytes


def split(body: bytes, *, address: str) -> tuple[Part, ...]:
    """The entries of a screened document in its order; none where it has to be read whole.

    ``address`` counts as well, because relative links hang on it.
    """
    walk = _Walk()
    try:
        walk.through(body)
    except (expat.ExpatError, _Odd):
        return ()
    if not 0 < len(walk.found) <= MOST_PARTS:
        return ()
    around = hashlib.blake2b(address.encode("utf-8", "replace"), digest_size=MARK_BYTES)
    for start in walk.around:
        tag = _START_TAG.match(body, start)
        around.update(tag[0] if tag else b"")
    parts = []
    for start, closing, name in walk.found:
        if not body.startswith(b"</" + name, closing):
            return ()  # empty, and written as one tag
        end = body.index(b">", closing) + 1
        digest = around.copy()
        digest.update(body[start:end])
        parts.append(Part(start, end, digest.digest()))
    return tuple(parts)


def without(body: bytes, spans: Iterable[tuple[int, int]]) -> bytes:
    """The document less these spans, which are in order; all else stays where it is."""
    kept, at = [], 0
    for start, end in spans:
        kept.append(body[at:start])
        at = end
    return b"".join((*kept, body[at:]))


def spared(body: bytes, parts: Sequence[Part], seen: Collection[bytes]) -> list[tuple[int, int]]:
    """What need not be read of a document that was split: entries ``seen`` before, and of the

    others the elements of which nothing is taken.
    """
    head = body[: parts[0].start] if parts else b""
    declared = frozenset({"", "xml", "xmlns", *_PREFIX.findall(head.decode("utf-8", "replace"))})
    spans = []
    for part in parts:
        if part.mark in seen:
            spans.append((part.start, part.end))
        else:
            spans += _Idle(body, part, declared).spans
    return spans


def glimpses(marks: Iterable[bytes], seen: Collection[bytes]) -> tuple[Glimpse, ...]:
    """Which of a document's entries were left unread, and where they stand among the others."""
    found, read = [], 0
    for mark in marks:
        if mark in seen:
            found.append(Glimpse(read, mark))
        else:
            read += 1
    return tuple(found)


class _Odd(Exception):
    """Entries that depend on each other, or may."""


class _Walk:
    """One pass over the tags of a document: where its entries begin and end, and within what."""

    __slots__ = ("_depth", "_entry", "_inside", "_name", "_open", "_parser", "around", "found")

    def __init__(self) -> None:
        self.found: list[tuple[int, int, bytes]] = []
        self.around: tuple[int, ...] = ()
        self._depth = 0
        self._entry, self._name = -1, ""
        self._inside: set[str] = set()
        self._open: list[tuple[str, int]] = []

    def through(self, body: bytes) -> None:
        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._outside()
        self._parser.Parse(body, True)

    def _outside(self) -> None:
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        local = name.rpartition(":")[2].lower()
        if local in _ENTRIES:
            self._begin(name, attributes)
        elif self._depth <= 2:
            self._open.append((local, self._parser.CurrentByteIndex))

    def _end(self, _: str) -> None:
        self._depth -= 1
        if self._depth < len(self._open):
            self._open.pop()

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        around = tuple(at for _, at in self._open)
        if len(around) != self._depth - 1 or not self._open or self._open[-1][0] not in _PARENTS:
            raise _Odd
        if self.found and around != self.around:
            raise _Odd
        self.around = around
        _no_strange_prefixes(attributes)
        self._entry, self._name = self._parser.CurrentByteIndex, name
        self._parser.StartElementHandler = self._start_inside
        self._parser.EndElementHandler = self._end_inside

    def _start_inside(self, name: str, attributes: dict[str, str]) -> None:
        """Called most: what is within an entry never has its name, so that no depth is counted."""
        if attributes:
            _no_strange_prefixes(attributes)
        if name not in self._inside:
            if name.rpartition(":")[2].lower() in _ENTRIES:
                raise _Odd
            self._inside.add(name)

    def _end_inside(self, name: str) -> None:
        if name == self._name:
            self.found.append((self._entry, self._parser.CurrentByteIndex, name.encode()))
            self._depth -= 1
            self._outside()

    def _doctype(self, *_: object) -> None:
        raise _Odd


class _Idle:
    """One pass over the tags of an entry: the elements right in it of which nothing is taken.

    One with a prefix that is not ``declared`` makes a document malformed, and stays for that.
    """

    __slots__ = ("_begin", "_body", "_declared", "_depth", "_parser", "_part", "spans")

    def __init__(self, body: bytes, part: Part, declared: frozenset[str]) -> None:
        self.spans: list[tuple[int, int]] = []
        self._body, self._part, self._declared = body, part, declared
        self._begin, self._depth = -1, 0
        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.Parse(body[part.start : part.end], True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 2 and name.rpartition(":")[2].lower() in _IDLE:
            self._begin = self._at
        if self._begin >= 0 and not self._declared.issuperset(map(_prefix, (name, *attributes))):
            self._begin = -1

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._depth == 1 and self._begin >= 0:
            end, begin, self._begin = self._at, self._begin, -1
            if self._body.startswith(b"</" + name.encode(), end):  # else it was one tag
                self.spans.append((begin, self._body.index(b">", end) + 1))

    @property
    def _at(self) -> int:
        return self._part.start + self._parser.CurrentByteIndex


def _prefix(name: str) -> str:
    return name.rpartition(":")[0]


def _no_strange_prefixes(attributes: dict[str, str]) -> None:
    for name, value in attributes.items():
        if name[:5] == "xmlns":
            usual = _USUAL.get(value.lower())
            if usual is None or (len(name) > 5 and name[6:] != usual):
                raise _Odd
