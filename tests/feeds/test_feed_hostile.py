"""A hostile document costs a child, never the bot: it ends in time and in a known way."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from benchmarks.common.gauge import peak
from bot.domain.entries import FeedDocument
from feeds import clean
from feeds.child import limit_cpu, limit_process
from feeds.failures import FeedRefused, Malformed, ParserDown, TooSlow
from feeds.parse import ParseLimits, Parser, _Child
from tests.feeds.hostile import DOCUMENTS, item, mutated, rss

# Shorter than the real ones, so that the suite stays short; one test below uses the real ones.
HASTY = ParseLimits(cpu=1, wall=1.5)
PROMISED_SECONDS = 6.0
MOST_MEGABYTES = 10
MUTATED = 10_000 if "TOCSIN_NIGHTLY" in os.environ else 200


@asynccontextmanager
async def _longest_freeze() -> AsyncIterator[list[float]]:
    """Seconds of processor time that the loop's thread spent without a break, at worst.

    What other processes of the machine take does not count.
    """
    worst = [0.0]

    async def tick() -> None:
        while True:
            before = time.thread_time()
            await asyncio.sleep(0.01)
            worst[0] = max(worst[0], time.thread_time() - before)

    async with asyncio.TaskGroup() as group:
        ticking = group.create_task(tick())
        yield worst
        ticking.cancel()


async def _read(parser: Parser, body: bytes) -> FeedDocument | FeedRefused:
    try:
        return await parser.parse(body, address="https://feeds.example.org/x")
    except FeedRefused as refusal:
        return refusal


def _fit_to_show(document: FeedDocument) -> bool:
    texts = [document.title, *(t for e in document.entries for t in (e.title, e.summary))]
    return all(clean.line(text, longest=600) == text for text in texts)


async def test_every_hostile_document_ends_in_time_and_in_a_known_way() -> None:
    clock = asyncio.get_running_loop().time
    room = asyncio.Semaphore(2)
    slow, unfit = [], []
    async with Parser(children=2, limits=HASTY) as parser, _longest_freeze() as freeze:

        async def judge(name: str, body: bytes) -> None:
            async with room:
                started = clock()
                outcome = await _read(parser, body)
            if clock() - started > PROMISED_SECONDS:
                slow.append(name)
            if isinstance(outcome, FeedDocument) and not _fit_to_show(outcome):
                unfit.append(name)

        await asyncio.gather(*(judge(name, body) for name, body in DOCUMENTS.items()))
        good = await parser.parse(item("<title>still here</title>"))
    assert len(DOCUMENTS) >= 60
    assert (slow, unfit) == ([], [])
    assert freeze[0] < 1.0
    assert good.entries[0].title == "still here"


async def test_the_real_limits_keep_the_promise() -> None:
    clock = asyncio.get_running_loop().time
    async with Parser(children=1) as parser:
        started = clock()
        outcome = await _read(parser, DOCUMENTS["many attributes"])
        assert clock() - started <= PROMISED_SECONDS
    assert isinstance(outcome, FeedDocument | FeedRefused)


async def test_a_new_child_and_the_longest_reading_fit_into_the_promise_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Counted, not timed: what is allowed in all is what is allowed for both, one after another."""
    timeout, open_now, counted = asyncio.timeout, list[float](), list[tuple[float, ...]]()

    @asynccontextmanager
    async def noted(seconds: float) -> AsyncIterator[None]:
        open_now.append(seconds)
        counted.append(tuple(open_now))
        try:
            async with timeout(seconds):
                yield
        finally:
            open_now.pop()

    begun = list[tuple[float, ...]]()
    spawn = _Child.spawn

    async def spawned() -> _Child:
        begun.append(tuple(open_now))
        return await spawn()

    monkeypatch.setattr(_Child, "spawn", spawned)
    monkeypatch.setattr(asyncio, "timeout", noted)
    limits, parser = ParseLimits(), Parser(children=1)
    try:
        await parser.parse(item("<title>t</title>"))
    finally:
        await parser.close()
    # The child was started within the deadline of the whole, and so was the reading.
    assert begun == [(limits.whole,)]
    assert counted == [(limits.whole,), (limits.whole, limits.wall)]
    assert limits.wall + 1.5 <= limits.whole < PROMISED_SECONDS


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> list[_Child]:
    """No child comes up before the deadline, which is over as soon as one is waited for."""
    timeout, deadlines, waited = asyncio.timeout, list[asyncio.Timeout](), list[_Child]()

    def noted(seconds: float) -> asyncio.Timeout:
        deadlines.append(timeout(seconds))
        return deadlines[-1]

    async def never(child: _Child) -> None:
        waited.append(child)
        deadlines[-1].reschedule(0.0)
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio, "timeout", noted)
    monkeypatch.setattr(_Child, "come_up", never)
    return waited


