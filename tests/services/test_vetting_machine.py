"""Whatever staff do in whatever order: nothing of a held or revoked source is sent, everything of

a revoked one is taken back or marked, and no decision takes fewer people than the rules say.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from bot.domain.cascades import Since
from bot.domain.errors import Refused
from bot.domain.evidence import Check
from bot.domain.items import LIFETIME, Flag, Item, ItemId
from bot.domain.privacy import TelegramId
from bot.domain.publications import Kind, PublicationId, Revision, State
from bot.domain.sources import STARTS, Found, Hold, Motion, Source, SourceId, SourceState
from bot.domain.staff import Role, Staff, StaffState, independent
from bot.domain.subscribers import Settings
from bot.services import sentinel
from bot.services.acting import void
from bot.services.atlas import Atlas
from bot.services.cascades import Cascades
from bot.services.items import Items
from bot.services.sources import Sources
from bot.services.upkeep import Upkeep
from bot.services.vetting import Vetting
from feeds.failures import Unreachable
from storage import items, outbox, publications, revisions, sources, staff, subscribers
from storage.crypto import Keyring
from storage.db import Database, Tx
from tests.clock import Clock
from tests.delivery.one_thread import LeapingLoop, in_memory
from tests.team import Places, enrol, settle
from tests.vetting import vet
from tests.walking import walk

EXAMPLES, LONG = 25, 60
FEW = 2
"""Sources: enough for each to be mistaken for the other."""

who = st.integers(0, 3)
which = st.integers(0, FEW - 1)
any_item = st.integers(0, 10**6)


class Offline:
    """Nothing can be read: the machine is about people."""

    async def fetch(self, *_: object, **__: object) -> Any:
        """No answer."""
        raise Unreachable(reason="connection")


@dataclass
class Desk:
    """Services on a database in memory, and four people of three branches."""

    loop: LeapingLoop
    db: Database
    clock: Clock
    atlas: Atlas
    places: Places
    people: list[Staff] = field(default_factory=list)

    def run(self, work: Any) -> Any:
        """Carry it out now."""
        return self.loop.run_until_complete(work)

    def look(self, work: Any) -> Any:
        """Read something."""

        async def reading() -> Any:
            async with self.db.tx(write=False) as tx:
                return await work(tx)

        return self.run(reading())


class Room(RuleBasedStateMachine):
    """Staff, feeds and time, each doing as they like."""

    template: ClassVar[Path]
    keys: ClassVar[Keyring]
    reached: ClassVar[set[SourceState]] = set()
    sent_under: ClassVar[set[SourceState]] = set()

    def __init__(self) -> None:
        super().__init__()
        loop, clock = LeapingLoop(), Clock()
        db = in_memory(self.template, self.keys)
        atlas, places = loop.run_until_complete(settle(db))
        self.desk = Desk(loop, db, clock, atlas, places)
        root = self.desk.run(enrol(db, 1, Role.CUSTODIAN))
        anna = self.desk.run(enrol(db, 2, Role.NEWS, inviter=root))
        boris = self.desk.run(enrol(db, 3, Role.NEWS, inviter=root))
        claire = self.desk.run(enrol(db, 4, Role.NEWS, inviter=anna))
        dina = self.desk.run(enrol(db, 5, Role.NEWS, inviter=root))
        self.desk.people = [anna, boris, claire, dina]
        self.desk.run(self.follow())
        offline: Any = Offline()
        self.sources = Sources(db, atlas, clock, offline, offline)
        self.vetting = Vetting(db, atlas, clock)
        self.items = Items(db, atlas, clock)
        self.cascades = Cascades(db, atlas, clock)
        self.upkeep = Upkeep(db, atlas, clock)
        self.serial = 0
        for n in range(FEW):
            self.propose(anna, n)
        self.desk.run(vet(self.sources, boris, self.id(0)))

    async def follow(self) -> None:
        """Somebody reads the news of the city."""
        async with self.desk.db.tx() as tx:
            await subscribers.save(tx, TelegramId(77), Settings(lang="en"))
            await subscribers.follow(tx, TelegramId(77), self.desk.places.city)

    def teardown(self) -> None:
        """Whatever was left half done is finished: then nothing of a revoked one stands."""
        while self.desk.run(self.cascades.run()):
            pass
        for source in self.all():
            if source.state is SourceState.REVOKED:
                for item in self.published(source.id):
                    assert self.fate(item) & {Revision.RECALL, Revision.CORRECT}, item
        self.desk.run(self.desk.db.close())
        self.desk.loop.close()

    def propose(self, by: Staff, n: int) -> None:
        """A feed of its own domain."""
        address = f"https://medium{n}.example/rss"
        found = Found(address, address, f"medium{n}.example", f"Medium {n}", "en", 3)
        where = frozenset({self.desk.places.city})
        self.desk.run(self.sources.propose(by, found, where))

    @rule(n=which, by=who, check=st.sampled_from([*Check, None]), on=st.booleans())
    def tick(self, n: int, by: int, check: Check | None, on: bool) -> None:
        """One check, or all of them."""
        for one in Check if check is None else [check]:
            with suppress(Refused):
                ticking = self.vetting.tick(
                    self.desk.people[by], self.id(n), one, on=on or check is None
                )
                self.desk.run(ticking)

    @rule(
        n=which,
        by=who,
        motion=any_item,
        since=st.sampled_from(Since),
        item=any_item,
    )
    def ask(self, n: int, by: int, motion: int, since: Since, item: int) -> None:
        """Ask for something that its state allows."""
        state = self.get(n).state
        allowed = [one for one in Motion if state in STARTS[one]]
        if allowed:
            self.move(n, by, allowed[motion % len(allowed)], since=since, item=item)

    @rule(n=which, by=who)
    def agree(self, n: int, by: int) -> None:
        """Agree to what is shown."""
        shown = self.get(n)
        if shown.motion is not None:
            self.move(n, by, shown.motion, mark=shown.mark)

    @rule(n=which, first=who, second=who, motion=any_item, since=st.sampled_from(Since))
    def settle(self, n: int, first: int, second: int, motion: int, since: Since) -> None:
        """One asks and another one agrees at once, if they may."""
        self.ask(n, first, motion, since, 0)
        self.agree(n, second)

    @rule(n=which, by=who, motion=st.sampled_from(Motion))
    def press_an_old_button(self, n: int, by: int, motion: Motion) -> None:
        """Of another state, or about something else."""
        self.move(n, by, motion, mark="0" * 8)

    def move(
        self,
        n: int,
        by: int,
        motion: Motion,
        *,
        mark: str = "",
        since: Since = Since.VETTING,
        item: int = 0,
    ) -> None:
        """One press; what it changed is judged."""
        before, person = self.get(n), self.desk.people[by]
        named = self.item(item) if since is Since.ITEM else None
        moving = self.sources.move(
            person, before.id, motion, mark=mark, since=since, item=named.id if named else None
        )
        with suppress(Refused):
            self.desk.run(moving)
            after = self.get(n)
            if after.state is not before.state:
                self.judge(before, after, motion, person)

    def judge(self, before: Source, after: Source, motion: Motion, last: Staff) -> None:
        """A motion was carried: by two, of two branches, of whom none proposed and vetted alone."""
        first = [p for p in self.people() if p.id in before.agreed]
        assert before.state in STARTS[motion]
        assert before.motion is motion
        assert len(first) == 1
        assert first[0].id != last.id
        assert first[0].state is StaffState.ACTIVE
        assert independent(first[0], last) or self.branches() < 2
        if motion is Motion.VET:
            entry = self.desk.run(self.sources.entry(last, after.id))
            declared = {line.by for line in entry.log if line.check is Check.INTEREST}
            assert {first[0].id, last.id} <= declared
            assert {line.check for line in entry.log if line.ticked} == set(Check)

    @rule(n=which, by=who)
    def hold(self, n: int, by: int) -> None:
        """One person stops it."""
        with suppress(Refused):
            self.desk.run(self.sources.hold(self.desk.people[by], self.id(n)))

    @rule(n=which, why=st.sampled_from(Hold))
    def drift(self, n: int, why: Hold) -> None:
        """The bot stops it."""
        source = self.get(n)

        async def holding() -> None:
            async with self.desk.db.tx() as tx:
                now = self.desk.clock()
                await sentinel.hold(tx, self.desk.atlas.tree, source, why, now)

        with suppress(Refused):
            self.desk.run(holding())

    @rule(n=which, by=who)
    def object(self, n: int, by: int) -> None:
        """One person keeps everything as it is."""
        with suppress(Refused):
            self.desk.run(self.sources.object(self.desk.people[by], self.id(n)))

    @rule(by=who)
    def lose_rights(self, by: int) -> None:
        """Suspended and, with the next breath, reinstated: what they agreed to stays void."""
        person = self.desk.people[by]

        async def losing() -> None:
            async with self.desk.db.tx() as tx:
                await staff.set_state(tx, person.id, StaffState.SUSPENDED)
                await void(tx, person.id, self.desk.clock())
            async with self.desk.db.tx() as tx:
                await staff.set_state(tx, person.id, StaffState.ACTIVE)

        self.desk.run(losing())

    @rule(n=which, impact=st.booleans(), flagged=st.booleans())
    def arrives(self, n: int, impact: bool, flagged: bool) -> None:
        """Its feed shows something new."""
        source = self.get(n)
        if not source.watched:
            return
        self.serial += 1
        now = self.desk.clock()

        async def adding(tx: Tx) -> ItemId:
            return await items.add(
                tx,
                source=source.id,
                identity=self.serial,
                title=f"Story {self.serial}",
                summary="",
                link=f"https://{source.domain}/{self.serial}",
                language="en",
                published=None,
                fetched_at=now,
                expires_at=now + LIFETIME,
                impact=impact,
                flags=[Flag.PHONE] if flagged else [],
            )

        async def arriving() -> None:
            async with self.desk.db.tx() as tx:
                await adding(tx)

        self.desk.run(arriving())

    @rule(by=who, item=any_item)
    def approve(self, by: int, item: int) -> None:
        """One more person agrees to an item."""
        found = self.item(item)
        if found is None:
            return
        source, person = self.by_id(found.source), self.desk.people[by]
        before = self.count()
        with suppress(Refused):
            self.desk.run(self.items.publish(person, found.id, found.edition))
        if self.count() == before:
            return
        sent = self.desk.look(lambda tx: items.get(tx, found.id))
        behind = [p for p in self.people() if p.id in sent.approved]
        assert source.relays
        assert len(behind) == len(sent.approved) >= source.people_needed
        if found.impact or found.flags:
            assert len(behind) >= 2
        if len(behind) > 1 and self.branches() >= 2:
            assert independent(behind[0], behind[1])
        self.sent_under.add(source.state)

    @rule(item=any_item)
    def everybody_approves(self, item: int) -> None:
        """Whoever may."""
        for by in range(len(self.desk.people)):
            self.approve(by, item)

    @rule()
    def walk(self) -> None:
        """The next copies are made out: of none but sources that may relay."""
        before = self.copies()
        self.desk.run(walk(self.desk.db, self.desk.atlas, self.desk.clock))
        for id in self.copies() - before:
            assert self.source_of(id).relays, "a copy of a source that is stopped"

    @rule(hours=st.sampled_from([1, 24, 24 * 15, 24 * 70, 24 * 181]))
    def wait(self, hours: int) -> None:
        """Time passes, and does what it does."""
        self.desk.clock.move(timedelta(hours=hours))
        self.desk.run(self.upkeep.run_due())

    @rule()
    def go_on(self) -> None:
        """The taking back goes on, by one item."""
        self.desk.run(self.cascades._step())

    @rule(n=which)
    def ripen(self, n: int) -> None:
        """Many items were published meanwhile, which nobody wants to see one by one."""

        async def counting() -> None:
            async with self.desk.db.tx() as tx:
                for _ in range(20):
                    await sources.count_item(tx, self.id(n))

        self.desk.run(counting())

    @invariant()
    def nothing_of_a_stopped_source_waits_to_be_sent(self) -> None:
        """Not even what was made out before."""
        for source in self.all():
            self.reached.add(source.state)
        for id in self.copies():
            assert self.source_of(id).relays

    def id(self, n: int) -> SourceId:
        return SourceId(n + 1)

    def get(self, n: int) -> Source:
        return self.by_id(self.id(n))

    def by_id(self, id: SourceId) -> Source:
        found = self.desk.look(lambda tx: sources.get(tx, id))
        assert isinstance(found, Source)
        return found

    def all(self) -> list[Source]:
        return [self.get(n) for n in range(FEW)]

    def people(self) -> list[Staff]:
        found: list[Staff] = self.desk.look(staff.listed)
        return found

    def branches(self) -> int:
        return int(self.desk.look(staff.branches))

    def item(self, number: int) -> Item | None:
        if not self.serial:
            return None
        found: Item | None = self.desk.look(
            lambda tx: items.get(tx, ItemId(number % self.serial + 1))
        )
        return found

    def published(self, id: SourceId) -> list[Item]:
        found: list[Item] = self.desk.look(lambda tx: items.published(tx, source=id, limit=10_000))
        return found

    def fate(self, item: Item) -> set[Revision]:
        """What was done to what was sent of it; nothing sent is as good as taken back."""

        async def reading(tx: Tx) -> set[Revision]:
            sent = await publications.newest(tx, item.subject, kind=Kind.ITEM)
            if sent is None or sent.state is State.RECALLED:
                return {Revision.RECALL}
            mine = revisions.table.c.publication == sent.id
            kinds = await tx.execute(select(revisions.table.c.kind).where(mine))
            return {Revision(kind) for kind in kinds.scalars()}

        found: set[Revision] = self.desk.look(reading)
        return found

    def count(self) -> int:
        """How many items were ever made public."""

        async def reading(tx: Tx) -> int:
            query = select(func.count()).select_from(publications.table)
            return int((await tx.execute(query)).scalar_one())

        return int(self.desk.look(reading))

    def copies(self) -> set[PublicationId]:
        """Publications of which copies wait to be sent for the first time."""

        async def reading(tx: Tx) -> set[PublicationId]:
            rows = await tx.execute(select(outbox.table.c.publication).distinct())
            return {PublicationId(id) for id in rows.scalars() if id is not None}

        found: set[PublicationId] = self.desk.look(reading)
        return found

    def source_of(self, id: PublicationId) -> Source:
        sent = self.desk.look(lambda tx: publications.get(tx, id))
        number = ItemId(int(sent.subject.partition(":")[2]))
        item = self.desk.look(lambda tx: items.get(tx, number))
        return self.by_id(item.source)


def test_rules_hold_whatever_staff_feeds_and_time_do(template: Path, keys: Keyring) -> None:
    Room.template, Room.keys = template, keys
    Room.reached, Room.sent_under = set(), set()
    run_state_machine_as_test(
        Room,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=LONG,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert {SourceState.PROBATION, SourceState.HELD, SourceState.REVOKED} <= Room.reached
    assert SourceState.PROBATION in Room.sent_under, "it must have had something to take back"
