"""Reading the body of an answer: never more than the limit, before inflation or after it."""

import zlib
from collections.abc import AsyncIterator

from feeds.failures import TooLarge, Unreachable

ACCEPTED_CODINGS = "gzip, deflate"
_GZIP = 16 + zlib.MAX_WBITS


async def read(
    chunks: AsyncIterator[bytes], *, coding: str, announced: int | None, limit: int
) -> bytes:
    """Collect a body. ``announced`` is Content-Length, ``coding`` Content-Encoding."""
    if announced is not None and announced > limit:
        raise TooLarge(limit=limit)
    bounded = Bounded(limit)
    inflater = _inflater(coding, bounded)
    received = 0
    async for chunk in chunks:
        received += len(chunk)
        if received > limit:
            raise TooLarge(limit=limit)
        inflater.feed(chunk)
    inflater.finish()
    return bounded.whole()


class Bounded:
    """Bytes up to a limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0

    @property
    def room(self) -> int:
        """How much may be asked for: one byte more than fits, so that too much is noticed."""
        return self._limit + 1 - self._size

    def keep(self, part: bytes) -> None:
        """Add a part, or raise ``TooLarge``."""
        self._size += len(part)
        if self._size > self._limit:
            raise TooLarge(limit=self._limit)
        self._parts.append(part)

    def whole(self) -> bytes:
        """Everything kept, in order."""
        return b"".join(self._parts)


class Plain:
    """A body that is sent as it is."""

    def __init__(self, into: Bounded) -> None:
        self._into = into

    def feed(self, chunk: bytes) -> None:
        """Take one raw chunk."""
        self._into.keep(chunk)

    def finish(self) -> None:
        """Nothing can be missing: HTTP itself notices."""


class Inflater:
    """Undoes gzip or deflate, never holding more than the bound at a time."""

    def __init__(self, *, gzip: bool, into: Bounded) -> None:
        self._gzip = gzip
        self._into = into
        self._stream: zlib._Decompress | None = None

    def feed(self, chunk: bytes) -> None:
        """Take one raw chunk; several gzip members may follow each other, padding is dropped."""
        while chunk:
            if self._stream is None:
                self._stream = zlib.decompressobj(_GZIP if self._gzip else _wbits(chunk))
            self._into.keep(self._inflated(self._stream, chunk))
            chunk = self._stream.unconsumed_tail or self._next_member(self._stream)

    def finish(self) -> None:
        """Refuse a stream that was broken off."""
        if self._stream is not None and not self._stream.eof:
            raise Unreachable(reason="cut")

    def _inflated(self, stream: "zlib._Decompress", chunk: bytes) -> bytes:
        try:
            return stream.decompress(chunk, self._into.room)
        except zlib.error:
            raise Unreachable(reason="encoding") from None

    def _next_member(self, stream: "zlib._Decompress") -> bytes:
        if self._gzip and stream.unused_data.startswith(b"\x1f\x8b"):
            self._stream = None
            return stream.unused_data
        return b""


def _inflater(coding: str, into: Bounded) -> Plain | Inflater:
    match coding.strip().lower():
        case "" | "identity":
            return Plain(into)
        case "gzip" | "x-gzip":
            return Inflater(gzip=True, into=into)
        case "deflate":
            return Inflater(gzip=False, into=into)
        case _:
            raise Unreachable(reason="encoding")


def _wbits(first: bytes) -> int:
    """Half of the servers send the raw stream as deflate instead of the zlib one."""
    return zlib.MAX_WBITS if first[0] & 0x0F == 8 else -zlib.MAX_WBITS
