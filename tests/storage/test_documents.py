"""What was taken as what, and the keys that tell it again, on both databases."""

from datetime import timedelta

import pytest

from bot.domain.sources import Found, SourceId
from bot.domain.staff import Staff
from storage import documents, item_keys, sources
from storage.db import Database
from storage.documents import Last, Taken
from storage.item_keys import Seen
from tests.clock import Clock


def digest(n: int) -> bytes:
    """Some digest."""
    return bytes([n]) * 32


def keys(guid: int = 0, link: int = 0, text: int = 0, *, item: int = 0) -> Seen:
    """Keys of which 0 is none."""
    return Seen(item, *(digest(n) if n else b"" for n in (guid, link, text)))


@pytest.fixture
async def both(db: Database, clock: Clock, editor: Staff) -> tuple[SourceId, SourceId]:
    """Two sources."""
    async with db.tx() as tx:
        found = []
        for host in ("a.example", "b.example"):
            look = Found(f"https://{host}/rss", f"https://{host}/rss", host, "Paper", "en", 3)
            source = await sources.add(
                tx, look, districts=frozenset(), by=editor.id, agreed=(editor.id,), now=clock()
            )
            found.append(source.id)
    return found[0], found[1]


async def test_only_items_that_share_a_key_are_looked_up_with_all_their_versions(
    db: Database, clock: Clock, both: tuple[SourceId, SourceId]
) -> None:
    mine, other = both
    async with db.tx() as tx:
        rows = [keys(1, 11, 21), keys(2, 12, 22), keys(3, 13, 23), keys(0, 0, 24)]
        identities = await item_keys.remember(
            tx, {mine: rows, other: [keys(1, 12, 23), keys(4, 14, 24)]}, clock()
        )
        (one, two, three, four), (theirs, _) = identities[mine], identities[other]
        await item_keys.remember(tx, {mine: [keys(1, 11, 31, item=one)]}, clock())

        async def known(*met: Seen) -> list[int]:
            return [row.identity for row in (await item_keys.known(tx, {mine: met}))[mine]]

        assert await known(keys(1)) == [one, one]
        assert await known(keys(9, 12, 0), keys(0, 0, 31)) == [one, two, one]
        assert await known(keys(0, 0, 23), keys(0, 0, 24)) == [three, four]
        assert await known(keys(9, 19, 29)) == []
        assert await known(keys()) == []
        assert await known() == []
        assert await item_keys.any_known(tx, mine)
        both_shown = await item_keys.known(tx, {mine: [keys(2)], other: [keys(1), keys(0, 11)]})
        assert [row.identity for row in both_shown[mine]] == [two]
        assert [row.identity for row in both_shown[other]] == [theirs]


async def test_nothing_is_known_of_a_source_that_showed_nothing(
    db: Database, both: tuple[SourceId, SourceId]
) -> None:
    async with db.tx() as tx:
        assert not await item_keys.any_known(tx, both[0])
        assert await item_keys.remember(tx, {both[0]: []}, Clock()()) == {both[0]: []}
        last = (await documents.last(tx, both[:1]))[both[0]]
    assert (last.entries, last.stale(Clock()())) == ({}, True)


async def test_the_last_document_replaces_the_one_before(
    db: Database, clock: Clock, both: tuple[SourceId, SourceId]
) -> None:
    mine, other = both
    first, second = (Taken(bytes([n]) * 16, n, digest(n), b"", digest(n)) for n in (1, 2))
    async with db.tx() as tx:
        await documents.save(tx, {mine: Last({first.mark: first}, clock())})
        await documents.save(tx, {mine: Last({second.mark: second}, clock())})
        found = await documents.last(tx, both)
        last = found[mine]
        assert last.entries == {second.mark: second}
        assert not last.stale(clock())
        assert last.stale(clock() + timedelta(days=2))
        assert found[other].entries == {}
