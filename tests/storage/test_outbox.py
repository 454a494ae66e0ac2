"""The outbox gives rows out by lane and age, once, and forgets on request."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.domain.districts import DistrictId
from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from bot.domain.publications import Audience, Kind, PublicationId, Want
from storage import claims, outbox, publications, receipts
from storage.claims import Outlook
from storage.db import Database, Tx
from storage.outbox import Stage
from storage.parcels import Parcel, copy_for
from storage.retention import purge
from tests.clock import Clock
from tests.walking import arrived

VERA, IVAN = TelegramId(700700700), TelegramId(800800800)
LEASE = timedelta(minutes=3)
MINUTE = timedelta(minutes=1)


async def queue(
    tx: Tx, clock: Clock, chat: TelegramId = VERA, lane: Lane = Lane.REPLY, text: bytes = b"x"
) -> None:
    """Queue one task."""
    await outbox.add(tx, lane=lane, chat=chat, task=text, now=clock())


async def take(tx: Tx, clock: Clock, **options: object) -> list[Parcel]:
    """Claim everything that is due."""
    return await claims.claim(tx, clock(), lease=LEASE, limit=50, **options)  # type: ignore[arg-type]  # claim's own options


async def publish(tx: Tx, clock: Clock, subject: str = "rally:1") -> PublicationId:
    """Accept a publication for nobody in particular."""
    return await publications.add(
        tx,
        kind=Kind.RALLY,
        subject=subject,
        code="AAAA-AAAA",
        lane=Lane.RALLY,
        audience=Audience(frozenset({DistrictId(1)}), Want.RALLIES),
        accepted_at=clock(),
        expires_at=clock() + timedelta(days=1),
    )


async def copy(tx: Tx, clock: Clock, publication: PublicationId, chat: TelegramId = VERA) -> bool:
    """Queue one copy."""
    made = copy_for(tx, chat, publication, "en", lane=Lane.RALLY, now=clock())
    return await outbox.add_copy(tx, made, clock())


async def left(tx: Tx) -> int:
    """Rows of the outbox."""
    return int((await tx.execute(select(func.count()).select_from(outbox.table))).scalar_one())


async def test_rows_leave_by_lane_then_by_age(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        for lane, text in ((Lane.NEWS, b"1"), (Lane.ALERT, b"2"), (Lane.NEWS, b"3")):
            await queue(tx, clock, lane=lane, text=text)
        assert [parcel.task for parcel in await take(tx, clock)] == [b"2", b"1", b"3"]


async def test_a_row_is_given_out_once_until_its_lease_ends(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        await queue(tx, clock)
        assert len(await take(tx, clock)) == 1
        assert await take(tx, clock) == []
        clock.move(LEASE)
        assert len(await take(tx, clock)) == 1


async def test_a_row_whose_worker_may_have_died_is_due_when_its_lease_ends(
    db: Database, clock: Clock
) -> None:
    async with db.tx() as tx:
        assert await claims.outlook(tx, clock()) == Outlook()
        await queue(tx, clock)
        await take(tx, clock)
        assert await claims.outlook(tx, clock()) == Outlook(then=clock() + LEASE)


async def test_a_row_that_is_not_due_waits(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        await queue(tx, clock)
        (parcel,) = await take(tx, clock)
        assert parcel.id is not None
        await outbox.requeue(tx, parcel.id, due=clock() + MINUTE)
        assert await take(tx, clock) == []
        assert await claims.outlook(tx, clock()) == Outlook(then=clock() + MINUTE)
        clock.move(MINUTE)
        (again,) = await take(tx, clock)
        assert (again.attempts, again.doubts) == (1, 0)


async def test_a_clock_that_was_set_back_holds_nothing_up_and_gives_nothing_out_twice(
    db: Database, clock: Clock
) -> None:
    async with db.tx() as tx:
        await queue(tx, clock)
        clock.move(timedelta(hours=-5))
        assert len(await take(tx, clock)) == 1
        assert await take(tx, clock) == []


async def test_closed_chats_are_passed_over(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        await queue(tx, clock, VERA)
        await queue(tx, clock, IVAN)
        (parcel,) = await take(tx, clock, closed={tx.keys.tag(VERA)})
        assert parcel.chat == IVAN


async def test_answers_to_presses_go_their_own_way(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        await queue(tx, clock)
        await outbox.add(tx, lane=Lane.REPLY, chat=VERA, task=b"toast", now=clock(), paced=False)
        assert [p.task for p in await take(tx, clock, paced=False)] == [b"toast"]
        assert [p.task for p in await take(tx, clock)] == [b"x"]


async def test_the_same_cause_queues_once(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        for wanted in (True, False):
            done = await outbox.add(
                tx, lane=Lane.REPLY, chat=VERA, task=b"x", now=clock(), cause="u1:0"
            )
            assert done is wanted
        assert await left(tx) == 1


async def test_a_chat_gets_one_copy_of_a_publication(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        id = await publish(tx, clock)
        assert await copy(tx, clock, id)
        assert not await copy(tx, clock, id)
        assert await copy(tx, clock, id, IVAN)
        assert await left(tx) == 2


async def test_nothing_in_the_row_tells_chat_or_text(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        await queue(tx, clock, text=b"private words")
        row = (await tx.execute(select(outbox.table))).one()
    everything = b"".join(value for value in row if isinstance(value, bytes))
    assert b"private words" not in everything
    assert str(VERA.reveal()).encode() not in everything


async def test_forgetting_removes_rows_and_receipts_of_that_chat_only(
    db: Database, clock: Clock
) -> None:
    async with db.tx() as tx:
        id = await publish(tx, clock)
        for chat in (VERA, IVAN):
            await copy(tx, clock, id, chat)
            await queue(tx, clock, chat)
        for parcel in await take(tx, clock):
            if parcel.publication is not None:
                await arrived(tx, parcel, clock())
                await copy(tx, clock, await publish(tx, clock, "rally:2"), parcel.chat)
        await outbox.forget(tx, tx.keys.tag(VERA))
        chats = (await tx.execute(select(outbox.table.c.tag))).scalars().all()
        kept = (await tx.execute(select(receipts.table.c.tag))).scalars().all()
        assert set(chats) == set(kept) == {tx.keys.tag(IVAN)}


async def test_after_a_crash_everything_in_flight_waits_again(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        await queue(tx, clock)
        await queue(tx, clock, IVAN)
        await take(tx, clock)
        assert await outbox.recover(tx, clock(), wait=lambda doubts: timedelta(0)) == 2
        assert [parcel.doubts for parcel in await take(tx, clock)] == [1, 1]


async def test_what_was_in_flight_waits_longer_after_each_crash_and_its_chat_with_it(
    db: Database, clock: Clock
) -> None:
    async with db.tx() as tx:
        await queue(tx, clock, text=b"first")
        await queue(tx, clock, text=b"second")
        for crashes in (1, 2):
            (parcel,) = await claims.claim(tx, clock(), lease=LEASE)
            assert parcel.task == b"first"
            await outbox.recover(tx, clock(), wait=lambda doubts: MINUTE * (doubts + 1))
            clock.move(MINUTE * crashes - timedelta(seconds=1))
            assert await take(tx, clock) == []
            clock.move(timedelta(seconds=1))
        assert [parcel.task for parcel in await take(tx, clock)] == [b"first", b"second"]


@pytest.mark.parametrize(("how", "aside"), [("requeue", 0), ("recover", 1)])
async def test_what_a_newer_text_replaced_is_never_sent_again(
    db: Database, clock: Clock, how: str, aside: int
) -> None:
    async with db.tx() as tx:
        await copy(tx, clock, await publish(tx, clock))
        (parcel,) = await take(tx, clock)
        await publish(tx, clock, "rally:2")
        newer = await publish(tx, clock, "rally:1")
        await publications.halt(tx, "rally:1", before=newer)
        if how == "requeue":
            assert parcel.id is not None
            await outbox.requeue(tx, parcel.id, due=clock())
        else:
            await outbox.recover(tx, clock(), wait=lambda doubts: timedelta(0))
        assert await take(tx, clock) == []
        assert await left(tx) == aside


async def test_withdrawing_spares_what_is_in_flight(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        id = await publish(tx, clock)
        await copy(tx, clock, id)
        await take(tx, clock)
        await copy(tx, clock, id, IVAN)
        assert await outbox.withdraw(tx, [id]) == 1
        assert await left(tx) == 1


async def test_a_whole_chat_can_be_postponed(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        for chat in (VERA, VERA, IVAN):
            await queue(tx, clock, chat)
        await outbox.postpone(tx, tx.keys.tag(VERA), clock() + MINUTE)
        assert [parcel.chat for parcel in await take(tx, clock)] == [IVAN]
        clock.move(MINUTE)
        assert [parcel.chat for parcel in await take(tx, clock)] == [VERA, VERA]


async def test_old_replies_and_old_refusals_are_swept(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        await queue(tx, clock)
        await queue(tx, clock, lane=Lane.NEWS)
        (parcel,) = await claims.claim(tx, clock(), lease=LEASE)
        assert parcel.id is not None
        await outbox.set_aside(tx, parcel.id, Stage.FAILED)
        clock.move(timedelta(days=1))
        assert await outbox.sweep(tx, clock()) == 1
        assert await left(tx) == 1


async def test_open_rows_are_those_due_or_in_flight(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        await queue(tx, clock)
        await queue(tx, clock, IVAN)
        (parcel, _) = await take(tx, clock)
        assert parcel.id is not None
        await outbox.requeue(tx, parcel.id, due=clock() + MINUTE)
        assert await outbox.open_rows(tx, clock()) == 1


async def test_receipts_live_until_their_own_end(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        id = await publish(tx, clock)
        await copy(tx, clock, id)
        (parcel,) = await take(tx, clock)
        await arrived(tx, parcel, clock() + MINUTE, message_id=77)
        row = (await tx.execute(select(receipts.table))).one()
        assert receipts.open_(tx.keys, row.message, tag=row.tag).message_id == 77
        await purge(tx, clock())
        assert (await tx.execute(select(receipts.table))).one_or_none() is not None
        await purge(tx, clock() + MINUTE)
        assert (await tx.execute(select(receipts.table))).one_or_none() is None
        assert (await publications.get(tx, id)) is not None


async def test_a_damaged_row_is_set_aside_and_the_others_leave(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        await queue(tx, clock, text=b"damaged")
        await queue(tx, clock, text=b"whole")
        first = select(func.min(outbox.table.c.id)).scalar_subquery()
        spoilt = outbox.table.update().where(outbox.table.c.id == first).values(task=b"x" * 40)
        await tx.execute(spoilt)
        assert [parcel.task for parcel in await take(tx, clock)] == [b"whole"]
        stages = (await tx.execute(select(outbox.table.c.stage))).scalars().all()
        assert sorted(stages) == [Stage.FAILED, Stage.SENDING]
