"""The inbox remembers every update once, sealed, until it is handled."""

from datetime import timedelta

from sqlalchemy import select

from bot.domain.privacy import TelegramId
from storage import inbox
from storage.db import Database
from storage.inbox import Stage
from storage.retention import purge
from tests.clock import Clock

VERA = TelegramId(700700700)


async def stored(db: Database, *ids: int) -> None:
    """Receive updates of one chat."""
    async with db.tx() as tx:
        for id in ids:
            await inbox.receive(tx, id, chat=VERA, payload=b"{}", now=Clock()())


async def test_an_update_waits_until_it_is_done(db: Database) -> None:
    await stored(db, 2, 1)
    async with db.tx() as tx:
        assert [one.id for one in await inbox.waiting(tx, limit=10)] == [1, 2]
        await inbox.done(tx, 1)
        assert [one.id for one in await inbox.waiting(tx, limit=10)] == [2]
        assert await inbox.waiting_ids(tx) == {2}


async def test_a_repeated_number_is_kept_once_even_after_it_was_handled(
    db: Database, clock: Clock
) -> None:
    await stored(db, 1)
    async with db.tx() as tx:
        assert not await inbox.receive(tx, 1, chat=VERA, payload=b"other", now=clock())
        await inbox.done(tx, 1)
        assert not await inbox.receive(tx, 1, chat=VERA, payload=b"other", now=clock())
        assert await inbox.waiting(tx, limit=10) == []


async def test_the_content_comes_back_but_never_lies_in_plain(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        await inbox.receive(tx, 1, chat=VERA, payload=b'{"text":"private"}', now=clock())
        (one,) = await inbox.waiting(tx, limit=1)
        row = (await tx.execute(select(inbox.table))).one()
        assert one.payload == b'{"text":"private"}'
        assert one.tag == tx.keys.tag(VERA)
        assert b"private" not in row.payload


async def test_what_is_in_hand_is_not_given_out_again(db: Database) -> None:
    await stored(db, 1, 2, 3, 4)
    async with db.tx() as tx:
        found = await inbox.waiting(tx, limit=2, taken={1, 2})
    assert [one.id for one in found] == [3, 4]


async def test_a_handled_update_leaves_only_its_number(db: Database) -> None:
    await stored(db, 1, 2)
    async with db.tx() as tx:
        await inbox.done(tx, 1)
        await inbox.poison(tx, 2, "{text: str}")
        rows = (await tx.execute(select(inbox.table).order_by(inbox.table.c.id))).all()
    assert [(r.stage, r.tag, r.payload, r.shape) for r in rows] == [
        (Stage.DONE, None, None, None),
        (Stage.POISON, None, None, "{text: str}"),
    ]


async def test_attempts_are_counted(db: Database) -> None:
    await stored(db, 1)
    async with db.tx() as tx:
        await inbox.tried(tx, 1)
        await inbox.tried(tx, 1)
        (one,) = await inbox.waiting(tx, limit=1)
    assert one.attempts == 2


async def test_numbers_are_forgotten_after_two_days(db: Database, clock: Clock) -> None:
    await stored(db, 1)
    async with db.tx() as tx:
        await inbox.done(tx, 1)
        await purge(tx, clock() + timedelta(hours=47))
        assert len((await tx.execute(select(inbox.table))).all()) == 1
        await purge(tx, clock() + timedelta(hours=48))
        assert (await tx.execute(select(inbox.table))).all() == []
