"""Lists of feeds as other readers write and read them: OPML 1.0, 1.1 and 2.0.

A list is as foreign as a feed: it is decoded and screened as one, what stands before its root is
walked over, and no entity of its own is ever expanded.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from xml.etree import ElementTree as Tree
from xml.parsers import expat

from feeds.clean import heading, line
from feeds.encoding import decode
from feeds.failures import FeedRefused, Malformed
from feeds.screen import start_of

LARGEST = 10_000_000
"""Bytes of a list: 20,000 feeds take about four million."""
MOST = 20_000
DEEPEST = 30
MOST_TOPICS = 5
_LONGEST_TITLE = 100
_LONGEST_TOPIC = 40
_LONGEST_ADDRESS = 4000
_ROOT = re.compile(r"<opml[\s/>]", re.IGNORECASE)
_BARE = re.compile(r"&(?!(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|amp|lt|gt|quot|apos);)")
"""An ampersand that begins nothing: readers write addresses without escaping them."""
_OLD_KINDS = frozenset({"rss", "rss1", "rdf", "atom", "feed"})


class NotOpml(Exception):
    """A file is no list of feeds, or one built to harm its reader; says why in a few words."""


@dataclass(frozen=True, slots=True)
class Outline:
    """One feed of a list. ``topics`` are its categories and the folders it lies in, if any."""

    address: str
    title: str = ""
    topics: tuple[str, ...] = ()
    language: str = ""
    home: str = ""


def read(body: bytes) -> list[Outline]:
    """The feeds of a list in its order, addresses as written; raise ``NotOpml``."""
    if len(body) > LARGEST:
        raise NotOpml(f"it is larger than {LARGEST // 1_000_000} MB")
    text = _screened(body)
    listing = _Listing()
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = listing.begin
    parser.EndElementHandler = listing.end
    try:
        parser.Parse(_BARE.sub("&amp;", text).encode("utf-8", "replace"), True)
    except expat.ExpatError as problem:
        raise NotOpml(f"it is not well-formed at line {problem.lineno}") from None
    return listing.found


def write(outlines: Iterable[Outline], *, title: str, written: datetime) -> bytes:
    """An OPML 2.0 list; ``written`` is aware."""
    root = Tree.Element("opml", version="2.0")
    head, body = Tree.SubElement(root, "head"), Tree.SubElement(root, "body")
    Tree.SubElement(head, "title").text = title
    Tree.SubElement(head, "dateCreated").text = format_datetime(written)
    for one in outlines:
        said = {
            "type": "rss",
            "text": one.title or one.address,
            "title": one.title or one.address,
            "xmlUrl": one.address,
            "htmlUrl": one.home,
            "language": one.language,
            "category": ",".join(f"/{topic}" for topic in one.topics),
        }
        Tree.SubElement(body, "outline", {name: value for name, value in said.items() if value})
    Tree.indent(root)
    written_out: bytes = Tree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written_out + b"\n"


def _screened(body: bytes) -> str:
    try:
        text = decode(body, content_type="text/xml").text
        start = start_of(text)
    except Malformed as problem:
        raise NotOpml(f"what stands before its root is not read ({problem.reason})") from None
    except FeedRefused:
        raise NotOpml("it is no XML document") from None
    if not _ROOT.match(text, start):
        raise NotOpml("its root element is not <opml>")
    return text[start:]


class _Listing:
    """Collects feeds while a list is read, and knows in which folders it is."""

    def __init__(self) -> None:
        self.found: list[Outline] = []
        self._folders: list[str] = []
        self._left_out = 0
        self._depth = 0

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise NotOpml(f"its outlines are nested more than {DEEPEST} deep")
        if name.lower() != "outline":
            return
        said = {key.lower(): value.strip() for key, value in attributes.items()}
        if self._left_out or said.get("iscomment", "").lower() == "true":
            self._left_out += 1
            return
        address = said.get("xmlurl") or (said.get("url", "") if _is_old_feed(said) else "")
        title = heading(said.get("title") or said.get("text") or "", longest=_LONGEST_TITLE)
        if address:
            self._add(address, title, said)
        self._folders.append("" if address else title)

    def end(self, name: str) -> None:
        self._depth -= 1
        if name.lower() != "outline":
            return
        if self._left_out:
            self._left_out -= 1
        else:
            self._folders.pop()

    def _add(self, address: str, title: str, said: dict[str, str]) -> None:
        if len(self.found) >= MOST:
            raise NotOpml(f"it lists more than {MOST:,} feeds")
        named = re.split(r"[/,]", said.get("category", ""))
        topics = dict.fromkeys(map(_topic, (*named, *self._folders)))
        self.found.append(
            Outline(
                # An address longer than any that is accepted is told to be too long, later.
                address=address[:_LONGEST_ADDRESS],
                title=title,
                topics=tuple(topic for topic in topics if topic)[:MOST_TOPICS],
                language=said.get("language", "")[:_LONGEST_TOPIC],
                home=said.get("htmlurl", ""),
            )
        )


def _is_old_feed(said: dict[str, str]) -> bool:
    """OPML 1.0 has programs that write ``url`` and the kind."""
    return said.get("type", "").lower() in _OLD_KINDS


def _topic(text: str) -> str:
    return line(text, longest=_LONGEST_TOPIC).casefold()
