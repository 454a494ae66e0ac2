"""Somebody of staff loses their rights while something waits for them, or at that very moment."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from bot.domain.errors import Gone, Refused
from bot.domain.items import Item, ItemState
from bot.domain.motions import Motion as AboutStaff
from bot.domain.motions import MotionId, MotionKind
from bot.domain.rallies import AlreadyDecided, Deed, Rally, Reason, Request, Stage
from bot.domain.sources import Motion
from bot.domain.staff import Role, Staff, StaffState
from bot.services.motions import Motions
from bot.services.staff import Staffing
from storage import staff
from storage.db import Database
from tests.clock import Clock
from tests.newsroom import Newsroom
from tests.rally_house import ANNA, BORIS, CLARA, OLGA, RallyHouse, draft, open_rally_house
from tests.team import enrol, settle
from tests.vetting import vet


@pytest.fixture
async def house(db: Database, clock: Clock) -> RallyHouse:
    return await open_rally_house(db, clock)


async def member(house: RallyHouse, id: int) -> Staff:
    """An account as it is now."""
    async with house.db.tx(write=False) as tx:
        found = await staff.get(tx, house.ids[id])
    assert found is not None
    return found


async def submitted(house: RallyHouse, by: int, *, nth: int = 1) -> Rally:
    """A draft that waits for approval."""
    await draft(house[by])
    await house[by].press("Send for approval")
    return await house.rally(nth)


async def set_state(db: Database, who: Staff, state: StaffState) -> None:
    """As two custodians decide."""
    async with db.tx() as tx:
        await staff.set_state(tx, who.id, state)


async def suspend_and_reinstate(db: Database, clock: Clock, who: Staff) -> None:
    """Lose the rights and get them back."""
    await Staffing(db, clock).suspend(who, who.id)
    await set_state(db, who, StaffState.ACTIVE)


async def outcomes(*deeds: Coroutine[Any, Any, Any]) -> list[str]:
    """Do all at the same moment: what became of each, ``done`` or the name of its refusal."""
    found = await asyncio.gather(*deeds, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException) and not isinstance(one, Refused):
            raise one
    return [type(o).__name__ if isinstance(o, Refused) else "done" for o in found]


async def test_an_approval_of_a_rally_does_not_return_with_the_rights(
    house: RallyHouse, clock: Clock
) -> None:
    rally = await submitted(house, OLGA)
    anna = await member(house, ANNA)
    assert (await house.rallies.approve(anna, rally.id, rally.digest))[1], "one is not enough"
    await suspend_and_reinstate(house.db, clock, anna)
    _, waits = await house.rallies.approve(await member(house, BORIS), rally.id, rally.digest)
    assert waits
    _, waits = await house.rallies.approve(await member(house, CLARA), rally.id, rally.digest)
    assert not waits
    assert len(await house.published()) == 1


async def test_what_a_suspended_person_asked_for_is_a_draft_again(
    house: RallyHouse, clock: Clock
) -> None:
    rally = await submitted(house, ANNA)
    await suspend_and_reinstate(house.db, clock, await member(house, ANNA))
    with pytest.raises(AlreadyDecided):
        await house.rallies.approve(await member(house, BORIS), rally.id, rally.digest)
    assert (await house.rally()).stage is Stage.DRAFT
    assert await house.published() == []


async def test_a_pending_cancellation_falls_with_whoever_asked(
    house: RallyHouse, clock: Clock
) -> None:
    rally = await house.announce()
    anna = await member(house, ANNA)
    cancel = Request(Deed.CANCEL, anna.id, reason=Reason.WEATHER)
    asked = await house.rallies.ask(anna, rally.id, cancel)
    await suspend_and_reinstate(house.db, clock, anna)
    with pytest.raises(AlreadyDecided):
        await house.rallies.approve(await member(house, BORIS), rally.id, asked.digest)
    assert (await house.rally()).stage is Stage.REVEALED


async def test_whoever_was_suspended_since_their_screen_was_shown_decides_nothing(
    house: RallyHouse, clock: Clock
) -> None:
    public, rally = await house.announce(), await submitted(house, OLGA, nth=2)
    boris, clara = await member(house, BORIS), await member(house, CLARA)
    await Staffing(house.db, clock).suspend(clara, boris.id)
    rallies = house.rallies
    for deed in (
        rallies.approve(boris, rally.id, rally.digest),
        rallies.refuse(boris, rally.id, rally.digest, why="no", final=True),
        rallies.suspend(boris, public.id, Reason.SAFETY),
        rallies.submit(boris, rally.facts),
    ):
        with pytest.raises(Gone):
            await deed


async def test_approval_and_suspension_at_the_same_moment_have_an_order(
    house: RallyHouse, clock: Clock
) -> None:
    rally = await submitted(house, ANNA)
    boris, clara = await member(house, BORIS), await member(house, CLARA)
    approved, suspended = await outcomes(
        house.rallies.approve(boris, rally.id, rally.digest),
        Staffing(house.db, clock).suspend(clara, boris.id),
    )
    assert suspended == "done"
    assert approved in ("done", "Gone")
    assert len(await house.published()) == (approved == "done")


async def test_two_approvals_at_the_same_moment_publish_once(house: RallyHouse) -> None:
    rally = await submitted(house, ANNA)
    boris, clara = await member(house, BORIS), await member(house, CLARA)
    found = await outcomes(
        house.rallies.approve(boris, rally.id, rally.digest),
        house.rallies.approve(clara, rally.id, rally.digest),
        house.rallies.approve(boris, rally.id, rally.digest),
    )
    assert found.count("done") == 1
    assert (await house.rally()).agreed == 2
    assert len(await house.published()) == 1


async def test_two_halves_of_a_quorum_at_the_same_moment_are_one_whole(house: RallyHouse) -> None:
    rally = await submitted(house, OLGA)
    anna, boris = await member(house, ANNA), await member(house, BORIS)
    found = await outcomes(
        *(house.rallies.approve(by, rally.id, rally.digest) for by in (anna, boris))
    )
    assert found == ["done", "done"]
    assert len(await house.published()) == 1


async def test_an_approval_of_an_item_does_not_return_with_the_rights(
    room: Newsroom, clock: Clock
) -> None:
    item = await waiting(room)
    await room.items.publish(room.anna, item.id, item.edition)
    await suspend_and_reinstate(room.db, clock, room.anna)
    half = await room.items.publish(room.boris, item.id, item.edition)
    assert (half.state, half.approved) == (ItemState.QUEUED, (room.boris.id,))
    assert await room.sent() == []


async def test_who_was_suspended_meanwhile_relays_and_vets_nothing(
    room: Newsroom, clock: Clock
) -> None:
    item = await waiting(room)
    source = await room.propose("/other")
    await Staffing(room.db, clock).suspend(room.boris, room.boris.id)
    for deed in (
        room.items.open(room.boris),
        room.items.publish(room.boris, item.id, item.edition),
        room.items.reject(room.boris, item.id, item.edition),
        room.sources.move(room.boris, source.id, Motion.VET),
        room.sources.hold(room.boris, item.source),
    ):
        with pytest.raises(Gone):
            await deed


async def test_a_motion_about_a_source_lacks_whoever_lost_their_rights(
    room: Newsroom, clock: Clock
) -> None:
    vetted, proposed = await room.vetted(), await room.propose("/other")
    moved = await room.sources.move(room.anna, vetted.id, Motion.REVOKE)
    assert (moved.motion, moved.agreed) == (Motion.REVOKE, (room.anna.id,))
    await suspend_and_reinstate(room.db, clock, room.anna)
    assert (await room.source(vetted.id)).motion is None
    again = await room.sources.move(room.boris, vetted.id, Motion.REVOKE)
    assert again.agreed == (room.boris.id,)
    assert (await room.source(proposed.id)).agreed == ()
    half = await vet(room.sources, room.boris, proposed.id)
    assert half.motion is Motion.VET, "the proposer's voice is gone, another is needed"


async def test_two_approvals_of_an_item_at_the_same_moment_publish_it_once(room: Newsroom) -> None:
    item = await waiting(room)
    found = await outcomes(
        *(room.items.publish(by, item.id, item.edition) for by in (room.anna, room.boris)),
        room.items.publish(room.anna, item.id, item.edition),
    )
    assert found.count("done") == 2
    assert [p.subject for p in await room.sent()] == [item.subject]


async def test_of_two_custodians_who_suspend_each_other_one_stays(
    db: Database, clock: Clock
) -> None:
    await settle(db)
    one = await enrol(db, 1, Role.CUSTODIAN)
    two = await enrol(db, 2, Role.CUSTODIAN, inviter=one)
    staffing = Staffing(db, clock)
    found = await outcomes(staffing.suspend(one, two.id), staffing.suspend(two, one.id))
    assert sorted(found) == ["Gone", "done"]
    active = [p for p in await staffing.everybody() if p.state is StaffState.ACTIVE]
    assert len(active) == 1


async def test_a_motion_falls_at_the_moment_its_author_is_suspended(
    db: Database, clock: Clock
) -> None:
    atlas, _ = await settle(db)
    one = await enrol(db, 1, Role.CUSTODIAN)
    two = await enrol(db, 2, Role.CUSTODIAN, inviter=one)
    three = await enrol(db, 3, Role.NEWS, inviter=two)
    custody = Motions(db, atlas, clock)
    assert not await custody.move(one, AboutStaff(MotionKind.REVOKE, one.id, three.id), "bot")
    found = await outcomes(
        Staffing(db, clock).suspend(two, one.id),
        custody.second(two, MotionId(1), ok=True, bot="bot"),
    )
    state = (await Staffing(db, clock).everybody())[2].state
    assert found[0] == "done"
    assert state is (StaffState.REVOKED if found[1] == "done" else StaffState.ACTIVE)


async def waiting(room: Newsroom) -> Item:
    """One item that needs two people."""
    await room.vetted("/feed", 1)
    await room.publish(1, 2)
    return (await room.queue())[0]
