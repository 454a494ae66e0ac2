"""Recent tellings are found by their link or by a hash that lies near, on each database."""

from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import select

from bot.domain.items import ItemId
from bot.domain.sources import SourceId
from storage import new_items, stories
from storage.db import Database
from storage.new_items import NewItem
from storage.retention import purge
from storage.stories import Print, Told
from tests.clock import Clock

NOBODY = Print(b"", None)
BITS = 12


async def tell(db: Database, source: SourceId, clock: Clock, *prints: Print) -> list[ItemId]:
    """Items with these prints."""
    new = [
        NewItem(
            source=source,
            identity=number + 1,
            title="Title",
            summary="",
            link="",
            language="",
            published=None,
            fetched_at=clock(),
            expires_at=clock() + stories.WINDOW,
        )
        for number in range(len(prints))
    ]
    async with db.tx() as tx:
        ids = await new_items.add(tx, new)
        told = [Told(id, source, id, one) for id, one in zip(ids, prints, strict=True)]
        await stories.add(tx, told, clock())
    return ids


async def near(db: Database, clock: Clock, *prints: Print) -> list[ItemId]:
    """Which items are found."""
    async with db.tx(write=False) as tx:
        return [told.item for told in await stories.near(tx, prints, clock(), bits=BITS)]


def flipped(text: int, *places: int) -> int:
    for place in places:
        text ^= 1 << place
    return text


async def test_a_link_finds_whoever_has_it(db: Database, clock: Clock, source: SourceId) -> None:
    link = b"a" * 32
    [one, _] = await tell(db, source, clock, Print(link, None), Print(b"b" * 32, None))
    assert await near(db, clock, Print(link, None)) == [one]
    assert await near(db, clock, NOBODY) == []


async def test_a_hash_of_seven_other_bits_is_always_found(
    db: Database, clock: Clock, source: SourceId
) -> None:
    chance, whole = Random(7), 0xFFFF_FFFF_0000_8001
    [one] = await tell(db, source, clock, Print(b"", whole))
    for _ in range(25):
        other = flipped(whole, *chance.sample(range(64), 7))
        assert await near(db, clock, Print(b"", other)) == [one]
    far = flipped(whole, *(16 * band + bit for band in range(4) for bit in (1, 5)))
    assert await near(db, clock, Print(b"", far)) == []


@pytest.mark.parametrize(("others", "found"), [(BITS, True), (BITS + 1, False), (40, False)])
async def test_what_only_has_a_band_in_common_is_not_told(
    db: Database, clock: Clock, source: SourceId, others: int, found: bool
) -> None:
    link, whole = b"l" * 32, 0x0123_4567_89AB_CDEF
    unlike = Print(link, whole ^ 0x00FF_FFFF_FFFF_FFFF)
    [one, linked] = await tell(db, source, clock, Print(b"", whole), unlike)
    text = flipped(whole, *Random(others).sample(range(16, 64), others))
    alike = [one] if found else []
    assert await near(db, clock, Print(b"", text)) == alike
    assert await near(db, clock, Print(link, text)) == [*alike, linked], "its link is enough"


async def test_what_is_found_is_told_whole(db: Database, clock: Clock, source: SourceId) -> None:
    kept = Print(b"c" * 32, 0x0123_4567_89AB_CDEF)
    [one] = await tell(db, source, clock, kept)
    async with db.tx(write=False) as tx:
        assert await stories.near(tx, [kept], clock(), bits=BITS) == [Told(one, source, one, kept)]


async def test_many_are_looked_up_at_once(db: Database, clock: Clock, source: SourceId) -> None:
    chance = Random(3)
    prints = [Print(bytes([n]) * 32, chance.getrandbits(64)) for n in range(1, 141)]
    ids = await tell(db, source, clock, *prints)
    assert await near(db, clock, *prints) == ids


async def test_after_three_days_it_is_forgotten(
    db: Database, clock: Clock, source: SourceId
) -> None:
    one = Print(b"d" * 32, 12345)
    await tell(db, source, clock, one)
    clock.move(timedelta(hours=72, seconds=1))
    assert await near(db, clock, one) == []
    async with db.tx() as tx:
        await purge(tx, clock())
        assert (await tx.execute(select(stories.table.c.item))).all() == []
