"""Whatever staff do in whatever order: nothing of a held or revoked source is sent, everything of

a revoked one is taken back or marked, and no decision takes fewer people than the rules say.
"""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from bot.domain.cascades import Since
from bot.domain.errors import Refused
from bot.domain.evidence import Check
from bot.domain.items import LIFETIME, Flag, ItemId
from bot.domain.sources import STARTS, Hold, Motion, Source, SourceState
from bot.domain.staff import Staff, StaffState
from bot.services import sentinel
from bot.services.acting import void
from storage import items, new_items, sources, staff
from storage.crypto import Keyring
from storage.db import Tx
from storage.new_items import NewItem
from tests.vetting_room import FEW, Stage
from tests.walking import walk

EXAMPLES, LONG = 16, 60
STOPPED = (SourceState.HELD, SourceState.REVOKED)
# The rules once more, in words of their own: the house must not be measured by itself.
RELIABLE = (SourceState.TRUSTED, SourceState.REVIEW_DUE)
RELAYING = (SourceState.PROBATION, *RELIABLE)

who = st.integers(0, 3)
which = st.integers(0, FEW - 1)
any_item = st.integers(0, 10**6)


class Room(Stage):
    """Staff, feeds and time, each doing as they like."""

    @initialize(trusted=st.booleans(), impact=st.booleans(), flagged=st.booleans())
    def begin(self, trusted: bool, impact: bool, flagged: bool) -> None:
        """Two items of the first source are public: there is something to take back.

        Once it is trusted, a third one goes out, by as many people as that one takes.
        """
        for number in range(2):
            self.arrives(0, impact=False, flagged=False)
            self.everybody_approves(number)
            self.desk.clock.move(timedelta(hours=1))
        if trusted:
            self.ripen(0)
            self.wait(24 * 15)
            self.move(0, 0, Motion.TRUST)
            self.move(0, 1, Motion.TRUST)
            self.arrives(0, impact=impact, flagged=flagged)
            self.everybody_approves(2)

    @rule(n=which, by=who, check=st.none() | st.sampled_from(Check), on=st.booleans())
    def tick(self, n: int, by: int, check: Check | None, on: bool) -> None:
        """One check, or all of them."""
        for one in Check if check is None else [check]:
            with suppress(Refused):
                ticking = self.vetting.tick(
                    self.desk.people[by], self.id(n), one, on=on or check is None
                )
                self.desk.run(ticking)

    @rule(n=which, by=who)
    def vouch(self, n: int, by: int) -> None:
        """Check everything, and vet it."""
        self.tick(n, by, None, on=True)
        self.move(n, by, Motion.VET)

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
        assert self.line(first[0]) != self.line(last)
        self.carried.add(motion)
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
            new = NewItem(
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
            (id,) = await new_items.add(tx, [new])
            return id

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
        alone = source.state in RELIABLE and not (found.impact or found.flags)
        assert source.state in RELAYING
        assert len(behind) == len(sent.approved) >= (1 if alone else 2)
        assert len({self.line(p) for p in behind}) == len(behind)
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
            assert self.source_of(id).state not in STOPPED, "a copy of a source that is stopped"

    @rule(n=which, impact=st.booleans(), flagged=st.booleans())
    def goes_out(self, n: int, impact: bool, flagged: bool) -> None:
        """The whole way of an item, as far as it comes: to copies that wait to be sent."""
        self.arrives(n, impact=impact, flagged=flagged)
        self.everybody_approves(self.serial - 1)
        self.walk()

    @rule(n=which, first=who, second=who)
    def lift(self, n: int, first: int, second: int) -> None:
        """One stops it; two want it to go on."""
        self.hold(n, first)
        self.move(n, first, Motion.LIFT)
        self.move(n, second, Motion.LIFT)

    @rule(n=which, first=who, second=who, since=st.sampled_from(Since))
    def revoke(self, n: int, first: int, second: int, since: Since) -> None:
        """Two want it gone, whatever is on its way."""
        self.goes_out(n, impact=False, flagged=False)
        self.move(n, first, Motion.REVOKE, since=since)
        self.agree(n, second)

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
            assert self.source_of(id).state not in STOPPED


def test_rules_hold_whatever_staff_feeds_and_time_do(template: Path, keys: Keyring) -> None:
    Room.template, Room.keys = template, keys
    Room.reached, Room.sent_under, Room.carried = set(), set(), set()
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
    assert {SourceState.PROBATION, SourceState.TRUSTED} <= Room.sent_under
    assert {Motion.VET, Motion.TRUST, Motion.LIFT, Motion.REVOKE} <= Room.carried
