"""How alike two texts are: 64-bit simhash over shingles of words, whatever the language. Pure.

Texts that share most of their shingles differ in few bits. What was measured, and why these
numbers: docs/decisions/0018.
"""

import re
import struct
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise

from feeds.words import common_words

FEWEST = 8
"""Words; shorter texts are too often equal by themselves."""
NEAR = 12
"""Bits in which two tellings of one story may differ."""

_WORD = re.compile(r"\w+")
_BYTES = 8
_ALL = (1 << 64) - 1
_MIX = 0x9E3779B97F4A7C15
"""2^64 over the golden ratio: multiplying by it spreads every bit over the higher ones."""


def simhash(text: str) -> int | None:
    """The fingerprint of a text; ``None`` where it is too short to tell it from others."""
    met = _WORD.findall(text.casefold())
    if len(met) < FEWEST:
        return None
    shingles = _shingles(met)
    digests = struct.pack(f"<{len(shingles)}Q", *shingles)
    ones = _ones(len(shingles))
    fingerprint = 0
    for at in range(_BYTES):
        # The same byte of every shingle as one long number: a bit of all is counted at once.
        column = int.from_bytes(digests[at::_BYTES], "little")
        for bit in range(8):
            voted = (column >> bit & ones).bit_count()
            fingerprint |= (2 * voted > len(shingles)) << (8 * at + bit)
    return fingerprint


def distance(one: int, other: int) -> int:
    """In how many bits two fingerprints differ."""
    return (one ^ other).bit_count()


def distances(one: int, others: Iterable[int]) -> list[int]:
    """The same for many, at a third of the price."""
    return [(one ^ other).bit_count() for other in others]


def _shingles(met: list[str]) -> set[int]:
    """Words that say something, and every word with the next, each as a number."""
    numbers = list(map(_number, met))
    mixed = [(one * _MIX + other) & _ALL for one, other in pairwise(numbers)]
    mixed = [(pair ^ pair >> 32) * _MIX & _ALL for pair in mixed]
    shingles = {pair ^ pair >> 32 for pair in mixed}
    common = common_words()
    shingles.update([n for word, n in zip(met, numbers, strict=True) if word not in common])
    return shingles


@lru_cache(maxsize=4096)
def _number(word: str) -> int:
    digest = blake2b(word.encode("utf-8", "replace"), digest_size=_BYTES).digest()
    return int.from_bytes(digest, "little")


@lru_cache(maxsize=1024)
def _ones(bytes_: int) -> int:
    """The lowest bit of each of so many bytes."""
    return int.from_bytes(b"\1" * bytes_, "little")
