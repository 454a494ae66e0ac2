"""When the next message may leave. Time (monotonic seconds) is passed in; nothing here sleeps."""

import math
from collections import deque
from dataclasses import dataclass, field
from heapq import heappop, heappush

from bot.delivery.horizon import Horizon
from bot.domain.privacy import PersonTag

SECOND = 1.00001
"""A second, and more than ``HAIR``."""
HAIR = 1e-6
"""Seconds that do not count: instants are rounded."""
CHAT_GAP = 1.05
"""Seconds between two messages to a chat: Telegram's 1/s and some room for jitter on the way."""
GROUP_LIMIT = 18
"""Messages to a group or channel per ``GROUP_SPAN``; Telegram names 20 a minute."""
GROUP_SPAN = 61.0
STORM = 3
"""So many refusals in a row close everything for the longest wait among them."""
FREE = 30
"""Messages a second that Telegram sends for nothing."""
PAID = 1000
"""Messages a second that Telegram sends for its Stars."""
RECOVERY = 25
"""In so many clean steps a rate of nothing would be whole again."""
CALM = 1.0
"""Seconds after a halving within which further refusals belong to the same event."""
FLOOR = 8
"""The part of the rate below which no refusal brings it."""
GRAIN = 0.015
"""Seconds by which the highest speed may be late: what waited for a timer and a commit leaves

together.
"""
IDLE = 0.2
"""Seconds. A slot missed by less was missed in haste and is caught up; by more, nothing waited."""
HURRY = 2.0
"""Times the rate at which slots missed are caught up."""
RUSH = 8.0
"""Times the rate at which places are taken again that the server's window gives back."""
ROUGH = 2.5
"""Times the mean jitter of the way by which such a place may be taken before the even slot. Without

that limit what a stall drove together would leave together in every second from then on, and leave
a gap in which an alert waits.
"""


@dataclass(slots=True)
class _Chat:
    """What one chat was sent lately. ``until``: no earlier than this."""

    until: float
    sent: deque[float] | None = None
    """The last messages to a group."""


