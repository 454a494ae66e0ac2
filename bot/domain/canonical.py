"""The canonical form of a text, so that a forward or a paste of it is recognised."""

import unicodedata
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from hashlib import sha256

_KEPT = "\u200c\u200d"
"""ZWNJ and ZWJ carry meaning in Persian, Indic scripts and emoji."""
MAX_PAIRS = 20_000
"""Pairs of equal words up to which texts are aligned; real ones have a few hundred."""


def canonical(text: str) -> str:
    """NFC, format and control characters dropped (ZWJ and ZWNJ kept), white space collapsed.

    Idempotent: what is stored in this form may be put through it again.
    """
    # A text has few different characters: only each of them is looked up.
    mended = {
        ord(c): " " if c.isspace() else None
        for c in set(text)
        if c.isspace() or (c not in _KEPT and unicodedata.category(c) in ("Cf", "Cc"))
    }
    return " ".join(unicodedata.normalize("NFC", text.translate(mended)).split())


def digest(text: str) -> bytes:
    """SHA-256 of the canonical form."""
    return sha256(canonical(text).encode()).digest()


@dataclass(frozen=True, slots=True)
class Change:
    """Words that differ: ``theirs`` in the text that was checked, ``ours`` in the original."""

    theirs: str
    ours: str


def likeness(one: str, other: str) -> float:
    """Share of words two canonical texts have in common, 0 to 1 (Jaccard index)."""
    a, b = set(one.casefold().split()), set(other.casefold().split())
    return len(a & b) / len(a | b) if a | b else 0.0


def changes(theirs: str, ours: str) -> list[Change]:
    """The runs of words in which two canonical texts differ.

    A text made to be slow to compare (one word a thousand times) counts as one single change.
    """
    a, b = theirs.split(), ours.split()
    head = _common(a, b)
    tail = _common(a[head:][::-1], b[head:][::-1])
    a, b = a[head : len(a) - tail], b[head : len(b) - tail]
    if not a and not b:
        return []
    in_ours = Counter(b)
    if sum(in_ours[word] for word in a) > MAX_PAIRS:
        return [Change(theirs=" ".join(a), ours=" ".join(b))]
    matcher = SequenceMatcher(a=a, b=b, autojunk=False)
    return [
        Change(theirs=" ".join(a[i:j]), ours=" ".join(b[k:m]))
        for tag, i, j, k, m in matcher.get_opcodes()
        if tag != "equal"
    ]


def _common(a: list[str], b: list[str]) -> int:
    """How many words two lists share from the start."""
    pairs = enumerate(zip(a, b, strict=False))
    return next((n for n, (x, y) in pairs if x != y), min(len(a), len(b)))
