"""What comes together is stored together; what cannot be stored harms nobody, nothing is lost."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import pytest

from bot.domain.sources import SourceId
from bot.services import gathering
from bot.services.gathering import MOST, Answer, Gathering
from feeds.failures import Hints
from feeds.fetch import Unchanged
from feeds.headers import Validators

NOTHING_NEW = Unchanged(Validators(), Hints(), "https://news.example.org/rss")
ONE, TWO, THREE = SourceId(1), SourceId(2), SourceId(3)
LONG = 60
"""Seconds within which what must happen does, on any machine."""


@dataclass
class Shelf:
    """Where answers are stored; ``bad`` ones cannot be, ``unread`` must be read whole first."""

    bad: Collection[SourceId] = ()
    unread: Collection[SourceId] = ()
    batches: list[list[SourceId]] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    at_work: int = 0

    async def store(self, came: Mapping[SourceId, Answer]) -> Collection[SourceId]:
        self.at_work += 1
        assert self.at_work == 1, "two transactions at a time"
        try:
            await self.open.wait()
            self.batches.append(list(came))
            if set(came) & set(self.bad):
                raise ValueError(str(sorted(set(came) & set(self.bad))))
            return set(came) & set(self.unread)
        finally:
            self.at_work -= 1


@pytest.fixture
def shelf() -> Shelf:
    made = Shelf()
    made.open.set()
    return made


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def bring(desk: Gathering, shelf: Shelf, *sources: int) -> list["asyncio.Task[bool]"]:
    """Each on its way, and there."""

    async def one(source: int) -> bool:
        with desk.coming():
            return await desk.take(SourceId(source), NOTHING_NEW, shelf.store)

    loop = asyncio.get_running_loop()
    return [loop.create_task(one(source)) for source in sources]


async def together(desk: Gathering, shelf: Shelf, *sources: int) -> list[bool | BaseException]:
    """All are ready before the first is stored."""
    with desk.coming():
        tasks = bring(desk, shelf, *sources)
        await settle()
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_one_alone_is_stored_at_once(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "LINGER", 10 * LONG)
    assert await asyncio.wait_for(bring(Gathering(), shelf, 1)[0], LONG)
    assert shelf.batches == [[ONE]]


async def test_what_comes_while_another_is_stored_goes_together(shelf: Shelf) -> None:
    desk = Gathering()
    shelf.open.clear()
    (first,) = bring(desk, shelf, 1)
    await settle()
    others = bring(desk, shelf, 2, 3)
    await settle()
    shelf.open.set()
    assert await asyncio.gather(first, *others) == [True] * 3
    assert shelf.batches == [[ONE], [TWO, THREE]]


async def test_what_is_ready_waits_a_little_for_what_is_being_read(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "LINGER", 10 * LONG)
    desk = Gathering()
    with desk.coming():
        (first,) = bring(desk, shelf, 1)
        await settle()
        assert shelf.batches == []
        assert await asyncio.wait_for(desk.take(TWO, NOTHING_NEW, shelf.store), LONG)
    assert await first
    assert shelf.batches == [[ONE, TWO]]


async def test_nobody_waits_for_what_never_comes(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "LINGER", 0.001)
    desk = Gathering()
    with desk.coming():
        assert await asyncio.wait_for(bring(desk, shelf, 1)[0], LONG)


async def test_one_that_cannot_be_stored_harms_only_itself(shelf: Shelf) -> None:
    shelf.bad = [TWO]
    done = await together(Gathering(), shelf, 1, 2, 3)
    assert (done[0], done[2]) == (True, True)
    assert isinstance(done[1], ValueError)
    assert shelf.batches == [[ONE, TWO, THREE], [ONE], [TWO], [THREE]]


async def test_one_that_must_be_read_whole_is_told_so(shelf: Shelf) -> None:
    shelf.unread = [TWO]
    assert await together(Gathering(), shelf, 1, 2, 3) == [True, False, True]
    assert shelf.batches == [[ONE, TWO, THREE]]


async def test_a_batch_has_a_bound_and_one_answer_of_each_source(shelf: Shelf) -> None:
    many = [*range(1, MOST + 3), 1]
    assert await together(Gathering(), shelf, *many) == [True] * len(many)
    assert [len(batch) for batch in shelf.batches] == [MOST, 3]
    assert sorted(id for batch in shelf.batches for id in batch) == sorted(many)


@pytest.mark.parametrize("whose", [0, 1])
async def test_who_is_broken_off_takes_nobody_along(shelf: Shelf, whose: int) -> None:
    """The first of them is the one who stores."""
    desk = Gathering()
    shelf.open.clear()
    tasks = bring(desk, shelf, 1, 2, 3)
    await settle()
    tasks[whose].cancel()
    await settle()
    shelf.open.set()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in done] == [
        asyncio.CancelledError if number == whose else bool for number in range(3)
    ]
    stored: Callable[[SourceId], int] = [id for one in shelf.batches for id in one].count
    assert (stored(TWO) if whose == 0 else stored(ONE), stored(THREE)) == (1, 1)
