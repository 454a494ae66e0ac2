"""The server that the benchmark of delivery counts with."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.delivery.arrivals import arrival
from benchmarks.delivery.stub import CHAT, Options, Request, cut, listen
from benchmarks.delivery.window import Window

GAPS = st.lists(st.sampled_from([0.0, 0.01, 0.1, 0.3, 0.5, 1.0, 2.0]), max_size=80)


@given(GAPS, st.integers(1, 8))
def test_a_window_refuses_exactly_what_would_be_too_many_in_a_second(
    gaps: list[float], limit: int
) -> None:
    window, accepted, now = Window(limit), list[float](), 0.0
    for gap in gaps:
        now += gap
        recent = sum(1 for at in accepted if at > now - 1.0)
        wait = window.retry_after(now)
        assert (wait is None) == (recent < limit)
        if wait is None:
            accepted.append(now)
        else:
            assert wait == 1


REQUEST = st.tuples(
    st.sampled_from([b"/bot1:A/sendMessage", b"/bot1:A/getMe", b"/control/report"]),
    st.binary(max_size=40),
)


@given(st.lists(REQUEST, max_size=5), st.lists(st.integers(0, 400), max_size=6))
def test_requests_are_read_wherever_the_stream_is_torn(
    sent: list[Request], tears: list[int]
) -> None:
    stream = b"".join(
        b"POST %s HTTP/1.1\r\nHost: stub\r\ncontent-length: %d\r\n\r\n%s" % (path, len(body), body)
        for path, body in sent
    )
    edges = [0, *sorted(min(tear, len(stream)) for tear in tears), len(stream)]
    buffer, got = b"", list[Request]()
    for start, end in pairwise(edges):
        buffer += stream[start:end]
        while (found := cut(buffer)) is not None:
            request, buffer = found
            got.append(request)
    assert (got, buffer) == (sent, b"")


@pytest.mark.parametrize(
    "body",
    [
        b'{"chat_id":100000007,"text":"chat"}',
        b'{"text":"chat","chat_id": "100000007"}',
        b"chat_id=100000007&text=chat",
    ],
)
def test_a_chat_is_found_as_every_client_writes_it(body: bytes) -> None:
    found = CHAT.search(body)
    assert found is not None
    assert found[1] == b"100000007"


async def test_messages_are_counted_refused_and_reported() -> None:
    async with _asking(Options(limit=2)) as (ask, _):
        statuses = [await ask("sendMessage", {"chat_id": n, "text": "a"}) for n in (7, 7, 8)]
        assert [status for status, _ in statuses] == [200, 200, 429]
        assert statuses[0][1]["result"]["chat"]["id"] == 7
        ids = [told["result"]["message_id"] for _, told in statuses[:2]]
        assert ids[0] != ids[1]
        assert statuses[2][1]["parameters"]["retry_after"] == 1
        _, report = await ask("/control/report", {})
        assert (report["accepted"], report["refused"], report["chats"]) == (2, 1, 1)
        assert report["arrivals"] == sorted(report["arrivals"])


async def test_whoever_waits_for_a_mark_is_told_when_it_arrived() -> None:
    async with _asking(Options(way=0.02, back=0.02)) as (ask, url):
        async with asyncio.TaskGroup() as tasks:
            early = tasks.create_task(arrival(url, "mark-a1"))
            await ask("sendMessage", {"chat_id": 7, "text": "mark-a1 rally"})
        _, report = await ask("/control/report", {})
        assert early.result() == report["arrivals"][0]
        assert await arrival(url, "mark-a1") == early.result()


async def test_a_way_takes_its_time_in_both_directions() -> None:
    async with _asking(Options(way=0.05, jitter=0.01, back=0.04)) as (ask, _):
        loop = asyncio.get_running_loop()
        began = loop.time()
        await ask("sendMessage", {"chat_id": 7, "text": "a"})
        ended = loop.time()
        _, report = await ask("/control/report", {})
        assert report["arrivals"][0] - began > 0.049
        assert ended - report["arrivals"][0] > 0.039


@asynccontextmanager
async def _asking(options: Options) -> AsyncIterator[Any]:
    """A server in this process, and a way to call its methods: status and answer."""
    _, listening, port = await listen(options)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def ask(method: str, parameters: dict[str, Any]) -> tuple[int, Any]:
        path = method if method.startswith("/") else f"/bot1:A/{method}"
        body = json.dumps(parameters).encode()
        writer.write(b"POST %s HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (path.encode(), len(body)))
        writer.write(body)
        head = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        size = next(int(line.split(b":")[1]) for line in head if line.startswith(b"Content-Length"))
        return int(head[0].split()[1]), json.loads(await reader.readexactly(size))

    try:
        yield ask, f"http://127.0.0.1:{port}"
    finally:
        writer.close()
        listening.close()
        await listening.wait_closed()
