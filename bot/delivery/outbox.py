"""The engine: takes what is queued, sends it at the permitted pace, settles what came of it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from telegram import Bot

from bot.delivery.calls import carry_out
from bot.delivery.copies import Copies, Copy
from bot.delivery.outcome import Verdict
from bot.delivery.pace import Pace
from bot.delivery.patience import back_off, endure, insist, until
from bot.delivery.settle import Attempt, settle
from bot.delivery.tasks import Tasks
from bot.domain.outbox import Lane, Outcome
from bot.domain.privacy import PersonTag
from bot.redaction import describe
from bot.services import publications as walking
from bot.services.atlas import Atlas
from bot.views.message import Say, Task, decode
from storage import outbox, publications
from storage.db import Database
from storage.outbox import REPLY_LIFETIME, Parcel

LEASE = timedelta(minutes=3)
"""Longer than any call may take, so that a row is never given out twice."""
NAP = 30.0
"""Seconds after which the clock is read again, whatever it said."""
GRACE = 5.0
"""Seconds that calls in flight may take to end when the engine stops."""
LOW = 100
"""Copies of a publication that wait before more of its recipients are queued."""
WALK_EVERY = 0.2

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Line:
    """A way out with its own limit of calls in flight. Button answers have one of their own,

    since Telegram does not limit them and a person waits for each.
    """

    paced: bool
    slots: asyncio.Semaphore
    bell: asyncio.Event = field(default_factory=asyncio.Event)
    flying: dict[int, PersonTag] = field(default_factory=dict)
    """Rows on their way; a chat gets its next message when the last one is settled."""


class Engine:
    """The one way out to Telegram. At most ``in_flight`` messages are on their way at a time:

    so many may arrive twice after a crash, and none is lost. ``paid``: copies of publications may
    leave beyond Telegram's free rate.
    """

    def __init__(
        self,
        db: Database,
        bot: Bot,
        clock: Callable[[], datetime],
        pace: Pace,
        tasks: Tasks,
        atlas: Atlas,
        *,
        in_flight: int = 3,
        paid: bool = False,
    ) -> None:
        self.db, self.bot, self.clock = db, bot, clock
        self.pace, self.tasks, self.atlas = pace, tasks, atlas
        self._copies, self._paid = Copies(db), paid
        self._lines = [Line(paced, asyncio.Semaphore(in_flight)) for paced in (True, False)]
        self._going = asyncio.Event()
        self._going.set()
        self._walk_bell = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []
        self._deliveries: set[asyncio.Task[None]] = set()
        self._offline, self._retry_at = 0, float("-inf")

    @property
    def paused(self) -> bool:
        """Whether everything waits, because the token was revoked."""
        return not self._going.is_set()

    async def start(self) -> None:
        """Take up what a crash left behind, then send for as long as the program runs."""
        now = self.clock()
        await self.atlas.load()
        async with self.db.tx() as tx:
            again = await outbox.recover(tx, now, wait=after_crash)
            await outbox.sweep(tx, now)
        if again:
            log.warning("%s messages were in flight at the last stop and are sent again", again)
        for line in self._lines:
            self._loop(partial(self._run, line), "outbox" if line.paced else "button answers")
        self._loop(self._walk, "walker")

    def _loop(self, work: Callable[[], Awaitable[None]], name: str) -> None:
        self._loops.append(self.tasks.start(endure(work, name), name))

    async def stop(self) -> None:
        """Take nothing more, and let what is in flight end."""
        for loop in self._loops:
            await self.tasks.end(loop)
        self._loops.clear()
        if self._deliveries:
            await asyncio.wait(self._deliveries, timeout=GRACE)

    def wake(self) -> None:
        """Something was queued."""
        for line in self._lines:
            line.bell.set()
        self._walk_bell.set()

    def pause(self) -> None:
        """Send nothing until ``resume``; what is queued stays."""
        if not self.paused:
            log.critical("sending is paused; nothing is lost")
        self._going.clear()

    def resume(self) -> None:
        """Go on."""
        if self.paused:
            log.warning("sending goes on")
        self._going.set()
        self.wake()

    async def sweep(self) -> int:
        """Remove replies that nobody waits for any more; a tick calls this."""
        async with self.db.tx() as tx:
            return await outbox.sweep(tx, self.clock())

    async def idle(self) -> None:
        """Wait until nothing due is left: for tests."""
        while await self._busy():
            self.wake()
            await asyncio.sleep(0.01)

    async def _busy(self) -> bool:
        if any(line.flying for line in self._lines):
            return True
        async with self.db.tx(write=False) as tx:
            if await publications.unwalked(tx, limit=1):  # asked first: a walk ends in rows
                return True
            return bool(await outbox.open_rows(tx, self.clock()))

    async def _run(self, line: Line) -> None:
        while True:
            await line.slots.acquire()
            try:
                parcel = await self._next(line)
            except BaseException:
                line.slots.release()
                raise
            line.flying[parcel.id] = parcel.tag
            task = self.tasks.start(self._deliver(line, parcel), "delivery")
            self._deliveries.add(task)
            task.add_done_callback(self._deliveries.discard)

    async def _next(self, line: Line) -> Parcel:
        """The next row that may leave now. It is taken when its turn has come and not before,

        so an alert never waits behind news that was taken earlier.
        """
        while True:
            await self._going.wait()
            line.bell.clear()
            if (wait := self._wait(line)) > 0:
                await asyncio.sleep(wait)
                continue
            if (parcel := await insist(partial(self._claim, line))) is not None:
                return parcel
            await until(line.bell, await insist(partial(self._rest, line)))

    def _wait(self, line: Line) -> float:
        """Seconds in which nothing may leave on a line."""
        now = _monotonic()
        pause = self._retry_at - now
        return max(pause, self.pace.wait(now)) if line.paced else pause

    async def _claim(self, line: Line) -> Parcel | None:
        closed = set(line.flying.values())
        if line.paced:
            closed |= self.pace.closed(_monotonic())
        async with self.db.tx() as tx:
            now = self.clock()
            found = await outbox.claim(tx, now, lease=LEASE, paced=line.paced, closed=closed)
        for parcel in found:
            if line.paced:
                group = not parcel.chat.private
                self.pace.spend(parcel.tag, _monotonic(), group=group)
            return parcel
        return None

    async def _rest(self, line: Line) -> float:
        """Seconds until something may be due: a row, a closed chat, or a look at the clock."""
        async with self.db.tx(write=False) as tx:
            due = await outbox.next_due(tx)
        opening = self.pace.opening(_monotonic()) if line.paced else None
        away = (due - self.clock()).total_seconds() if due is not None else 0
        return min(wait for wait in (NAP, away, opening or 0) if wait > 0)

    async def _deliver(self, line: Line, parcel: Parcel) -> None:
        try:
            attempt = await self._attempt(parcel)
            if attempt is not None:
                self._learn(attempt)
            await insist(partial(self._settle, parcel, attempt))
        finally:
            line.flying.pop(parcel.id, None)
            line.slots.release()
            line.bell.set()

    async def _attempt(self, parcel: Parcel) -> Attempt | None:
        """Send it; ``None`` when it came too late to matter."""
        copy: Copy | None = None
        if parcel.publication is not None:
            copy = await self._copies.get(parcel.publication, parcel.lang or "")
            task: Task | None = Say(copy.message) if copy else None
        else:
            task = decode(parcel.task) if parcel.task else None
        if task is None or self._too_late(parcel, copy):
            return None
        try:
            paid = self._paid and copy is not None
            verdict = await carry_out(self.bot, parcel.chat, task, ring=parcel.ring, paid=paid)
        except Exception as error:  # whatever our own code does wrong must not stop the rest
            verdict = Verdict(Outcome.REFUSED, reason=describe(error))
        return Attempt(parcel, task, copy, verdict)

    def _too_late(self, parcel: Parcel, copy: Copy | None) -> bool:
        now = self.clock()
        if copy is not None:
            return copy.expires_at <= now
        return parcel.lane is Lane.REPLY and parcel.queued_at + REPLY_LIFETIME <= now

    def _learn(self, attempt: Attempt) -> None:
        """What one outcome means for everything else that is to be sent."""
        parcel, verdict = attempt.parcel, attempt.verdict
        if verdict.retry_after is not None:
            seconds = verdict.retry_after.total_seconds()
            self.pace.refused(parcel.tag, seconds, _monotonic())
        elif verdict.outcome in (Outcome.SENT, Outcome.UNCHANGED):
            self.pace.accepted()
        if verdict.outcome is Outcome.REVOKED:
            log.critical("Telegram refuses the token: was it revoked? Everything waits")
            self.pause()
        if verdict.outcome is Outcome.REFUSED:
            log.error("a message in lane %s was refused: %s", parcel.lane.name, verdict.reason)
        if verdict.offline:
            self._offline += 1
            self._retry_at = _monotonic() + back_off(self._offline - 1).total_seconds()
        else:
            self._offline = 0

    async def _settle(self, parcel: Parcel, attempt: Attempt | None) -> None:
        async with self.db.tx() as tx:
            if attempt is None:
                await outbox.done(tx, parcel.id)
            else:
                await settle(tx, self.atlas, attempt, self.clock())

    async def _walk(self) -> None:
        """Queue recipients a page ahead of what is sent, so that a million never lie queued."""
        while True:
            await self._going.wait()
            self._walk_bell.clear()
            if (rest := await insist(self._walk_on)) > 0:
                await until(self._walk_bell, rest)

    async def _walk_on(self) -> float:
        """One page, if one is needed; returns seconds to rest unless woken."""
        async with self.db.tx(write=False) as tx:
            first = await publications.unwalked(tx, limit=1)
            if not first:
                return NAP
            if await outbox.backlog(tx, first[0]) > LOW:
                return WALK_EVERY
        await walking.page(self.db, self.atlas, first[0], self.clock())
        self._lines[0].bell.set()
        return 0


def after_crash(doubts: int) -> timedelta:
    """5, 20, 60 seconds: longer than a restart takes, so that a program which dies again and again

    does not repeat at every start what it was sending when it died.
    """
    return timedelta(seconds=min(5 * 4 ** min(doubts, 3), 60))


def _monotonic() -> float:
    return asyncio.get_running_loop().time()
