"""What is turned away or cut before any parser sees it. Every scan here is linear.

The prolog is dropped whole: doctypes, entity declarations and the tricks that hide them live there,
and nothing that a feed says does.
"""

import re
from dataclasses import dataclass

from feeds.failures import Malformed, NotAFeed
from feeds.flaws import Flaw

LONGEST_PROLOG = 4096
MOST_TAGS = 150_000
# An end of this many items is read of a document that has more than twice as many.
ITEMS_OF_EACH_END = 1000

_ITEM = re.compile(rb"<(?:item|entry)[\s>]")
_ROOT = re.compile(r"<([A-Za-z_][\w.-]{0,40}:)?([A-Za-z_][\w.-]{0,40})[\s/>]")
_WRAPPED = re.compile(r"<(?:feed|rss|rdf:RDF)[\s>]")
_OTHERS = frozenset({"html", "body", "head", "svg", "opml", "urlset", "sitemapindex"})
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r")) + b"\x7f"
_NO_CHARACTERS = "\ufffe\uffff"
_DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>\n'


@dataclass(frozen=True, slots=True)
class Screened:
    """A document that may be parsed, as UTF-8 with our own declaration and nothing before it."""

    body: bytes
    items: int
    flaws: tuple[Flaw, ...]


def screen(text: str) -> Screened:
    """Check and trim a document; raise ``NotAFeed`` or ``Malformed``."""
    start = _root(text)
    flaws = [Flaw.PROLOG] if text.find("<?xml ", 0, start) > 0 else []
    body = _legal(text[start:])
    items = [match.start() for match in _ITEM.finditer(body)]
    if len(items) > 2 * ITEMS_OF_EACH_END:
        flaws.append(Flaw.TOO_MANY_ITEMS)
        body = body[: items[ITEMS_OF_EACH_END]] + body[items[-ITEMS_OF_EACH_END] :]
    if body.count(b"<") > MOST_TAGS:
        raise Malformed(reason="tags")
    return Screened(body=_DECLARATION + body, items=len(items), flaws=tuple(flaws))


def _legal(text: str) -> bytes:
    """As UTF-8 without the characters that no XML may have. Bytes are searched far faster."""
    for character in _NO_CHARACTERS:
        text = text.replace(character, "")  # at once where a text has none so high
    return text.encode("utf-8", "ignore").translate(None, _CONTROLS)


def _root(text: str) -> int:
    return _checked_root(text, start_of(text))


def start_of(text: str) -> int:
    """Where the first element begins; whatever stands before it is walked over, not parsed."""
    at = 0
    # White space alone may be long: publishers' templates leave it, and it costs nothing here.
    while (at := _skip_space(text, at)) < len(text):
        end = _construct(text, at)
        if end is None:
            return at
        if end - at > LONGEST_PROLOG or end > 4 * LONGEST_PROLOG:
            raise Malformed(reason="prolog")
        at = end
    raise NotAFeed


def _construct(text: str, at: int) -> int | None:
    """Where a comment, instruction or doctype at ``at`` ends; None when an element begins."""
    if text.startswith("<!--", at):
        return _after(text, "-->", at + 4)
    if text.startswith("<?", at):
        return _after(text, "?>", at + 2)
    if text[at : at + 9].lower() == "<!doctype":
        return _after_doctype(text, at)
    if text[at] == "<":
        return None
    return text.find("<", at) if "<" in text[at : at + LONGEST_PROLOG] else len(text)


def _after_doctype(text: str, at: int) -> int:
    head = text[at : at + LONGEST_PROLOG]
    end = head.find(">")
    if 0 <= (subset := head.find("[")) < end:
        end = head.find("]", subset)
        if "<!entity" in head[: end if end > 0 else None].lower():
            raise Malformed(reason="entities")
        end = head.find(">", end) if end > 0 else -1
    if end < 0:
        raise Malformed(reason="prolog")
    return at + end + 1


def _after(text: str, closing: str, at: int) -> int:
    end = text.find(closing, at, at + 4 * LONGEST_PROLOG)
    if end < 0:
        raise Malformed(reason="prolog")
    return end + len(closing)


def _checked_root(text: str, at: int) -> int:
    root = _ROOT.match(text, at)
    if root is None:
        raise Malformed(reason="root")
    # Some publishers wrap their feed in a page.
    wrapped = _WRAPPED.search(text, at, at + LONGEST_PROLOG)
    if root[2].lower() in _OTHERS and wrapped is None:
        raise NotAFeed
    return at


def _skip_space(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at
