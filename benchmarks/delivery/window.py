"""A server's strict limit: so many messages in any second, counted as they arrive."""

from collections import deque
from math import ceil

ROUNDING = 1e-6
"""Seconds: less than a clock that counts from long ago can tell apart."""


class Window:
    """Accepts an arrival unless ``limit`` were accepted in the second before it."""

    def __init__(self, limit: int, *, span: float = 1.0) -> None:
        self.limit, self.span = limit, span
        self._accepted: deque[float] = deque()

    def retry_after(self, now: float) -> int | None:
        """``None`` when the arrival at ``now`` is accepted, else whole seconds to wait, from 1."""
        while self._accepted and self._accepted[0] <= now - self.span:
            self._accepted.popleft()
        if len(self._accepted) < self.limit:
            self._accepted.append(now)
            return None
        left = self._accepted[0] + self.span - now
        return max(1, ceil(left - ROUNDING))
