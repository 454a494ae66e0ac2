"""The engine: takes what is queued, sends it at the permitted pace, settles what came of it.

One loop owns the writing: a round settles whatever landed since the last one and reserves what may
leave next, in a single transaction. At 25 messages a second that is one by one, at a thousand in
groups; nothing leaves before its reservation is durable, and nothing is forgotten before its
receipt is.
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable
from datetime import datetime
from functools import partial

from telegram import Bot

from bot.delivery import attempt as attempts
from bot.delivery.copies import Copies
from bot.delivery.departures import Departures
from bot.delivery.flights import Flights
from bot.delivery.lead import Lead
from bot.delivery.outcome import Verdict
from bot.delivery.pace import Pace
from bot.delivery.patience import back_off, endure, insist, until
from bot.delivery.refusals import Refusals
from bot.delivery.round import Round, Work
from bot.delivery.settle import Attempt, settle
from bot.delivery.tasks import Tasks
from bot.delivery.transport import Wire
from bot.domain.outbox import Lane, Outcome
from bot.domain.publications import Hold
from bot.services import walks as walking
from bot.services.atlas import Atlas
from storage import backlog, claims, outbox, publications, revisions, walks
from storage.db import Database
from storage.parcels import Parcel

LOOK = 1.0
"""Seconds after which the database is read again, whatever woke nobody: another worker, the

