"""How alike two texts are: 64-bit simhash over shingles of words, whatever the language. Pure.

Texts that share most of their shingles differ in few bits. What was measured, and why these
numbers: docs/decisions/0018.
"""

import re
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b

from feeds.words import common_words

SHINGLE = 2
FEWEST = 8
"""Words; shorter texts are too often equal by themselves."""
NEAR = 12
"""Bits in which two tellings of one story may differ."""

_WORD = re.compile(r"\w+")
_BYTES = 8
_LANE = 16


def simhash(text: str) -> int | None:
    """The fingerprint of a text; ``None`` where it is too short to tell it from others."""
    met = _WORD.findall(text.casefold())
    if len(met) < FEWEST:
        return None
    shingles = set(_shingles(met))
    digests = b"".join(map(_digest, shingles))
    votes = _spread()
    fingerprint = 0
    for place in range(_BYTES):
        # Every bit has a lane of its own in one long number: eight are counted by one addition.
        lanes = sum(map(votes.__getitem__, digests[place::_BYTES]))
        for bit in range(8):
            voted = lanes >> (_LANE * bit) & 0xFFFF
            fingerprint |= (2 * voted > len(shingles)) << (8 * place + bit)
    return fingerprint


def distance(one: int, other: int) -> int:
    """In how many bits two fingerprints differ."""
    return (one ^ other).bit_count()


def _shingles(met: list[str]) -> Iterator[str]:
    """Words that say something, and every word with the next."""
    common = common_words()
    yield from (word for word in met if word not in common)
    for at in range(len(met) - SHINGLE + 1):
        yield " ".join(met[at : at + SHINGLE])


def _digest(shingle: str) -> bytes:
    return blake2b(shingle.encode("utf-8", "replace"), digest_size=_BYTES).digest()


@cache
def _spread() -> tuple[int, ...]:
    """A byte's bits, each in a lane of its own."""
    return tuple(sum((byte >> bit & 1) << (_LANE * bit) for bit in range(8)) for byte in range(256))
