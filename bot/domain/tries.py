"""How often a person may guess: kept in memory only, since nothing about it may be stored."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.privacy import PersonTag


@dataclass(slots=True)
class Tries:
    """At most ``limit`` wrong guesses per person within ``span``."""

    limit: int
    span: timedelta
    _wrong: dict[PersonTag, deque[datetime]] = field(default_factory=dict)

    def left(self, person: PersonTag, now: datetime) -> int:
        """How many guesses the person still has."""
        self._expire(now)
        return self.limit - len(self._wrong.get(person, ()))

    def count(self, person: PersonTag, now: datetime) -> None:
        """Remember a wrong guess."""
        self._wrong.setdefault(person, deque(maxlen=self.limit)).append(now)

    def _expire(self, now: datetime) -> None:
        for person, times in list(self._wrong.items()):
            while times and times[0] <= now - self.span:
                times.popleft()
            if not times:
                del self._wrong[person]
