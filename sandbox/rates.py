"""The rate model: sliding windows that know nothing of the bot's own pacing."""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from sandbox.errors import ApiError, too_many
from sandbox.types import Json

Profile = Literal["strict", "faq", "off"]
PROFILES: tuple[Profile, ...] = ("strict", "faq", "off")
OVERALL = (30, 1.0)
PAID = (1000, 1.0)
"""With `allow_paid_broadcast` (Bot API, sendMessage)."""
GROUP = (20, 60.0)
PRIVATE = {"strict": (3, 3.0), "faq": (20, 20.0)}


@dataclass(slots=True)
class Window:
    """At most `limit` messages in any `period` seconds."""

    limit: int
    period: float
    taken: deque[float] = field(default_factory=deque)

    def wait(self, now: float, cost: int) -> float:
        """Return how long until this many fit; an idle window takes an album of any size."""
        while self.taken and self.taken[0] <= now - self.period:
            self.taken.popleft()
        over = len(self.taken) + cost - self.limit
        if over <= 0 or not self.taken:
            return 0.0
        return self.taken[min(over, len(self.taken)) - 1] + self.period - now

    def take(self, now: float, cost: int) -> None:
        """Count messages; what exceeds the limit is counted in the periods to come."""
        self.taken.extend(now + (n // self.limit) * self.period for n in range(cost))


@dataclass(slots=True)
class Rates:
    """All windows of one bot, and the times until which chats stay closed after a 429."""

    profile: Profile = "strict"
    overall: Window = field(default_factory=lambda: Window(*OVERALL))
    paid: Window = field(default_factory=lambda: Window(*PAID))
    chats: dict[int, Window] = field(default_factory=dict)
    closed: dict[int | None, float] = field(default_factory=dict)
    refused: int = 0
    faults: int = 0

    def set(self, profile: Profile) -> None:
        """Change the profile and forget what was counted."""
        self.profile = profile
        self.forget()

    def forget(self) -> None:
        """Empty all windows, as when the clock is moved back."""
        self.overall, self.paid = Window(*OVERALL), Window(*PAID)
        self.chats.clear()
        self.closed.clear()

    def close(self, chat_id: int | None, *, until: float) -> None:
        """Close a chat, or everything, as an injected 429 does."""
        self.closed[chat_id] = until

    def inside(self, chat_id: int | None, now: float) -> float:
        """Return the seconds for which this chat (or everything) is still closed."""
        return max(0.0, *(self.closed.get(key, 0.0) - now for key in (chat_id, None)))

    def admit(
        self, chat_id: int, *, private: bool, now: float, cost: int, paid: bool = False
    ) -> ApiError | None:
        """Count a sending call, or return the 429 that it gets."""
        if self.profile == "off":
            return None
        limit = PRIVATE[self.profile] if private else GROUP
        window = self.chats.setdefault(chat_id, Window(*limit))
        overall = self.paid if paid else self.overall
        here, everywhere = window.wait(now, cost), overall.wait(now, cost)
        if not here and not everywhere:
            window.take(now, cost)
            overall.take(now, cost)
            return None
        self.refused += 1
        seconds = max(1, math.ceil(max(here, everywhere)))
        self.close(chat_id if here else None, until=now + seconds)
        return too_many(seconds)

    def refuse_again(self, left: float) -> ApiError:
        """Return the 429 of a client that did not wait."""
        self.refused += 1
        self.faults += 1
        return too_many(max(1, math.ceil(left)))

    def json(self, now: float) -> Json:
        """Return the control API's view."""
        closed = {
            "all" if key is None else str(key): round(until - now, 3)
            for key, until in self.closed.items()
            if until > now
        }
        return {
            "profile": self.profile,
            "refused": self.refused,
            "faults": self.faults,
            "closed": closed,
        }
