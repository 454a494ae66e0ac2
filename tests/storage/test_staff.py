"""Accounts, branches and invitations in the database."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from bot.domain.motions import Motion, MotionId, MotionKind
from bot.domain.privacy import TelegramId
from bot.domain.staff import Grant, Role, StaffId, StaffState
from storage import motions, retention, staff
from storage.db import Database
from tests.clock import Clock
from tests.team import enrol, settle


async def test_an_account_comes_back_with_its_roles(db: Database) -> None:
    _, places = await settle(db)
    held = (Grant(Role.NEWS, places.city), Grant(Role.EVENTS))
    one = await enrol(db, 4242, *held, lang="nl")
    async with db.tx(write=False) as tx:
        assert await staff.by_person(tx, TelegramId(4242)) == one
        assert await staff.listed(tx) == [one]
        assert await staff.chat_of(tx, one.id) == (TelegramId(4242), "nl")
        assert await staff.taken(tx) == {one.alias}
        assert await staff.by_person(tx, TelegramId(1)) is None
        assert await staff.chat_of(tx, StaffId(99)) is None
    assert one.grants == frozenset(held)
    async with db.tx() as tx:
        await staff.regrant(tx, one.id, [Grant(Role.DUTY)])
        await staff.set_lang(tx, one.id, "fr")
        await staff.set_state(tx, one.id, StaffState.SUSPENDED)
        again = await staff.get(tx, one.id)
        assert (await staff.chat_of(tx, one.id) or (None, ""))[1] == "fr"
    assert again is not None
    assert again.grants == frozenset({Grant(Role.DUTY)})
    assert again.state is StaffState.SUSPENDED


async def test_branches_start_below_the_root_and_count_while_somebody_is_active(
    db: Database,
) -> None:
    root = await enrol(db, 1, Role.CUSTODIAN)
    left = await enrol(db, 2, Role.NEWS, inviter=root)
    leaf = await enrol(db, 3, Role.NEWS, inviter=left)
    right = await enrol(db, 4, Role.NEWS, inviter=root)
    assert root.branch is None
    assert (left.branch, leaf.branch, right.branch) == (left.id, left.id, right.id)
    async with db.tx() as tx:
        assert await staff.branches(tx) == 2
        await staff.set_state(tx, right.id, StaffState.SUSPENDED)
        assert await staff.branches(tx) == 1


async def test_one_person_has_one_account(db: Database) -> None:
    await enrol(db, 1, Role.NEWS)
    with pytest.raises(IntegrityError):
        await enrol(db, 1, Role.NEWS)


async def test_an_invitation_is_taken_once_and_in_time(db: Database, clock: Clock) -> None:
    root = await enrol(db, 1, Role.CUSTODIAN)
    held, until = [Grant(Role.NEWS)], clock() + timedelta(hours=24)
    async with db.tx() as tx:
        for code in (b"a", b"b", b"c"):
            inviter = None if code == b"c" else root.id
            digest = code * 32
            await staff.invite(tx, digest=digest, inviter=inviter, held=held, expires_at=until)
        assert await staff.invited(tx, b"a" * 32, clock()) == (root.id, held)
        assert await staff.invited(tx, b"a" * 32, until) is None
        assert await staff.redeem(tx, b"a" * 32, until) is None
        assert await staff.redeem(tx, b"a" * 32, clock()) == (root.id, held)
        assert await staff.redeem(tx, b"a" * 32, clock()) is None
        assert await staff.disinvite(tx, root.id) == 1
        assert await staff.invited(tx, b"c" * 32, clock()) == (None, held)
        assert (await retention.purge(tx, until))["staff_invites"] == 1


async def test_a_motion_waits_for_its_answer_and_is_taken_once(db: Database, clock: Clock) -> None:
    _, places = await settle(db)
    root = await enrol(db, 1, Role.CUSTODIAN)
    other = await enrol(db, 2, Role.CUSTODIAN, inviter=root)
    until = clock() + timedelta(hours=72)
    grants = frozenset({Grant(Role.NEWS), Grant(Role.NEWS, places.city), Grant(Role.DUTY)})
    motion = Motion(MotionKind.REGRANT, root.id, other.id, grants)
    async with db.tx() as tx:
        id = await motions.add(tx, motion, expires_at=until)
        assert await motions.get(tx, id, clock()) == motion
        assert await motions.get(tx, id, until) is None
        assert await motions.take(tx, id)
        assert not await motions.take(tx, id)
        later = await motions.add(tx, motion, expires_at=until)
        assert later > id, "an old button must never meet a new motion"
        await motions.drop(tx, other.id)
        assert await motions.get(tx, later, clock()) is None
        assert await motions.get(tx, MotionId(99), clock()) is None


@pytest.mark.parametrize("kind", MotionKind)
async def test_the_table_refuses_motions_about_oneself_or_about_nobody(
    db: Database, clock: Clock, kind: MotionKind
) -> None:
    root = await enrol(db, 1, Role.CUSTODIAN)
    wrong = root.id if kind is not MotionKind.INVITE else None
    author = root.id if wrong is not None else StaffId(99)
    with pytest.raises(IntegrityError):
        async with db.tx() as tx:
            await motions.add(tx, Motion(kind, author, wrong), expires_at=clock())
