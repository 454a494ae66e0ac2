"""The program of a parsing child: reads documents from a pipe until it is closed or killed.

It starts fast (no Telegram, no database), holds no secrets, and limits itself before it reads the
first byte. A document that breaks it breaks nothing else.
"""

import gc
import re
import struct
import sys
from pathlib import Path
from typing import BinaryIO

import msgspec

from bot.domain.entries import FeedDocument

ADDRESS_SPACE = 512 * 2**20
SWOLLEN = 160 * 2**20
COLLECT = 20_000
"""New objects after which cycles are looked for: those of a usual document or two."""
_LENGTH = struct.Struct("!I")
_PEAK = re.compile(rb"VmHWM:\s*(\d+) kB")


class Task(msgspec.Struct, frozen=True, array_like=True):
    """One document to read; ``cpu`` is how many seconds of processor it may take.

    ``seen`` are the marks of entries that need not be read again.
    """

    body: bytes
    content_type: str
    address: str
    cpu: int
    seen: frozenset[bytes] = frozenset()


class Read(msgspec.Struct, frozen=True, tag="read"):
    """The document was read; ``worn`` as in ``Declined``."""

    document: FeedDocument
    worn: bool = False


class Declined(msgspec.Struct, frozen=True, tag="declined"):
    """It was not: ``kind`` is the key of the refusal, ``reason`` and ``feeds`` its details.

    ``worn`` says that the child should be replaced.
    """

    kind: str
    reason: str = ""
    feeds: tuple[str, ...] = ()
    worn: bool = False


Reply = Read | Declined


def write_frame(pipe: BinaryIO, payload: bytes) -> None:
    """Send one length-prefixed message."""
    pipe.write(_LENGTH.pack(len(payload)) + payload)
    pipe.flush()


def read_frame(pipe: BinaryIO) -> bytes | None:
    """Receive one message; None when the other side has gone."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    return pipe.read(_LENGTH.unpack(head)[0])


def limit_process() -> bool:
    """Bound memory, files and processes; False where the platform knows no such limits."""
    try:
        import resource
    except ImportError:
        return False
    for kind, most in (
        (resource.RLIMIT_AS, ADDRESS_SPACE),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 32),
    ):
        _lower(kind, most)
    if hasattr(resource, "RLIMIT_NPROC"):
        _lower(resource.RLIMIT_NPROC, 0)
    return True


def limit_cpu(seconds: int) -> None:
    """Give the next document ``seconds`` of processor; the kernel kills the child after that."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    _lower(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + seconds, soft_only=True)


def _swollen() -> bool:
    """Whether it once took much memory: feedparser fragments it, and never gives it back.

    ``getrusage`` would not tell: there a new program begins with the peak of whoever started it.
    Where there is no /proc, it is replaced after so many documents like any other.
    """
    try:
        peak = _PEAK.search(Path("/proc/self/status").read_bytes())
    except OSError:
        return False
    return peak is not None and int(peak[1]) * 1024 > SWOLLEN


def _lower(kind: int, most: int, *, soft_only: bool = False) -> None:
    import resource

    hard = resource.getrlimit(kind)[1]
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    try:
        resource.setrlimit(kind, (most, hard if soft_only else most))
    except (ValueError, OSError):
        # A system that refuses one limit still has the others and the parent's deadline.
        return


def answer(task: Task) -> Reply:
    """Read one document; whatever goes wrong becomes a reply."""
    from feeds.failures import FeedRefused, Malformed, NotAFeed
    from feeds.read import read

    try:
        document = read(
            task.body, content_type=task.content_type, address=task.address, seen=task.seen
        )
        return Read(document, worn=_swollen())
    except NotAFeed as refusal:
        return Declined(refusal.key, feeds=refusal.feeds)
    except FeedRefused as refusal:
        return Declined(refusal.key, reason=str(refusal.args_.get("reason", "")))
    except MemoryError:
        return Declined(Malformed.key, reason="memory", worn=True)
    except Exception:
        # feedparser raises whatever its codecs and regexes raise: any of it means "unreadable".
        return Declined(Malformed.key, reason="unreadable")


def main() -> None:
    """Say that all is ready, then answer until the pipe ends."""
    import feeds.read  # noqa: F401 - loaded before the limits, and before the first document

    gc.freeze()  # what is loaded by now stays: the collector need not walk it for each document
    gc.set_threshold(COLLECT)
    limited = limit_process()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    tasks, replies = msgspec.msgpack.Decoder(Task), msgspec.msgpack.Encoder()
    write_frame(sink, b"limited" if limited else b"unlimited")
    while (frame := read_frame(source)) is not None:
        task = tasks.decode(frame)
        limit_cpu(task.cpu)
        write_frame(sink, replies.encode(answer(task)))


if __name__ == "__main__":
    main()
