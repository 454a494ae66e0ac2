"""What entries of a feed are recognised by: digests of their guid, link and text."""

import hashlib
import re
from typing import NamedTuple

from bot.domain.entries import Entry

_FRONT = re.compile(r"https?://(?:www\.)?")


class Keys(NamedTuple):
    """What an entry can be recognised by: SHA-256 digests, empty where the feed gives nothing."""

    guid: bytes
    link: bytes
    text: bytes


NOTHING = Keys(guid=b"", link=b"", text=b"")


def keys_of(entry: Entry) -> Keys:
    """The keys of an entry; its dates are no part of them."""
    return Keys(
        guid=digest(entry.guid),
        link=link_key(entry.link),
        text=digest(f"{entry.title}\0{entry.summary}" if entry.title or entry.summary else ""),
    )


def link_key(link: str) -> bytes:
    """The key of a link: a site that moves to https or drops its www keeps its items."""
    return digest(place(link))


def place(link: str) -> str:
    """Where a canonical link leads, whatever way it is written."""
    return _FRONT.sub("", link, count=1).rstrip("/")


def digest(text: str) -> bytes:
    """SHA-256; empty for nothing."""
    return hashlib.sha256(text.encode("utf-8", "replace")).digest() if text else b""
