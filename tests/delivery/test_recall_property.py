"""Taking back and correcting reach exactly those who received it, whatever else goes on meanwhile.

Here calls take their time and fare as chance will, so that recalls come amid sending.
"""

import os
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.outbox import Lane
from bot.domain.publications import Kind, Revision, Want
from storage.crypto import Keyring
from tests.delivery.ledger import Issue
from tests.delivery.one_thread import LeapingLoop, in_memory
from tests.delivery.small_world import World
from tests.delivery.telegram_in_memory import Call, Fate

PEOPLE = 12
NIGHTLY = "TOCSIN_NIGHTLY" in os.environ
EXAMPLES = 600 if NIGHTLY else 30
DEEDS = ["stop", "forget", "block", "migrate", "crash", "restart", "unfollow", "resume"]
TROUBLE = [*Fate]
"""As likely as each other in the share of calls that go wrong."""

deeds = st.lists(
    st.tuples(st.floats(0.0, 0.6), st.sampled_from(DEEDS), st.integers(0, PEOPLE - 1)),
    max_size=12,
)
revisions = st.lists(
    st.tuples(
        st.floats(0.0, 1.0),
        st.sampled_from([Revision.CORRECT, Revision.AMEND, Revision.MASK, Revision.RECALL]),
    ),
    min_size=1,
    max_size=3,
)


def luck(seed: int, trouble: float) -> Callable[[Call], Awaitable[Fate]]:
    """Answers after 20 to 300 ms; a share of them is trouble."""
    chance = random.Random(seed)

    async def fate(call: Call) -> Fate:
        await call.delay(chance.uniform(0.02, 0.3))
        return chance.choice(TROUBLE) if chance.random() < trouble else Fate.DONE

    return fate


@pytest.mark.parametrize("want", [Want.NEWS, Want.CHANGES])
@given(deeds, revisions, st.integers(0, 2**16), st.sampled_from([0.0, 0.1, 0.5]))
@settings(max_examples=EXAMPLES // 2, derandomize=not NIGHTLY)
def test_a_revision_reaches_exactly_those_who_received_it(
    template: Path,
    keys: Keyring,
    want: Want,
    deeds: list[tuple[float, str, int]],
    revisions: list[tuple[float, Revision]],
    seed: int,
    trouble: float,
) -> None:
    world = World(LeapingLoop(), in_memory(template, keys), people=PEOPLE)
    try:
        for reader in world.readers:
            world.follow(reader, world.city)
        world.telegram.decide = luck(seed, trouble)
        lane = Lane.NEWS if want is Want.NEWS else Lane.ALERT
        issue = world.publish(Kind.BROADCAST, "broadcast:1", lane, want, world.city)
        _live(world, issue, deeds, revisions)
        world.rest(luck(seed, 0.0))
        _check(world, issue)
    finally:
        world.close()


def _live(
    world: World,
    issue: Issue,
    deeds: list[tuple[float, str, int]],
    revisions: list[tuple[float, Revision]],
) -> None:
    """One thing after another, at its time."""
    now, later = 0.0, 0.0
    plan: list[tuple[float, str | Revision, int]] = []
    for wait, name, n in deeds:
        plan.append((now := now + wait, name, n))
    for wait, kind in revisions:
        plan.append((later := later + wait, kind, 0))
    began = world.loop.time()
    for at, deed, n in sorted(plan, key=lambda one: one[0]):
        world.loop.advance(max(0.0, began + at - world.loop.time()))
        if isinstance(deed, Revision):
            _revise(world, issue, deed)
        else:
            _do(world, deed, n)


def _revise(world: World, issue: Issue, kind: Revision) -> None:
    if issue.kind is Revision.RECALL:
        return
    if issue.held and kind is not Revision.RECALL:
        kind = Revision.RESTORE
    world.revise(issue, kind)


def _do(world: World, deed: str, n: int) -> None:
    reader = world.readers[n]
    match deed:
        case "stop" if reader.listens:
            world.stop(reader)
        case "resume" if reader.paused and reader.there:
            world.resume(reader)
        case "forget":
            world.forget(reader)
        case "unfollow" if reader.places:
            world.unfollow(reader, world.city)
        case "block":
            world.block(reader)
        case "migrate" if world.group.chat > -10_000:
            world.migrate()
        case "crash":
            world.crash(lambda call: call.number % 2 == 0)
        case "restart":
            world.restart()
        case _:
            pass


def _check(world: World, issue: Issue) -> None:
    """Nobody but holders was written to about it later, and of them everybody."""
    for reader in world.readers:
        posts = world.telegram.chat(reader.chat).posts
        held = (issue, reader) in world.ledger.holds
        if issue.version > 1 and not held:
            copies = [p for p in posts.values() if p.reply_to is None]
            assert all(p.text == p.first and p.alive for p in copies) or reader.life
    for (_, reader), (chat, message) in world.ledger.holds.items():
        here = world.telegram.chat(chat)
        if issue.kind is Revision.RECALL and reader.there and not here.blocked:
            assert not here.posts[message].alive
