"""Whatever happens in whatever order: nothing replaced, unwanted or repeated without a reason."""

import os
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.domain.outbox import Lane
from bot.domain.publications import Kind, Revision, Want
from storage.crypto import Keyring
from tests.delivery.ledger import Issue, Reader
from tests.delivery.one_thread import LeapingLoop, in_memory
from tests.delivery.small_world import World
from tests.delivery.telegram_in_memory import Call, Fate

NIGHTLY = "TOCSIN_NIGHTLY" in os.environ
"""Look elsewhere each time, and much longer."""
STEPS = 15_000 if NIGHTLY else 3_000
LONG = 100
EXAMPLES = 1_700 if NIGHTLY else 45
"""Runs; some end before ``LONG`` steps."""
PEOPLE = 4
FEW = 6
"""Publications in a run, and as many changes of them: more would only take longer."""
SLOT = 0.05
"""Seconds that every deed takes: as long as one slot at 20/s."""
RARE = [Fate.TOO_MANY, Fate.FAULT, Fate.NOT_SENT, Fate.LOST_BEFORE, Fate.LOST_AFTER]
NEWS = [
    (Kind.ITEM, Lane.NEWS, Want.NEWS),
    (Kind.RALLY, Lane.RALLY, Want.RALLIES),
    (Kind.BROADCAST, Lane.ALERT, Want.CHANGES),
]

who = st.integers(0, PEOPLE - 1)
where = st.integers(0, 2)
which = st.integers(0, 10**6)


async def well(_call: Call) -> Fate:
    """Everything is answered as Telegram answers it."""
    return Fate.DONE


