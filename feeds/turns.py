"""Manners towards hosts: one request at a time, and not too many connections kept open."""

import asyncio
import time
from collections import OrderedDict
from types import TracebackType

MOST_KEPT = 2048


class Turns:
    """Who may ask which host now; something is remembered only while somebody asks or waits."""

    def __init__(self) -> None:
        self._asking: dict[str, tuple[asyncio.Lock, int]] = {}

    def at(self, host: str) -> "Turn":
        """``async with`` it."""
        return Turn(self._asking, host)


class Turn:
    """One request's turn at a host."""

    __slots__ = ("_asking", "_host")

    def __init__(self, asking: dict[str, tuple[asyncio.Lock, int]], host: str) -> None:
        self._asking, self._host = asking, host

    async def __aenter__(self) -> None:
        lock, waiting = self._asking.get(self._host) or (asyncio.Lock(), 0)
        self._asking[self._host] = (lock, waiting + 1)
        try:
            await lock.acquire()
        except BaseException:
            self._leave()
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._asking[self._host][0].release()
        self._leave()

    def _leave(self) -> None:
        lock, waiting = self._asking[self._host]
        if waiting == 1:
            del self._asking[self._host]
        else:
            self._asking[self._host] = (lock, waiting - 1)


class Kept:
    """To which hosts a connection is kept open for a while: so many at most.

    What is open counts against the files that this process may have open; without a bound
    thousands of sources that are due together would use them up.
    """

    def __init__(self, *, seconds: float, most: int | None = None) -> None:
        self._seconds = seconds
        self._most = _room() if most is None else most
        self._asked: OrderedDict[str, float] = OrderedDict()

    def keeps(self, host: str) -> bool:
        """Whether the connection that a request to ``host`` is about to use should stay open."""
        now = time.monotonic()
        if host not in self._asked:
            while self._asked and next(iter(self._asked.values())) < now - self._seconds:
                self._asked.popitem(last=False)
            if len(self._asked) >= self._most:
                return False
        self._asked[host] = now
        self._asked.move_to_end(host)
        return True


def _room() -> int:
    """Half of the files that may be open, within reason."""
    try:
        import resource
    except ImportError:  # Windows
        return MOST_KEPT
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return min(MOST_KEPT, soft // 2) if soft > 0 else MOST_KEPT