operator's commands, a clock that jumped.
"""
GRACE = 5.0
"""Seconds that calls in flight may take to end when the engine stops."""
TOASTS = 8
"""Answers to button presses at a time. Telegram does not limit them, and a person waits."""
LEAST = 3
AWAY = 0.5
"""Seconds of sending that may be on its way: in flight are rate × round trip, at most this."""
MOST = 512
MANY = 32
"""From so many in flight on, rounds keep apart: what lands in between is settled together."""
GATHER = 0.008
"""Seconds from round to round then, and twice that while nothing more may leave."""
PUT_BACK = Verdict(Outcome.REVOKED)
"""Of what was taken and may not leave after all."""

log = logging.getLogger(__name__)


class Engine:
    """The one way out to Telegram.

    At most ``in_flight`` messages are on their way at a time (by default what the pace permits in
    half a second): so many may arrive twice after a crash, and none is lost. ``paid``: copies of
    publications may leave beyond Telegram's free rate. ``alone``: no other worker lives on this
    database when this one starts.
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
        in_flight: int | None = None,
        paid: bool = False,
        alone: bool = True,
    ) -> None:
        self.db, self.bot, self.clock = db, bot, clock
        self.pace, self.tasks, self.atlas = pace, tasks, atlas
        self.in_flight = in_flight or max(LEAST, min(MOST, round(pace.rate * AWAY)))
        self.worker = secrets.token_bytes(8)
        self.flights, self.work = Flights(), Work()
        self._alone = alone
        self._send = attempts.Sender(bot, Wire.of(bot), Copies(db), clock, paid=paid)
        self._bell, self._empty = asyncio.Event(), asyncio.Event()
        self._empty.set()
        self._landed: list[Attempt] = []
        self._loops: list[asyncio.Task[None]] = []
        self._paused = self._stopping = False
        self._offline, self._retry_at = 0, float("-inf")
        self._stale, self._look_at, self._began = True, float("-inf"), float("-inf")
        self._lead, self._early = Lead(), Departures()
        self._departure = asyncio.Event()
        self._refusals = Refusals()

    @property
    def paused(self) -> bool:
        """Whether everything waits, because the token was revoked."""
        return self._paused

    def speed(self) -> float:
        """Messages per second that the pace permits at present."""
        return self.pace.speed(_monotonic())

    async def start(self) -> None:
        """Take up what a crash left behind, then send for as long as the program runs."""
        now = self.clock()
        await self.atlas.load()
        async with self.db.tx() as tx:
            again = 0
            if self._alone:
                again = await outbox.recover(tx, now, wait=walking.after_crash)
                await revisions.release(tx, None)
            for walk in await walks.left_behind(tx, alone=self._alone, now=now):
                again += await walking.account_for(tx, self.atlas, walk, now)
            if self._alone:
                await walks.release(tx, None)
            await outbox.sweep(tx, now)
        if again:
            log.warning("%s messages were in flight at the last stop and are sent again", again)
        self._stopping = False
        self._loops = [
            self.tasks.start(endure(self._run, "outbox"), "outbox"),
            self.tasks.start(endure(self._depart, "departures"), "departures"),
        ]

    async def stop(self) -> None:
        """Take nothing more, let what is in flight end, and leave the rest to whoever is next."""
        if not self._loops:
            return
        self._stopping = True
        self._bell.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await self._empty.wait()
        for loop in self._loops:
            await self.tasks.end(loop)
        self._loops.clear()
        if not self.flights:
            async with self.db.tx() as tx:
                await walks.release(tx, self.worker)
                await revisions.release(tx, self.worker)

    def wake(self) -> None:
        """Something was queued, most likely a reply: a round that has begun may take it."""
        self._stale = self.work.rows = True
        self.work.lane = Lane.REPLY
        self._bell.set()

    def pause(self) -> None:
        """Send nothing until ``resume``; what is queued stays."""
        if not self._paused:
            log.critical("sending is paused; nothing is lost")
        self._paused = True

    def resume(self) -> None:
        """Go on."""
        if self._paused:
            log.warning("sending goes on")
        self._paused = False
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
        if self.flights or self._landed:
            return True
        async with self.db.tx(write=False) as tx:
            if await walks.unfinished(tx) or await revisions.unfinished(tx):
                return True
            return bool(await outbox.open_rows(tx, self.clock()))

    async def _run(self) -> None:
        while True:
            self._bell.clear()
            if self._stale or _monotonic() >= self._look_at:
                await insist(self._look)
            self.work.open(_monotonic())
            room, toasts, upto = self._room()
            waits = self.work.waits(room, toasts)
            if (delay := self._gather(waits=waits)) > 0:
                await asyncio.sleep(delay)
            elif self._landed or waits:
                self._began = _monotonic()
                await insist(partial(self._round, room, toasts, upto))
            else:
                await until(self._bell, self._rest())

    def _gather(self, *, waits: bool) -> float:
        """Seconds to let more come together, so that thousands cost few rounds."""
        if self.flights.paced < MANY:
            return 0.0
        enough = waits or len(self._landed) >= self.in_flight // 4
        return self._began + (GATHER if enough else 2 * GATHER) - _monotonic()

    def _room(self) -> tuple[int, int, Lane | None]:
        """How much may leave now: of what is limited, and of answers to presses. A lane: nothing

        less urgent, since it takes the place of what was to leave next.
        """
        now = _monotonic()
        if self._paused or self._stopping or now < self._retry_at:
            return 0, 0, None
        free, toasts = self.in_flight - self.flights.paced, TOASTS - self.flights.unpaced
        early, urgent = len(self._early), self.work.urgent
        paced = self.pace.permits(now + self._lead.seconds, most=free + early) if free > 0 else 0
        if (room := min(free, paced - early)) > 0:
            return room, toasts, None
        if urgent is not None and (ahead := self._early.giving_way(urgent)) > 0:
            return max(0, min(free, paced - early + ahead)), toasts, urgent
        return 0, toasts, None

    def _rest(self) -> float:
        """Seconds after which something may have changed without a sign."""
        now = _monotonic()
        rest = min((self._look_at, *self.work.shut.values())) - now
        if self.work.any and not (self._paused or self._stopping):
            if now < self._retry_at:
                rest = min(rest, self._retry_at - now)
            elif self.flights.paced < self.in_flight:
                rest = min(rest, self.pace.wait(now) - self._lead.seconds)
        return max(rest, 0.0005)

    async def _look(self) -> None:
        """Read what waits."""
        self._stale = False
        now = self.clock()
        async with self.db.tx(write=False) as tx:
            self.work.held = await backlog.all_held(tx)
            rows = await claims.outlook(tx, now, upto=self.work.last)
            self.work.read(
                rows,
                await walks.waiting(tx, self.worker, now),
                await revisions.waiting(tx, self.worker, now),
            )
        self.flights.keep(self.work.every)
        soon = (rows.then - now).total_seconds() if rows.then is not None else LOOK
        self._look_at = _monotonic() + min(max(soon, 0.001), LOOK)

    async def _round(self, room: int, toasts: int, upto: Lane | None) -> None:
        """Settle what landed, reserve what may leave, and send it once that is durable."""
        landed, now = self._landed[:], self.clock()
        async with self.db.tx() as tx:
            queued = await settle(tx, self.atlas, landed, now)
            for id in self._refusals.hopeless():
                log.critical("Telegram refuses publication %s to everybody: it is held", id)
                await publications.hold(tx, id, Hold.REFUSED)
            taking = Round(
                tx,
                self.atlas,
                self.worker,
                self.work,
                self.flights,
                self.pace,
                now,
                _monotonic(),
            )
            taken = await taking.take(room, toasts, upto) if room or toasts else []
        del self._landed[: len(landed)]
        for attempt in landed:
            self.flights.settled(attempt.parcel)
            self.work.landed(attempt.parcel)
        self._stale = self._stale or queued or taking.queued
        taking.begin()
        self._lead.took(_monotonic() - self._began)
        for parcel in taken:
            self._launch(parcel)
        taking.remember()
        if landed and self.work.behind:
            self.work.rows = True
        if not self.flights:
            self._empty.set()

    def _launch(self, parcel: Parcel) -> None:
        self._empty.clear()
        self.flights.launch(parcel)
        if parcel.paced:
            self._early.add(parcel)
            self._departure.set()
            if not self._send.ready(parcel):
                self.tasks.start(self._send.prepare(parcel), "copy")
        else:
            self.tasks.start(self._deliver(parcel), "answer")

    async def _depart(self) -> None:
        """Send each off at its instant: it was taken earlier by as long as rounds take."""
        while True:
            await self._departure.wait()
            self._departure.clear()
            while self._early:
                wait = self.pace.wait(_monotonic())
                if wait > 0 and not self._paused:
                    await asyncio.sleep(wait)
                    continue
                parcel = self._early.pop()
                if not self._paused:
                    self.pace.spend(parcel.tag, _monotonic(), group=not parcel.chat.private)
                self.tasks.start(self._deliver(parcel), "delivery")

    async def _deliver(self, parcel: Parcel) -> None:
        attempt: Attempt | None = None
        left = _monotonic()
        try:
            if not self._paused:
                attempt = await self._send(parcel)
                self._learn(attempt)
        finally:
            attempt = attempt or Attempt(parcel, verdict=PUT_BACK)
            if parcel.paced and attempt.verdict is not None and _answered(attempt.verdict):
                self.pace.landed(left, _monotonic())
            elif parcel.paced:
                self.pace.lost(left)
            self._landed.append(attempt)
            self._bell.set()

    def _learn(self, attempt: Attempt) -> None:
        """What one outcome means for everything else that is to be sent."""
        parcel, verdict = attempt.parcel, attempt.verdict
        if verdict is None:
            return
        self._refusals.learn(attempt)
        if verdict.outcome in (Outcome.SENT, Outcome.UNCHANGED):
            self.pace.accepted()
            self._offline = 0
            return
        now = _monotonic()
        if verdict.retry_after is not None:
            self.pace.refused(parcel.tag, verdict.retry_after.total_seconds(), now)
        if verdict.outcome is Outcome.REVOKED:
            log.critical("Telegram refuses the token: was it revoked? Everything waits")
            self.pause()
        if verdict.outcome is Outcome.REFUSED:
            log.error("a message in lane %s was refused: %s", parcel.lane.name, verdict.reason)
        if verdict.offline:
            self._offline += 1
            self._retry_at = now + back_off(self._offline - 1).total_seconds()
        else:
            self._offline = 0


def _answered(verdict: Verdict) -> bool:
    return not verdict.offline and verdict.outcome is not Outcome.UNCERTAIN


def _monotonic() -> float:
    return asyncio.get_running_loop().time()
