"""The engine rests while nothing can leave, and wakes when something can."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.delivery.outbox import Engine
from bot.domain.outbox import Lane
from bot.domain.publications import Kind, Revision, Want
from storage.crypto import Keyring
from tests.delivery.one_thread import LeapingLoop, in_memory
from tests.delivery.small_world import World
from tests.delivery.telegram_in_memory import Call, Fate


@pytest.fixture
def world(template: Path, keys: Keyring) -> Iterator[World]:
    """Two people."""
    made = World(LeapingLoop(), in_memory(template, keys), people=2)
    yield made
    made.close()


def test_a_row_that_waits_for_its_chat_keeps_nobody_busy(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    look = Engine._look

    async def counted(engine: Engine) -> None:
        looks.append(world.loop.time())
        await look(engine)

    monkeypatch.setattr(Engine, "_look", counted)
    vera = world.readers[0]
    for text in ("one answer", "another"):
        world.answer(vera, text)
    world.loop.advance(10.0)
    assert len(world.telegram.waiting) == 1
    assert len(looks) < 25
    world.telegram.waiting[0].tell(Fate.DONE)
    world.loop.advance(0.1)
    assert [call.text for call in world.telegram.waiting] == ["another"]


def test_a_channel_gets_its_copy_at_once(world: World) -> None:
    world.publish(Kind.ITEM, "item:1", Lane.NEWS, Want.NEWS, world.city)
    world.loop.advance(0.01)
    assert [call.chat for call in world.telegram.waiting] == [world.group.chat]


def test_after_a_crash_nothing_waits_for_the_lease_of_the_dead(world: World) -> None:
    for reader in world.readers:
        world.follow(reader, world.city)
    issue = world.publish(Kind.ITEM, "item:1", Lane.NEWS, Want.NEWS, world.city)
    world.publish(Kind.RALLY, "rally:1", Lane.RALLY, Want.RALLIES, world.city)
    for call in world.telegram.waiting:
        call.tell(Fate.TOO_MANY)
    world.loop.advance(0.01)
    world.crash(lambda _call: False)
    world.rest(done, within=30.0)
    assert world.ledger.copies[issue, world.readers[0], 0] == 1


async def done(_call: Call) -> Fate:
    """Everything is answered as Telegram answers it."""
    return Fate.DONE


def test_what_comes_of_an_erased_message_meets_no_later_one(world: World) -> None:
    vera = world.readers[0]
    world.follow(vera, world.city)
    world.answer(vera, "an answer")
    world.loop.advance(0.1)
    world.forget(vera)
    issue = world.publish(Kind.ITEM, "item:1", Lane.NEWS, Want.NEWS, world.city)
    world.telegram.waiting[0].tell(Fate.DONE)
    world.rest(done)
    assert world.ledger.copies[issue, world.group, 0] == 1


def test_a_recall_waits_for_the_edit_that_is_on_its_way(world: World) -> None:
    vera = world.readers[0]
    world.follow(vera, world.city)
    issue = world.publish(Kind.BROADCAST, "broadcast:1", Lane.ALERT, Want.CHANGES, world.city)
    for call in world.telegram.waiting:
        call.tell(Fate.DONE)
    world.loop.advance(0.1)
    for call in world.telegram.waiting:
        call.tell(Fate.DONE)
    world.loop.advance(0.1)
    world.revise(issue, Revision.AMEND)
    world.loop.advance(2.0)
    world.revise(issue, Revision.RECALL)
    world.rest(done)
    assert not world.telegram.chat(vera.chat).posts[1].alive


def test_a_change_reaches_whom_the_old_text_reaches_meanwhile(world: World) -> None:
    vera = world.readers[0]
    world.follow(vera, world.quarters[0])
    world.publish(Kind.RALLY, "rally:1", Lane.RALLY, Want.RALLIES, world.quarters[0])
    world.loop.advance(0.3)
    change = world.publish(Kind.RALLY, "rally:1", Lane.RALLY, Want.CHANGES, world.quarters[1])
    world.loop.advance(0.3)
    world.rest(done)
    assert world.ledger.copies[change, vera, 0] == 1


def test_what_was_on_its_way_to_somebody_who_stopped_is_not_tried_again(world: World) -> None:
    vera = world.readers[0]
    world.follow(vera, world.city)
    issue = world.publish(Kind.BROADCAST, "broadcast:1", Lane.ALERT, Want.CHANGES, world.city)
    world.loop.advance(0.1)
    for call in world.telegram.waiting:
        call.tell(Fate.TOO_MANY)
    world.loop.advance(4.0)
    world.stop(vera)
    world.crash(lambda _call: False)
    world.rest(done)
    assert world.ledger.copies[issue, vera, 0] == 0
