"""From what publishers write to what may be shown: plain text, safe links, possible dates."""

import hashlib
import html
import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import islice
from time import struct_time

import nh3
from yarl import URL

from feeds.addresses import literal

LONGEST_TITLE = 300
LONGEST_SUMMARY = 600
LONGEST_LINK = 2000
LONGEST_GUID = 1000
OLDEST = timedelta(days=7)
EARLIEST = timedelta(hours=1)

# Longer markup is cut before it is cleaned: it ends up at 600 units anyway.
_MARKUP = 20_000
_PICTURES = 5
_BLOCK_TAGS = (
    "p br div li ul ol dl dt dd tr td th table h1 h2 h3 h4 h5 h6 blockquote pre hr section "
    "article header footer aside figure figcaption"
)
_SILENT_TAGS = "script style template noscript iframe object embed svg math title"
_INLINE_TAGS = (
    "a abbr acronym b big bdi bdo center cite code del em font i img ins kbd mark q s samp small "
    "span strike strong sub sup time tt u var video audio source picture wbr"
)
_BLOCKS = set(_BLOCK_TAGS.split())
_SILENT = set(_SILENT_TAGS.split())
_PRUNER = nh3.Cleaner(tags=_BLOCKS, attributes={}, clean_content_tags=_SILENT, link_rel=None)
_KNOWN = "|".join(f"{_BLOCK_TAGS} {_SILENT_TAGS} {_INLINE_TAGS}".split())
_LOOKS_LIKE_HTML = re.compile(rf"</?(?:{_KNOWN})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_MARKS = re.compile(
    r"((?:[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]){3})"
    r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+"
)
# Zero-width joiner and non-joiner stay: Persian, Indic scripts and emoji are made of them.
_KEPT_FORMATS = frozenset("\u200c\u200d")
_TRACKING = re.compile(
    r"(?:utm_\w+|at_(?:medium|campaign|custom\d+|link_\w+)|fbclid|gclid|dclid|gbraid|wbraid|yclid|"
    r"ysclid|msclkid|twclid|igshid|igsh|mc_[ce]id|_openstat|xtor|ns_(?:mchannel|source|campaign|"
    r"linkname|fee)|wt_mc|mtm_\w+|pk_(?:campaign|kwd|source|medium)|ref_src|__twitter_impression|"
    r"cmpid|icid|ocid|ftag|_hs(?:enc|mi)|vero_id|s_cid|srnd|rss)",
    re.IGNORECASE,
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")
_ELLIPSIS = "…"


def plain(markup: str, *, longest: int) -> str:
    """HTML to one line of text: tags gone, entities decoded once, cut at a word."""
    pruned = _PRUNER.clean(markup[:_MARKUP].encode("utf-8", "ignore").decode("utf-8"))
    return line(html.unescape(_TAG.sub(" ", pruned)), longest=longest)


def heading(text: str, *, longest: int) -> str:
    """A title whose kind is not declared: HTML only where it shows a tag that HTML knows."""
    if _LOOKS_LIKE_HTML.search(text[:_MARKUP]):
        return plain(text, longest=longest)
    return line(html.unescape(text[:_MARKUP]), longest=longest)


def line(text: str, *, longest: int) -> str:
    """Plain text fit to show: NFC, white space collapsed, controls and bidi marks removed."""
    # Four times the room: enough for what is removed, and never long enough to cost time.
    spaced = _spaced(text)[: 4 * longest]
    shown = spaced if spaced.isprintable() else "".join(filter(_shown, spaced))
    if not shown.isascii():
        shown = unicodedata.normalize("NFC", _MARKS.sub(r"\1", shown))
    return cut(_spaced(shown), longest=longest)


def _spaced(text: str) -> str:
    """One blank for any white space, none at the ends."""
    return " ".join(text.split())


def cut(text: str, *, longest: int) -> str:
    """Shorten to ``longest`` UTF-16 units, at a word where one ends in the second half."""
    if units(text) <= longest:
        return text
    kept = _first_units(text, longest - 1)
    space = kept.rfind(" ")
    if space > len(kept) // 2:
        kept = kept[:space]
    return kept.rstrip(" ,;:–—-\u200d") + _ELLIPSIS


def units(text: str) -> int:
    """Length as Telegram counts it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "replace")) // 2


def link(text: str) -> str:
    """The canonical form of an item's link, or empty if it may not be shown.

    http and https only, no userinfo, no address literals, no tracking; the host in punycode.
    """
    text = text.strip()
    if not text or len(text) > LONGEST_LINK or "\\" in text:
        return ""
    try:
        url = URL(text)
        host, port = url.raw_host or "", url.port
    except ValueError:
        return ""
    named = "." in host.strip(".") and literal(host) is None and "%" not in host
    if url.scheme not in ("http", "https") or not named or not port:
        return ""
    if url.user is not None or url.password is not None or "@" in (url.raw_authority or ""):
        return ""
    if re.fullmatch(r"(?:0[xX][0-9A-Fa-f]*|\d+)", host.rstrip(".").rsplit(".", 1)[-1]):
        return ""
    return _untracked(url if not host.endswith(".") else url.with_host(host.rstrip(".")))


def picture(addresses: Iterable[str]) -> str:
    """The first of these that Telegram may be pointed to: https, and a link that may be shown."""
    safe = (link(address) for address in islice(addresses, _PICTURES))
    return next((address for address in safe if address.startswith("https://")), "")


def guid(text: str) -> str:
    """An item's id as the feed gives it, without what cannot be stored; a digest when very long."""
    kept = "".join(filter(_shown, text.strip()))
    if len(kept) <= LONGEST_GUID:
        return kept
    return hashlib.sha256(kept.encode("utf-8", "replace")).hexdigest()


def language(text: str) -> str | None:
    """A language tag in lower case with hyphens (``pt-br``), or None when it is not one."""
    tag = text.strip()
    return tag.replace("_", "-").lower() if _LANGUAGE.fullmatch(tag) else None


def moment(parsed: struct_time | None) -> datetime | None:
    """feedparser's UTC time as an aware datetime; None outside 1990–2100, where it is a mistake."""
    if parsed is None or not 1990 <= parsed.tm_year <= 2100:
        return None
    try:
        return datetime(*parsed[:6], tzinfo=UTC)
    except ValueError:
        return None


def clamp_date(when: datetime | None, *, now: datetime) -> datetime | None:
    """A date that an item first seen ``now`` can have; None says that the date is unknown."""
    if when is None or not now - OLDEST <= when <= now + EARLIEST:
        return None
    return when


def _shown(character: str) -> bool:
    # Not printable by Python: controls, bidi and tag characters, unassigned, private, surrogates.
    return character.isprintable() or character in _KEPT_FORMATS


def _first_units(text: str, most: int) -> str:
    return text[:most].encode("utf-16-le", "replace")[: 2 * most].decode("utf-16-le", "ignore")


def _untracked(url: URL) -> str:
    kept = [(k, v) for k, v in url.query.items() if not _TRACKING.fullmatch(k)]
    if len(kept) != len(url.query):
        url = url.with_query(kept)
    if _TRACKING.match(url.fragment) and "=" in url.fragment:
        url = url.with_fragment(None)
    return str(url)