@dataclass(slots=True)
class Pace:
    """Even spacing at ``rate`` per second: never a burst, never above it in any second, and never

    more at the server, which refuses what goes beyond ``limit`` in a second, than it takes
    (``None``: what Telegram takes). A 429 closes its chat and halves the rate, which recovers by
    ``rate`` / 25 in each ``step`` seconds without one. Chats are known by tag; ``chat_gap`` (s) and
    ``group_limit`` are per chat and per group or channel.
    """

    rate: float = 25.0
    limit: int | None = None
    chat_gap: float = CHAT_GAP
    group_limit: int = GROUP_LIMIT
    step: float = 10.0
    horizon: Horizon = field(init=False)
    _sent: deque[float] = field(init=False, default_factory=deque)
    _due: float = field(init=False, default=float("-inf"))
    """When the next slot begins."""
    _crest: float = field(init=False, default=float("-inf"))
    """When the next may leave at the highest speed there is."""
    _even: float = field(init=False, default=float("-inf"))
    """When the next would leave if all since the last pause had left evenly."""
    _full: bool = field(init=False, default=False)
    """Whether it is the server's window that messages wait for."""
    _speed: float = field(init=False)
    _changed: float = field(init=False, default=0.0)
    _halved: float = field(init=False, default=float("-inf"))
    _chats: dict[PersonTag, _Chat] = field(init=False, default_factory=dict)
    _leaving: list[tuple[float, PersonTag]] = field(init=False, default_factory=list)
    """A heap of the chats by when they may be forgotten."""
    _refusals: int = field(init=False, default=0)
    _longest: float = field(init=False, default=float("-inf"))
    _shut_until: float = field(init=False, default=float("-inf"))

    def __post_init__(self) -> None:
        if self.rate < 1:
            raise ValueError("at least one message a second")
        if self.limit is None:
            self.limit = FREE if self.rate <= FREE else max(PAID, int(self.rate))
        if self.limit < 1:
            raise ValueError("a server that takes nothing")
        self._speed = self.rate
        self.horizon = Horizon(self.limit)

    def speed(self, now: float) -> float:
        """Messages per second at present, after the clean steps so far."""
        if self._speed < self.rate:
            steps = int((now - self._changed) // self.step)
            if steps > 0:
                self._speed = min(self.rate, self._speed + steps * self.rate / RECOVERY)
                self._changed += steps * self.step
        return self._speed

    def permits(self, now: float, most: int | None = None) -> int:
        """How many messages may leave at an instant, which may lie a little ahead."""
        if now + HAIR < self._shut_until:
            return 0
        room = min(self._places(now), int(self.rate) - self._lately(now))
        if not self._full:
            late = now - self._due
            if late < -HAIR:
                return 0
            slots = (late + HAIR) * self.speed(now) if late <= IDLE else 0
            room = min(room, 1 + int(slots))
        elif (ripe := now - self._smooth()) < float("inf"):
            room = min(room, 1 + math.floor((ripe + HAIR) * self.rate))
        if (ahead := now - self._crest) < -HAIR:
            return 0
        room = min(room, 1 + int((min(ahead, GRAIN) + HAIR) * self._top(now)))
        return max(0, room if most is None else min(room, most))

    def wait(self, now: float, cost: int = 1) -> float:
        """Seconds until a message of so many items may leave; 0 means now. Short where it depends

        on an answer that has not come.
        """
        cost = min(cost, int(self.rate), self.horizon.limit)
        self._places(now)
        slot = self._smooth() if self._full else self._due
        opens = max(self._shut_until, self._crest, slot)
        if (beyond := len(self._sent) + cost - int(self.rate)) > 0:
            opens = max(opens, self._sent[beyond - 1] + SECOND)
        wait = max(opens - now, self.horizon.wait(now, cost))
        return wait if wait > HAIR else 0.0

    def opening(self, tag: PersonTag, now: float, cost: int = 1) -> float:
        """Seconds until a chat is open for a message of so many items; 0 means now."""
        if (chat := self._chats.get(tag)) is None:
            return 0.0
        opens = chat.until
        if chat.sent and (beyond := len(chat.sent) + cost - self.group_limit) > 0:
            opens = max(opens, chat.sent[min(beyond, len(chat.sent)) - 1] + GROUP_SPAN)
        return max(0.0, opens - now)

    def spend(self, tag: PersonTag, now: float, *, group: bool, cost: int = 1) -> None:
        """A message (an edit, ``cost`` items of an album) leaves for a chat now."""
        self._forget(now)
        self._take_slots(now, cost)
        while self._sent and self._sent[0] <= now - SECOND:
            self._sent.popleft()
        self._sent.extend([now] * cost)
        self.horizon.launched(now, cost)
        chat = self._chat(tag, now + self.chat_gap)
        if group:
            if chat.sent is None:
                chat.sent = deque(maxlen=self.group_limit)
            chat.sent.extend([now] * cost)

    def landed(self, sent_at: float, now: float, cost: int = 1) -> None:
        """What left at ``sent_at`` was answered, if only by a refusal."""
        self._forget(now)
        self.horizon.landed(sent_at, now, cost)

    def lost(self, sent_at: float, cost: int = 1) -> None:
        """What left at ``sent_at``, or should have, will not be answered."""
        self.horizon.lost(sent_at, cost)

    def accepted(self) -> None:
        """Telegram took a message: a row of refusals is over."""
        self._refusals, self._longest = 0, float("-inf")

    def refused(self, tag: PersonTag, retry_after: float, now: float) -> None:
        """Telegram answered 429 for a chat, to be left alone for so many seconds."""
        self._chat(tag, now + retry_after)
        speed = self.speed(now)
        if now - self._halved >= CALM:
            self._speed = min(speed, max(1.0, self.rate / FLOOR, speed / 2))
            self._halved = now
        self._changed = now
        self._refusals += 1
        self._longest = max(self._longest, now + retry_after)
        if self._refusals >= STORM:
            self._shut_until = max(self._shut_until, self._longest)

    def _places(self, now: float) -> int:
        """Places free in the server's window. Whether it is full or has some slack decides if the

        places that it gives back or the even spacing of slots set the pace.
        """
        free = self.horizon.free(now + HAIR)
        if free <= 0:
            self._full = self.speed(now) >= self.rate
        elif free > max(2, self.horizon.limit // 10) or self._speed < self.rate:
            self._full = False
        return free

    def _lately(self, now: float) -> int:
        """How many left in the second before an instant."""
        since, past = now + HAIR - SECOND, 0
        if not self._sent or self._sent[-1] <= since:
            return 0
        for when in self._sent:
            if when > since:
                break
            past += 1
        return len(self._sent) - past

    def _top(self, now: float) -> float:
        """The highest speed there is at present, in messages per second."""
        return self.speed(now) * (RUSH if self._full else HURRY)

    def _smooth(self) -> float:
        """When the next may leave while the server's window is full, were there a place."""
        trips = self.horizon.trips
        return self._even - GRAIN - ROUGH * (trips.mean - trips.low)

    def _take_slots(self, now: float, cost: int) -> None:
        length = cost / self.speed(now)
        if now - self._due > IDLE:
            self._due = now
        self._due += length
        self._even = max(self._even, now) + length
        self._crest = max(self._crest, now - GRAIN) + cost / self._top(now)

    def _chat(self, tag: PersonTag, until: float) -> _Chat:
        """What is remembered of a chat, which is closed until then at least."""
        if (chat := self._chats.get(tag)) is None:
            chat = self._chats[tag] = _Chat(until)
            heappush(self._leaving, (until, tag))
        elif chat.until < until:
            chat.until = until
        return chat

    def _forget(self, now: float) -> None:
        """Drop chats with nothing left to remember, so that memory does not grow."""
        while self._leaving and self._leaving[0][0] <= now:
            tag = heappop(self._leaving)[1]
            chat = self._chats[tag]
            last = chat.sent[-1] + GROUP_SPAN if chat.sent else chat.until
            if (until := max(last, chat.until)) > now:
                heappush(self._leaving, (until, tag))
            else:
                del self._chats[tag]
