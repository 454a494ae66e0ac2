"""What was relayed, written as feeds that any reader takes: RSS 2.0 and JSON Feed 1.1.

Specifications: https://www.rssboard.org/rss-specification, https://www.jsonfeed.org/version/1.1/,
and RFC 4287 for the two elements of Atom. Both forms say the same.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from xml.etree import ElementTree as Tree

import msgspec

GENERATOR = "Tocsin"
VERSION = "https://jsonfeed.org/version/1.1"
ATOM, DC = "http://www.w3.org/2005/Atom", "http://purl.org/dc/elements/1.1/"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LIKE_A_TAG = re.compile(r"<(?=[A-Za-z/!?])")
Tree.register_namespace("atom", ATOM)
Tree.register_namespace("dc", DC)


@dataclass(frozen=True, slots=True)
class OutletItem:
    """One item. ``code`` is its id for good; ``content`` is HTML of our own making.

    ``link`` leads to the medium's own page, or is empty where nobody should be led. ``medium`` and
    ``feed`` are the name and the feed of the medium; times are aware.
    """

    code: str
    title: str
    content: str
    published: datetime
    updated: datetime
    link: str = ""
    medium: str = ""
    site: str = ""
    feed: str = ""
    language: str = ""
    topics: tuple[str, ...] = ()
    standing: str = "current"


@dataclass(frozen=True, slots=True)
class Outlet:
    """One feed: of a district, or of all, in one language. ``home`` is the page that lists them."""

    title: str
    about: str
    language: str
    home: str
    rss: str
    json: str
    items: tuple[OutletItem, ...] = ()

    @property
    def updated(self) -> datetime | None:
        """When anything in it changed last: so that the same content is the same file."""
        return max((item.updated for item in self.items), default=None)


def rss(outlet: Outlet) -> bytes:
    """RSS 2.0."""
    root = Tree.Element("rss", version="2.0")
    channel = Tree.SubElement(root, "channel")
    _add(channel, "title", _title(outlet.title))
    _add(channel, "link", outlet.home)
    _add(channel, "description", outlet.about)
    _add(channel, "language", outlet.language)
    if outlet.updated is not None:
        _add(channel, "lastBuildDate", format_datetime(outlet.updated))
    _add(channel, "generator", GENERATOR)
    own = {"href": outlet.rss, "rel": "self", "type": "application/rss+xml"}
    Tree.SubElement(channel, f"{{{ATOM}}}link", own)
    for item in outlet.items:
        _rss_item(channel, item)
    Tree.indent(root)
    written: bytes = Tree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def json_feed(outlet: Outlet) -> bytes:
    """JSON Feed 1.1."""
    feed = {
        "version": VERSION,
        "title": outlet.title,
        "home_page_url": outlet.home,
        "feed_url": outlet.json,
        "description": outlet.about,
        "language": outlet.language,
        "items": [_json_item(item) for item in outlet.items],
    }
    return msgspec.json.format(msgspec.json.encode(feed)) + b"\n"


def page(title: str, about: str, shelves: Sequence[tuple[str, Sequence[Outlet]]]) -> bytes:
    """An HTML page that lists feeds, a shelf per language; no scripts, nothing loaded."""
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{html.escape(title)}</title></head><body>",
        f"<h1>{html.escape(title)}</h1><p>{html.escape(about)}</p>",
    ]
    for name, outlets in shelves:
        language = outlets[0].language if outlets else ""
        parts.append(f'<section lang="{html.escape(language)}"><h2>{html.escape(name)}</h2>')
        if outlets:
            parts.append(f"<p>{html.escape(outlets[0].about)}</p><ul>")
            parts += [_shelved(outlet) for outlet in outlets]
            parts.append("</ul>")
        parts.append("</section>")
    parts.append("</body></html>")
    return ("\n".join(parts) + "\n").encode("utf-8", "replace")


def _shelved(outlet: Outlet) -> str:
    links = ((outlet.rss, "RSS"), (outlet.json, "JSON Feed"))
    made = " · ".join(f'<a href="{html.escape(to)}">{name}</a>' for to, name in links)
    return f"<li>{html.escape(outlet.title)}: {made}</li>"


def _rss_item(channel: Tree.Element, item: OutletItem) -> None:
    made = Tree.SubElement(channel, "item")
    _add(made, "title", _title(item.title))
    if item.link:
        _add(made, "link", item.link)
    _add(made, "description", item.content)
    _add(made, "guid", item.code).set("isPermaLink", "false")
    _add(made, "pubDate", format_datetime(item.published))
    for topic in item.topics:
        _add(made, "category", topic)
    if item.feed:
        _add(made, "source", item.medium).set("url", item.feed)
    if item.language:
        _add(made, f"{{{DC}}}language", item.language)
    if item.updated != item.published:
        _add(made, f"{{{ATOM}}}updated", item.updated.isoformat())


def _json_item(item: OutletItem) -> dict[str, object]:
    made: dict[str, object] = {
        "id": item.code,
        "title": item.title,
        "content_html": item.content,
        "date_published": item.published.isoformat(),
        "date_modified": item.updated.isoformat(),
        "_tocsin": {"code": item.code, "standing": item.standing},
    }
    if item.link:
        made["url"] = item.link
    if item.medium:
        site = {"url": item.site} if item.site else {}
        made["authors"] = [{"name": item.medium, **site}]
    if item.language:
        made["language"] = item.language
    if item.topics:
        made["tags"] = list(item.topics)
    return made


def _add(parent: Tree.Element, name: str, text: str) -> Tree.Element:
    made = Tree.SubElement(parent, name)
    made.text = _NOT_XML.sub("", text)
    return made


def _title(text: str) -> str:
    """Half of all readers take an RSS title for HTML: nothing in it may look like a tag."""
    return _LIKE_A_TAG.sub("‹", text)
