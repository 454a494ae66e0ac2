"""How alike two texts are: 64-bit simhash over shingles of words, whatever the language. Pure.

Texts that share most of their shingles differ in few bits. What was measured, and why these
numbers: docs/decisions/0018.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from hashlib import blake2b
from itertools import pairwise

from feeds.words import common_words

FEWEST = 8
"""Words; shorter texts are too often equal by themselves."""
NEAR = 12
"""Bits in which two tellings of one story may differ."""

_WORD = re.compile(r"\w+")
_BYTES = 8
_LANE = 16
_ALL = (1 << 64) - 1
_MIX = 0x9E3779B97F4A7C15
"""2^64 over the golden ratio: multiplying by it spreads every bit over the higher ones."""


def simhash(text: str) -> int | None:
    """The fingerprint of a text; ``None`` where it is too short to tell it from others."""
    met = _WORD.findall(text.casefold())
    if len(met) < FEWEST:
        return None
    shingles = set(_shingles(met))
    digests = b"".join([shingle.to_bytes(_BYTES, "little") for shingle in shingles])
    votes = _spread()
    fingerprint = 0
    for at in range(_BYTES):
        # Every bit has a lane of its own in one long number: eight are counted by one addition.
        lanes = sum(map(votes.__getitem__, digests[at::_BYTES]))
        for bit in range(8):
            voted = lanes >> (_LANE * bit) & 0xFFFF
            fingerprint |= (2 * voted > len(shingles)) << (8 * at + bit)
    return fingerprint


def distance(one: int, other: int) -> int:
    """In how many bits two fingerprints differ."""
    return (one ^ other).bit_count()


def _shingles(met: list[str]) -> Iterator[int]:
    """Words that say something, and every word with the next, each as a number."""
    common = common_words()
    numbers = [_number(word) for word in met]
    for word, number in zip(met, numbers, strict=True):
        if word not in common:
            yield number
    for first, second in pairwise(numbers):
        mixed = (first * _MIX + second) & _ALL
        mixed = (mixed ^ mixed >> 32) * _MIX & _ALL
        yield mixed ^ mixed >> 32


@lru_cache(maxsize=4096)
def _number(word: str) -> int:
    digest = blake2b(word.encode("utf-8", "replace"), digest_size=_BYTES).digest()
    return int.from_bytes(digest, "little")


@cache
def _spread() -> tuple[int, ...]:
    """A byte's bits, each in a lane of its own."""
    return tuple(sum((byte >> bit & 1) << (_LANE * bit) for bit in range(8)) for byte in range(256))
