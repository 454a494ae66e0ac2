"""What changed, told to every page that listens."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sandbox.types import Json


class Events:
    """A broadcast of small change notices; a listener that never reads loses the oldest."""

    def __init__(self, *, depth: int = 1000) -> None:
        self._depth = depth
        self._listeners: set[asyncio.Queue[Json]] = set()

    def tell(self, kind: str, **about: Any) -> None:
        """Tell all listeners that something of this kind changed."""
        for queue in self._listeners:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait({"kind": kind, **about})

    @contextmanager
    def listening(self) -> Iterator[asyncio.Queue[Json]]:
        """Yield a queue of notices for as long as the block lasts."""
        queue: asyncio.Queue[Json] = asyncio.Queue(self._depth)
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)
