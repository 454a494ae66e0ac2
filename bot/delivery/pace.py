"""When the next message may leave. Time (monotonic seconds) is passed in; nothing here sleeps."""

from collections import deque
from dataclasses import dataclass, field

from bot.domain.privacy import PersonTag

SECOND = 1.0
MINUTE = 60.0
CHAT_GAP = 1.05
"""Seconds between two messages to a chat: Telegram's 1/s and some room for jitter on the way."""
GROUP_LIMIT = 18
"""Messages to a group or channel per ``GROUP_SPAN``; Telegram names 20 a minute."""
GROUP_SPAN = 61.0
STORM = 3
"""So many refusals in a row close everything for the longest wait among them."""


@dataclass(slots=True)
class _Chat:
    """What one chat was sent lately. ``until``: no earlier than this."""

    until: float
    sent: deque[float]


@dataclass(slots=True)
class Pace:
    """Even spacing at ``rate`` per second: never a burst, never above it in any second.

    A 429 closes its chat and halves the rate, which recovers by 1/s per clean minute. Chats are
    known by tag; ``chat_gap`` and ``group_limit`` are per chat and per group or channel.
    """

    rate: float = 25.0
    chat_gap: float = CHAT_GAP
    group_limit: int = GROUP_LIMIT
    _current: float = field(init=False)
    _sent: deque[float] = field(init=False)
    _chats: dict[PersonTag, _Chat] = field(init=False, default_factory=dict)
    _shut_until: float = field(init=False, default=float("-inf"))
    _changed: float = field(init=False, default=0.0)
    _refusals: list[float] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        if self.rate < 1:
            raise ValueError("at least one message a second")
        self._current = self.rate
        self._sent = deque(maxlen=int(self.rate))

    def speed(self, now: float) -> float:
        """Messages per second at present, after the clean minutes so far."""
        if self._current < self.rate:
            minutes = int((now - self._changed) // MINUTE)
            if minutes > 0:
                self._current = min(self.rate, self._current + minutes)
                self._changed += minutes * MINUTE
        return self._current

    def wait(self, now: float) -> float:
        """Seconds until a message to some open chat may leave; 0 means now."""
        opens = self._shut_until
        if self._sent:
            opens = max(opens, self._sent[-1] + SECOND / self.speed(now))
            if len(self._sent) == self._sent.maxlen:
                opens = max(opens, self._sent[0] + SECOND)
        return max(0.0, opens - now)

    def closed(self, now: float) -> frozenset[PersonTag]:
        """Chats that may not be written to now."""
        self._forget_open(now)
        return frozenset(tag for tag, chat in self._chats.items() if chat.until > now)

    def opening(self, now: float) -> float | None:
        """Seconds until the first closed chat opens; ``None`` when none is closed."""
        waits = [chat.until - now for chat in self._chats.values() if chat.until > now]
        return min(waits, default=None)

    def spend(self, tag: PersonTag, now: float, *, group: bool, cost: int = 1) -> None:
        """A message (an edit, ``cost`` items of an album) leaves for a chat now."""
        chat = self._chat(tag, now)
        for _ in range(cost):
            self._sent.append(now)
        chat.until = max(chat.until, now + self.chat_gap)
        if group:
            chat.sent.extend([now] * cost)
            if len(chat.sent) == chat.sent.maxlen:
                chat.until = max(chat.until, chat.sent[0] + GROUP_SPAN)

    def accepted(self) -> None:
        """Telegram took a message: a row of refusals is over."""
        self._refusals.clear()

    def refused(self, tag: PersonTag, retry_after: float, now: float) -> None:
        """Telegram answered 429 for a chat."""
        chat = self._chat(tag, now)
        chat.until = max(chat.until, now + retry_after)
        self._current, self._changed = max(1.0, self.speed(now) / 2), now
        self._refusals.append(now + retry_after)
        if len(self._refusals) >= STORM:
            self._shut_until = max(self._shut_until, *self._refusals)

    def _chat(self, tag: PersonTag, now: float) -> _Chat:
        return self._chats.setdefault(tag, _Chat(now, deque(maxlen=self.group_limit)))

    def _forget_open(self, now: float) -> None:
        """Drop chats with nothing left to remember, so that memory does not grow."""
        old = [
            tag
            for tag, chat in self._chats.items()
            if chat.until <= now and (not chat.sent or chat.sent[-1] <= now - GROUP_SPAN)
        ]
        for tag in old:
            del self._chats[tag]
