"""How alike two texts are: 64-bit simhash over shingles of words, whatever the language. Pure.

Texts that share most of their shingles differ in few bits. What was measured, and why these
numbers: docs/decisions/0018.
"""

import struct
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from operator import xor

from feeds.words import common_words, tokens

FEWEST = 8
"""Words; shorter texts are too often equal by themselves."""
NEAR = 12
"""Bits in which two tellings of one story may differ."""

_BYTES = 8


def simhash(text: str) -> int | None:
    """The fingerprint of a text; ``None`` where it is too short to tell it from others."""
    met = tokens(text)
    if len(met) < FEWEST:
        return None
    shingles = _shingles(met)
    half, bits = len(shingles) // 2, _bits(len(shingles))
    digests = struct.pack(f"<{len(shingles)}Q", *shingles)
    fingerprint = 0
    for at in range(_BYTES):
        # The same byte of every shingle as one long number: a bit of all is counted at once.
        column = int.from_bytes(digests[at::_BYTES], "little")
        for bit, mask in enumerate(bits, 8 * at):
            if (column & mask).bit_count() > half:
                fingerprint |= 1 << bit
    return fingerprint


def distance(one: int, other: int) -> int:
    """In how many bits two fingerprints differ."""
    return (one ^ other).bit_count()


def _shingles(met: Sequence[str]) -> set[int]:
    """Words that say something, and every word with the next, each as a number."""
    first, second = zip(*map(_numbers, met), strict=True)
    shingles = set(map(xor, first, second[1:]))
    common = common_words()
    shingles.update([n for word, n in zip(met, first, strict=True) if word not in common])
    return shingles


@lru_cache(maxsize=4096)
def _numbers(word: str) -> tuple[int, int]:
    """A word as the first of two, and as the second: neither says anything of the other."""
    digest = blake2b(word.encode("utf-8", "replace"), digest_size=2 * _BYTES).digest()
    first, second = struct.unpack("<2Q", digest)
    return first, second


@lru_cache(maxsize=1024)
def _bits(bytes_: int) -> tuple[int, ...]:
    """Each bit of so many bytes, the lowest first."""
    ones = int.from_bytes(b"\1" * bytes_, "little")
    return tuple(ones << bit for bit in range(8))