async def test_a_child_that_comes_up_late_is_our_fault_and_serves_the_next_document(
    late: list[_Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    parser = Parser(children=1)
    for _ in range(2):
        with pytest.raises(ParserDown):
            await parser.parse(item("<title>t</title>"))
    assert late[0] is late[1]
    monkeypatch.undo()
    try:
        assert (await parser.parse(item("<title>t</title>"))).entries[0].title == "t"
        assert parser._idle == late[:1]
    finally:
        await parser.close()
    assert not late[0].alive


async def test_a_child_that_will_never_come_up_is_given_up(late: list[_Child]) -> None:
    parser = Parser(children=1, limits=ParseLimits(start=-1.0))
    for _ in range(2):
        with pytest.raises(ParserDown):
            await parser.parse(item("<title>t</title>"))
    assert late[0] is not late[1]
    assert not any(child.alive for child in late)


async def test_a_child_that_is_late_when_all_begins_stops_the_beginning(
    late: list[_Child],
) -> None:
    parser = Parser(children=1)
    with pytest.raises(ParserDown):
        await parser.open()
    await parser.close()
    assert not late[0].alive


async def test_a_child_that_died_while_it_came_up_is_our_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spawn = _Child.spawn

    async def stillborn() -> _Child:
        child = await spawn()
        child._process.kill()
        return child

    monkeypatch.setattr(_Child, "spawn", stillborn)
    with pytest.raises(ParserDown):
        await Parser().parse(item("<title>t</title>"))


async def test_when_a_late_start_left_too_little_time_the_source_is_not_blamed() -> None:
    async with Parser(children=1, limits=ParseLimits(whole=0.2)) as parser:
        child = parser._idle[0]
        child._process.send_signal(signal.SIGSTOP)
        with pytest.raises(ParserDown):
            await parser.parse(item("<title>t</title>"))
        assert not child.alive


async def test_no_entity_is_expanded_and_no_file_read(parser: Parser) -> None:
    for name in ("billion laughs", "laughs after a comment", "quadratic entity", "file entity"):
        assert isinstance(await _read(parser, DOCUMENTS[name]), Malformed)
    late = await _read(parser, DOCUMENTS["laughs after the root"])
    assert isinstance(late, FeedDocument)
    assert "lol" not in str(late)


async def test_utf7_is_refused_rather_than_decoded(parser: Parser) -> None:
    outcome = await _read(parser, DOCUMENTS["utf-7"])
    assert isinstance(outcome, Malformed)
    assert outcome.reason == "utf-7"


async def test_a_child_that_hangs_is_killed_and_others_go_on() -> None:
    limits = ParseLimits(cpu=30, wall=0.5)
    async with Parser(children=2, limits=limits) as parser:
        # A child that sleeps stands for one that waits for ever: its processor time stands still.
        stuck = parser._idle[0]
        stuck._process.send_signal(signal.SIGSTOP)
        with pytest.raises(TooSlow):
            await parser.parse(item("<title>t</title>"))
        assert (await parser.parse(item("<title>t</title>"))).entries[0].title == "t"


async def test_a_child_killed_while_it_waits_is_replaced(parser: Parser) -> None:
    parser._idle[0]._process.kill()
    await parser._idle[0]._process.wait()
    assert (await parser.parse(item("<title>t</title>"))).entries[0].title == "t"


async def test_a_child_killed_at_work_costs_its_document_only(parser: Parser) -> None:
    child = parser._idle[0]
    child._process.send_signal(signal.SIGSTOP)
    async with asyncio.TaskGroup() as group:
        outcome = group.create_task(_read(parser, item("<title>t</title>")))
        await asyncio.sleep(0.05)
        child._process.kill()
    assert isinstance(outcome.result(), Malformed)
    assert (await parser.parse(item("<title>t</title>"))).entries[0].title == "t"


async def test_no_child_is_our_fault_and_not_the_source_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nonexistent/python")
    with pytest.raises(ParserDown):
        await Parser().parse(item("<title>t</title>"))


def test_a_platform_without_limits_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resource", None)
    assert limit_process() is False
    limit_cpu(5)


async def test_an_abandoned_parse_leaves_no_child_behind() -> None:
    async with Parser(children=1) as parser:
        child = parser._idle[0]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await parser.parse(rss("<a xml:base='b/'>" * 60_000))
        assert child._process.returncode is not None
        assert (await parser.parse(item("<title>t</title>"))).entries[0].title == "t"


@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="needs /proc")
async def test_a_child_is_bounded_by_the_kernel(parser: Parser) -> None:
    limits = Path(f"/proc/{parser._idle[0]._process.pid}/limits").read_text()
    rows = {row[:25].strip(): row[25:].split()[0] for row in limits.splitlines()}
    assert parser.limited
    assert int(rows["Max address space"]) == 512 * 2**20
    assert (rows["Max file size"], rows["Max core file size"]) == ("0", "0")


async def test_mutated_documents_end_in_a_known_way(parser: Parser) -> None:
    outcomes = [await _read(parser, body) for body in mutated(MUTATED)]
    assert sum(isinstance(outcome, FeedDocument) for outcome in outcomes) > MUTATED // 8


async def test_reading_what_is_hostile_leaves_memory_as_it_was() -> None:
    names = ("long title", "many items", "json of many items", "distinct categories", "open tags")
    async with Parser(children=2, limits=HASTY) as parser:
        await _read(parser, item("<title>t</title>"))
        async with peak(every=0.01) as memory:
            await asyncio.gather(*(_read(parser, DOCUMENTS[name]) for name in names * 2))
    assert memory.growth <= MOST_MEGABYTES