class Outbox(RuleBasedStateMachine):
    """People, staff, Telegram and the machine it all runs on, each doing as they like."""

    template: ClassVar[Path]
    keys: ClassVar[Keyring]
    steps: ClassVar[int] = 0
    seen: ClassVar[dict[str, int]] = {}

    def __init__(self) -> None:
        super().__init__()
        loop = LeapingLoop()
        self.world = World(loop, in_memory(self.template, self.keys), people=PEOPLE, in_flight=4)
        self.ledger = self.world.ledger
        for n in range(PEOPLE):
            self.world.follow(self.world.readers[n], self.world.city)

    def reader(self, n: int) -> Reader:
        return self.world.readers[n]

    def place(self, n: int) -> Any:
        return [self.world.city, *self.world.quarters][n]

    def passed(self, seconds: float = SLOT) -> None:
        type(self).steps += 1
        self.world.loop.advance(seconds)
        assert not self.ledger.broken, self.ledger.broken

    @rule(n=who, at=where)
    def somebody_follows(self, n: int, at: int) -> None:
        self.world.follow(self.reader(n), self.place(at))
        self.passed()

    @rule(n=who)
    def somebody_unfollows(self, n: int) -> None:
        reader = self.reader(n)
        if reader.places:
            self.world.unfollow(reader, min(reader.places))
        self.passed()

    @rule(n=who)
    def somebody_stops_or_resumes(self, n: int) -> None:
        reader = self.reader(n)
        if reader.there:
            (self.world.resume if reader.paused else self.world.stop)(reader)
        self.passed()

    @rule(n=who, blocks=st.booleans())
    def somebody_goes(self, n: int, blocks: bool) -> None:
        (self.world.block if blocks else self.world.forget)(self.reader(n))
        self.passed()

    @precondition(lambda self: self.world.group.chat > -10_000)
    @rule()
    def the_group_migrates(self) -> None:
        self.world.migrate()
        self.passed()

    @rule(n=who)
    def somebody_is_answered(self, n: int) -> None:
        if self.reader(n).there:
            self.world.answer(self.reader(n), "an answer")
        self.passed()

    @precondition(lambda self: len(self.ledger.issues) < FEW)
    @rule(what=st.sampled_from(NEWS), at=where)
    def something_is_published(self, what: tuple[Kind, Lane, Want], at: int) -> None:
        kind, lane, want = what
        subject = f"{kind}:{len(self.ledger.issues)}"
        self.world.publish(kind, subject, lane, want, self.place(at))
        self.passed()

    @precondition(lambda self: 0 < len(self.ledger.issues) < 2 * FEW)
    @rule(pick=which, at=where)
    def something_changes(self, pick: int, at: int) -> None:
        old = self.ledger.issues[pick % len(self.ledger.issues)]
        self.world.publish(Kind.RALLY, old.subject, Lane.RALLY, Want.CHANGES, self.place(at))
        self.passed()

    @precondition(lambda self: self.ledger.issues)
    @rule(pick=which, deed=which)
    def something_is_revised(self, pick: int, deed: int) -> None:
        issue = self.ledger.issues[-1 - pick % min(3, len(self.ledger.issues))]
        if deeds := _possible(issue):
            self.world.revise(issue, deeds[deed % len(deeds)])
        self.passed()

    @precondition(lambda self: self.world.telegram.waiting)
    @rule(pick=which)
    def a_call_is_answered(self, pick: int) -> None:
        waiting = self.world.telegram.waiting
        waiting[pick % len(waiting)].tell(Fate.DONE)
        self.passed()

    @precondition(lambda self: self.world.telegram.waiting)
    @rule(pick=which, fate=st.sampled_from(RARE))
    def a_call_goes_wrong(self, pick: int, fate: Fate) -> None:
        waiting = self.world.telegram.waiting
        waiting[pick % len(waiting)].tell(fate)
        self.passed()

    @precondition(lambda self: self.world.telegram.waiting)
    @rule()
    def all_calls_are_answered(self) -> None:
        for call in list(self.world.telegram.waiting):
            call.tell(Fate.DONE)
        self.passed(SLOT * 2)

    @rule(n=who)
    def messages_grow_old(self, n: int) -> None:
        for post in self.world.telegram.chat(self.reader(n).chat).posts.values():
            post.firm = True
        self.passed()

    @precondition(lambda self: self.world.telegram.waiting)
    @rule(arrived=which)
    def the_program_crashes(self, arrived: int) -> None:
        self.world.crash(lambda call: bool(arrived >> call.number % 20 & 1))
        self.passed()

    @rule(seconds=st.sampled_from([0.3, 1.1, 1.1, 3.0, 8.0, 25.0]))
    def time_passes(self, seconds: float) -> None:
        if seconds > 5:  # no call takes that long
            for call in list(self.world.telegram.waiting):
                call.tell(Fate.DONE)
        self.passed(seconds)

    def teardown(self) -> None:
        """Everything comes to rest, and everybody has what they should."""
        try:
            self.world.rest(well)
            for name, count in self.ledger.seen.items():
                self.seen[name] = self.seen.get(name, 0) + count
        finally:
            self.world.close()


def _possible(issue: Issue) -> list[Revision]:
    """What staff may do to a publication."""
    if issue.kind is Revision.RECALL:
        return []
    if issue.held:
        return [Revision.RESTORE, Revision.RECALL]
    return [Revision.AMEND, Revision.CORRECT, Revision.CORRECT, Revision.MASK, Revision.RECALL]


@pytest.fixture
def machine(template: Path, keys: Keyring, monkeypatch: pytest.MonkeyPatch) -> type[Outbox]:
    """The machine, on copies of one database; the engine hears of everything at once."""
    monkeypatch.setattr("bot.delivery.outbox.LOOK", 3600.0)
    Outbox.template, Outbox.keys, Outbox.steps, Outbox.seen = template, keys, 0, {}
    return Outbox


def test_the_outbox_keeps_its_word(machine: type[Outbox]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=LONG,
            derandomize=not NIGHTLY,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(f"{machine.steps} steps, {machine.seen}")
    assert machine.steps >= STEPS
