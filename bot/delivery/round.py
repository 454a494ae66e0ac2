"""What leaves next: rows by lane, then the walks of publications, each lane in its turn."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from msgspec.structs import replace

from bot.delivery.flights import Course, Flights, course_of
from bot.delivery.pace import Pace
from bot.domain.outbox import Lane
from bot.domain.privacy import PersonTag
from bot.services import changes
from bot.services import walks as walking
from bot.services.atlas import Atlas
from bot.services.walks import Reserved
from storage import outbox, revisions, subscribers, walks
from storage.claims import Outlook, claim
from storage.db import Tx
from storage.parcels import Parcel
from storage.receipts import Receipt, Way, first_way
from storage.revisions import Revising
from storage.walks import Waiting

LEASE = timedelta(minutes=3)
"""Longer than any call may take, so that a row is never given out twice."""
FAIR = 25
"""After so many messages while others wait, one of those that wait longest goes first, so that no

lane starves: at the default pace one a second.
"""
TRIES = 8
"""Claims of rows in one round: those of closed chats are put back and others taken."""
SHUT = 500
"""Closed chats that are left out by name; the rows of further ones are put off instead."""


@dataclass(slots=True)
class Work:
    """What is known to wait, between two looks at the database."""

    rows: bool = False
    lane: Lane | None = None
    """The most urgent lane of the rows, as far as that is known."""
    toasts: bool = False
    behind: bool = False
    """Whether rows were due at the last look: some may have to wait for an answer to their chat."""
    walks: list[Waiting] = field(default_factory=list)
    revisions: list[Revising] = field(default_factory=list)
    held: bool = False
    """The operator lets everything but replies wait."""
    shut: dict[PersonTag, float] = field(default_factory=dict)
    """Closed chats that rows wait for, and when (monotonic) each opens."""
    since_fair: int = 0
    fair_turns: int = 0
    reached: dict[Course, PersonTag | None] = field(default_factory=dict)
    _blocked: set[Course] = field(default_factory=set)

    @property
    def last(self) -> Lane:
        """The last lane from which anything may leave."""
        return Lane.REPLY if self.held else Lane.DIGEST

    @property
    def urgent(self) -> Lane | None:
        """The most urgent lane in which something is known to wait."""
        walk = next((one.lane for _, one in self.courses()), None)
        lanes = (self.lane if self.rows else None, walk)
        return min((lane for lane in lanes if lane is not None), default=None)

    @property
    def any(self) -> bool:
        """Whether anything that is paced could leave."""
        return self.rows or next(self.courses(), None) is not None

    @property
    def every(self) -> set[Course]:
        """Walks that the database says are not over."""
        return {(w.id, 0) for w in self.walks} | {
            (r.publication, r.version) for r in self.revisions
        }

    def waits(self, room: int, toasts: int) -> bool:
        """Whether something could leave now."""
        return (toasts > 0 and self.toasts) or (room > 0 and self.any)

    def open(self, monotonic: float) -> None:
        """Chats whose time has come may be written to."""
        for tag in [tag for tag, until in self.shut.items() if until <= monotonic]:
            del self.shut[tag]
            self.rows = True

    def read(self, rows: Outlook, waiting: list[Waiting], revising: list[Revising]) -> None:
        """What the database says."""
        self.lane, self.toasts = rows.lane, rows.unpaced
        self.rows = self.behind = rows.lane is not None
        self.walks, self.revisions = waiting, revising
        courses = self.every
        self._blocked &= courses
        self.reached = {course: at for course, at in self.reached.items() if course in courses}

    def courses(self) -> Iterator[tuple[Course, Waiting | Revising]]:
        """Walks that can go on, most urgent first; changes before what is new."""
        if self.held:
            return
        every: list[tuple[Course, Waiting | Revising]] = [
            *(((r.publication, r.version), r) for r in self.revisions),
            *(((w.id, 0), w) for w in self.walks),
        ]
        free = (one for one in every if one[0] not in self._blocked)
        yield from sorted(free, key=lambda one: one[1].lane)

    def landed(self, parcel: Parcel) -> None:
        """An answer came: a walk that waited for it may go on."""
        if not self._blocked:
            return
        if (id := parcel.publication) is not None:
            # A later publication may be a change that waits for the last copies of this one.
            self._blocked = {course for course in self._blocked if course[0] < id}

    def be_fair(self, paced: list[Parcel], room: int) -> None:
        """Count what left; nobody starves while the last lane that waits has its turns, or nothing

        waits at all.
        """
        lanes = [one.lane for _, one in self.courses()]
        served = lanes and not self.rows and any(p.lane >= max(lanes) for p in paced)
        if served or len(paced) < room:
            self.since_fair = 0
        else:
            self.since_fair += len(paced)

    def block(self, course: Course) -> None:
        """A walk goes on when an answer came."""
        self._blocked.add(course)

    def over(self, course: Course) -> None:
        """A walk is done."""
        self.walks = [one for one in self.walks if (one.id, 0) != course]
        self.revisions = [o for o in self.revisions if (o.publication, o.version) != course]
        self.reached.pop(course, None)


@dataclass(slots=True)
class Round:
    """One transaction's worth. Nothing is remembered before it is committed: see ``remember``."""

    tx: Tx
    atlas: Atlas
    worker: bytes
    work: Work
    flights: Flights
    pace: Pace
    now: datetime
    monotonic: float
    _chosen: set[PersonTag] = field(default_factory=set)
    _notes: list[tuple[Course, str, Reserved, PersonTag | None]] = field(default_factory=list)
    _rows: bool = True
    _empty: Lane | None = None
    """No row is left up to this lane."""
    _toasts: bool = True

    async def take(self, room: int, toasts: int, upto: Lane | None = None) -> list[Parcel]:
        """Reserve up to ``room`` messages, of no lane after ``upto`` if that is given, and as many

        answers to presses as there is room for.
        """
        taken = list[Parcel]()
        if self.work.toasts and toasts > 0:
            pressed = await self._claim(toasts, paced=False)
            self._toasts = len(pressed) == toasts
            taken += pressed
        if room <= 0:
            return taken
        if upto is not None:
            return taken + await self._in_turn(room, upto)
        paced = await self._patient() if self.work.since_fair >= FAIR else []
        paced += await self._in_turn(room - len(paced), self.work.last)
        self.work.be_fair(paced, room)
        return taken + paced

    async def _in_turn(self, room: int, last: Lane) -> list[Parcel]:
        """Lane by lane: rows, then the walk."""
        found = list[Parcel]()
        courses = [one for one in self.work.courses() if one[1].lane <= last]
        for course, one in [*courses, (None, None)]:
            if self.work.rows and self._rows and len(found) < room:
                upto = one.lane if one is not None else last
                found += await self._open_rows(room - len(found), upto)
            if course is not None and one is not None and len(found) < room:
                found += await self._walk(course, one, room - len(found))
        return found

    def remember(self) -> None:
        """The transaction is committed, and what was taken is on its way."""
        self.work.rows = self.work.rows and self._rows
        if self._empty is not None and self.work.lane is not None:
            self.work.lane = None if self.work.lane <= self._empty else self.work.lane
        self.work.toasts = self.work.toasts and self._toasts
        for course, subject, reserved, reached in self._notes:
            flight = self.flights.of(course, subject)
            if reserved.over:
                self.work.over(course)
                self.flights.end(course)
            elif reserved.waits and (flight.count or flight.earlier):
                self.work.block(course)  # until an answer comes
            if reached is not None and not reserved.over:
                self.work.reached[course] = reached

    @property
    def queued(self) -> bool:
        """Whether there are rows that were not there before."""
        return any(reserved.queued for _, _, reserved, _ in self._notes)

    def begin(self) -> None:
        """The transaction is committed, and nothing of it has left yet."""
        for course, subject, reserved, _ in self._notes:
            if not self.flights.of(course).count:
                self.flights.begin(course, subject, reserved.start)

    async def _patient(self) -> list[Parcel]:
        """One message of those that wait longest: the oldest row, or the last lane that is walked;

        the two take turns.
        """
        self.work.since_fair = 0
        self.work.fair_turns += 1
        rows_first = self.work.fair_turns % 2 == 0
        if rows_first and (found := await self._oldest_row()):
            return found
        courses = sorted(self.work.courses(), key=lambda c: (-c[1].lane, c[1].accepted_at))
        for course, one in courses[:1]:
            if found := await self._walk(course, one, 1):
                return found
        return [] if rows_first else await self._oldest_row()

    async def _oldest_row(self) -> list[Parcel]:
        return await self._open_rows(1, self.work.last, oldest=True) if self.work.rows else []

    async def _open_rows(self, limit: int, upto: Lane, *, oldest: bool = False) -> list[Parcel]:
        """Rows whose chat may be written to; all of a closed chat's are put off until it opens."""
        found = list[Parcel]()
        for _ in range(TRIES):
            asked = limit - len(found)
            claimed = await self._claim(asked, upto=upto, oldest=oldest)
            for parcel in claimed:
                if (wait := self._closed(parcel.tag)) is not None:
                    await self._put_back(parcel, wait)
                elif (ready := await self._present(parcel)) is not None:
                    self._chosen.add(parcel.tag)
                    found.append(ready)
            if len(claimed) < asked:
                self._empty = upto
                self._rows = self._rows and upto is not self.work.last
                break
            if len(found) == limit:
                break
        return found

    async def _put_back(self, parcel: Parcel, wait: float) -> None:
        assert parcel.id is not None
        if len(self.work.shut) < SHUT:
            self.work.shut[parcel.tag] = self.monotonic + wait
            await outbox.wait_until(self.tx, parcel.id, self.now)
        else:
            until = self.now + timedelta(seconds=wait)
            await outbox.wait_until(self.tx, parcel.id, until)
            await outbox.postpone(self.tx, parcel.tag, until)

    async def _claim(
        self, limit: int, *, paced: bool = True, upto: Lane = Lane.DIGEST, oldest: bool = False
    ) -> list[Parcel]:
        return await claim(
            self.tx,
            self.now,
            lease=LEASE,
            paced=paced,
            upto=upto,
            oldest=oldest,
            closed={*self.flights.chats, *self._chosen, *self.work.shut} if paced else (),
            limit=limit,
        )

    async def _present(self, parcel: Parcel) -> Parcel | None:
        """A copy goes out in the present version, and not while its publication is held."""
        if parcel.publication is None:
            return parcel
        assert parcel.id is not None
        known = await walks.versions(self.tx, [parcel.publication])
        version, held = known[parcel.publication]
        if held and parcel.receipt is None:
            await outbox.set_aside(self.tx, parcel.id, outbox.Stage.HELD)
            return None
        ready = replace(parcel, version=version, receipt=await self._anew(parcel, version))
        return None if await self._unwanted(ready) else ready

    async def _unwanted(self, parcel: Parcel) -> bool:
        """Whether it would say something new to somebody who stopped while it was on its way: then

        it is not tried again. One that may have arrived is kept, for people to know.
        """
        says = parcel.receipt is None or parcel.receipt.way is Way.REPLY
        if not (says and parcel.chat.private):
            return False
        # Without a lock: somebody who is being erased holds theirs and waits for this row.
        settings = await subscribers.present(self.tx, parcel.tag, held=False)
        if settings is None or not settings.paused:
            return False
        assert parcel.id is not None
        if parcel.doubts:
            await outbox.set_aside(self.tx, parcel.id, outbox.Stage.UNKNOWN)
        else:
            await outbox.done(self.tx, parcel.id)
        return True

    async def _anew(self, parcel: Parcel, version: int) -> Receipt | None:
        """A change that waited while another one was accepted: what is tried first for that one."""
        receipt = parcel.receipt
        if receipt is None or receipt.version == version or parcel.publication is None:
            return receipt
        kind = await revisions.kind_of(self.tx, parcel.publication, version)
        return replace(receipt, way=first_way(kind), version=version)

    async def _walk(self, course: Course, one: Waiting | Revising, limit: int) -> list[Parcel]:
        subject = one.subject if isinstance(one, Waiting) else ""
        flight = self.flights.of(course, subject)
        reached = None
        if isinstance(one, Waiting):
            reserved = await walking.reserve(
                self.tx,
                self.atlas,
                one.id,
                self.worker,
                self.now,
                limit=limit,
                flight=flight,
                closed=self._closed,
            )
        else:
            reserved, reached = await changes.revise(
                self.tx,
                one,
                self.worker,
                self.now,
                limit=limit,
                after=self.work.reached.get(course, one.cursor),
                flight=flight,
                closed=self._closed,
            )
        self._notes.append((course, subject, reserved, reached))
        self._chosen.update(parcel.tag for parcel in reserved.parcels)
        assert all(course_of(parcel) == course for parcel in reserved.parcels)
        return list(reserved.parcels)

    def _closed(self, tag: PersonTag) -> float | None:
        if (wait := self.pace.opening(tag, self.monotonic)) > 0:
            return wait
        return 0.0 if tag in self._chosen or tag in self.flights.chats else None
