"""A fetch ends: with a body, with nothing new, or with the reason why not."""

import asyncio
import gzip
import hashlib
import zlib
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from feeds.failures import (
    BadAddress,
    Challenge,
    FeedRefused,
    HttpStatus,
    RedirectLoop,
    TooLarge,
    TooSlow,
    Unreachable,
)
from feeds.fetch import Fetched, Fetcher, FetchLimits, Unchanged
from feeds.headers import Validators
from tests.feeds.server import FeedServer, Request, head

BODY = b"<rss version='2.0'><channel><title>t</title></channel></rss>"
DATE = "Sat, 21 Nov 2026 10:00:00 GMT"
LATER = "Sat, 21 Nov 2026 10:20:00 GMT"


@pytest.fixture
async def fetcher(server: FeedServer) -> AsyncIterator[Fetcher]:
    """A fetcher that may reach the test's server."""
    async with Fetcher(user_agent="Tocsin (test)", allow=server.allow) as running:
        yield running


@pytest.fixture
async def hasty(server: FeedServer) -> AsyncIterator[Fetcher]:
    """One that gives up after half a second."""
    limits = FetchLimits(deadline=0.5)
    async with Fetcher(user_agent="Tocsin (test)", allow=server.allow, limits=limits) as running:
        yield running


async def _failure(fetcher: Fetcher, address: str) -> FeedRefused:
    with pytest.raises(FeedRefused) as caught:
        await fetcher.fetch(address)
    return caught.value


async def test_a_feed_is_fetched_with_what_the_next_poll_needs(
    fetcher: Fetcher, server: FeedServer
) -> None:
    address = server.serve(
        "/rss", BODY, Content_Type="text/xml; charset=utf-8", ETag='"v1"', Last_Modified=DATE
    )
    fetched = await fetcher.fetch(address)
    digest = hashlib.sha256(BODY).digest()
    assert isinstance(fetched, Fetched)
    assert (fetched.body, fetched.content_type) == (BODY, "text/xml; charset=utf-8")
    assert fetched.validators == Validators(etag='"v1"', last_modified=DATE, body_hash=digest)
    assert (fetched.address, fetched.moved) == (address, "")


async def test_the_request_is_honest_and_carries_no_cookie(
    fetcher: Fetcher, server: FeedServer
) -> None:
    address = server.serve("/rss", BODY, Set_Cookie="id=1; Path=/")
    await fetcher.fetch(address)
    await fetcher.fetch(address)
    for request in server.requests:
        assert request.headers["user-agent"] == "Tocsin (test)"
        assert "atom+xml" in request.headers["accept"]
        assert request.headers["accept-encoding"] == "gzip, deflate"
        assert "cookie" not in request.headers


async def test_an_unchanged_feed_answers_304_and_keeps_its_validators(
    fetcher: Fetcher, server: FeedServer
) -> None:
    async def conditional(request: Request, writer: asyncio.StreamWriter) -> None:
        assert request.headers["if-none-match"] == '"v1"'
        assert request.headers["if-modified-since"] == DATE
        writer.write(head("304 Not Modified", Cache_Control="max-age=600"))

    known = Validators(etag='"v1"', last_modified=DATE, body_hash=b"h")
    answer = await fetcher.fetch(server.handle("/rss", conditional), known=known)
    assert isinstance(answer, Unchanged)
    assert answer.validators == known
    assert answer.hints.max_age == timedelta(minutes=10)


async def test_the_same_body_again_is_unchanged_whatever_the_headers_say(
    fetcher: Fetcher, server: FeedServer
) -> None:
    address = server.serve("/rss", BODY, ETag='"v2"')
    known = Validators(etag='"v1"', body_hash=hashlib.sha256(BODY).digest())
    answer = await fetcher.fetch(address, known=known)
    assert isinstance(answer, Unchanged)
    assert answer.validators.etag == '"v2"'


async def test_a_304_that_nobody_asked_for_is_an_error(
    fetcher: Fetcher, server: FeedServer
) -> None:
    failure = await _failure(fetcher, server.serve("/rss", status="304 Not Modified"))
    assert isinstance(failure, HttpStatus)


def _gzip(data: bytes) -> bytes:
    """The same bytes at any time, since they are the name of a test."""
    return gzip.compress(data, mtime=0)


def _raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", _gzip(BODY)),
        ("x-gzip", _gzip(BODY)),
        ("GZIP", _gzip(BODY[:20]) + _gzip(BODY[20:])),
        ("gzip", _gzip(BODY) + b"\0" * 20),
        ("deflate", zlib.compress(BODY)),
        ("deflate", _raw_deflate(BODY)),
        ("identity", BODY),
    ],
)
async def test_every_usual_coding_is_undone(
    fetcher: Fetcher, server: FeedServer, coding: str, packed: bytes
) -> None:
    fetched = await fetcher.fetch(server.serve("/rss", packed, Content_Encoding=coding))
    assert isinstance(fetched, Fetched)
    assert fetched.body == BODY


@pytest.mark.parametrize(
    ("coding", "packed", "reason"),
    [
        ("br", BODY, "encoding"),
        ("gzip, gzip", _gzip(_gzip(BODY)), "encoding"),
        ("gzip", b"not gzip at all", "encoding"),
        ("gzip", _gzip(BODY)[:-10], "cut"),
        ("deflate", zlib.compress(BODY)[:-6], "cut"),
    ],
)
async def test_a_broken_coding_is_told(
    fetcher: Fetcher, server: FeedServer, coding: str, packed: bytes, reason: str
) -> None:
    failure = await _failure(fetcher, server.serve("/rss", packed, Content_Encoding=coding))
    assert isinstance(failure, Unreachable)
    assert failure.reason == reason


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_a_bomb_is_refused_before_it_is_inflated(
    fetcher: Fetcher, server: FeedServer, coding: str
) -> None:
    packer = zlib.compressobj(9, wbits=31 if coding == "gzip" else 15)
    bomb = b"".join(packer.compress(b"\0" * 2**20) for _ in range(64))
    address = server.serve("/rss", bomb + packer.flush(), Content_Encoding=coding)
    assert isinstance(await _failure(fetcher, address), TooLarge)


async def test_a_huge_body_is_refused_with_or_without_its_length(
    fetcher: Fetcher, server: FeedServer
) -> None:
    async def endless(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head("200 OK"))
        while True:
            writer.write(b"a" * 2**16)
            await writer.drain()

    announced = await _failure(fetcher, server.serve("/known", b"a" * (2 * 2**20 + 1)))
    unannounced = await _failure(fetcher, server.handle("/unknown", endless))
    assert isinstance(announced, TooLarge)
    assert isinstance(unannounced, TooLarge)
    assert unannounced.args_["megabytes"] == 2


async def test_a_body_that_drips_ends_at_the_deadline(hasty: Fetcher, server: FeedServer) -> None:
    async def drip(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head("200 OK"))
        for _ in range(200):
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.05)

    assert isinstance(await _failure(hasty, server.handle("/rss", drip)), TooSlow)


async def test_headers_that_drip_end_at_the_deadline(hasty: Fetcher, server: FeedServer) -> None:
    async def drip(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(200):
            writer.write(f"X-{number}: y\r\n".encode())
            await writer.drain()
            await asyncio.sleep(0.05)

    assert isinstance(await _failure(hasty, server.handle("/rss", drip)), TooSlow)


async def test_endless_headers_are_refused(fetcher: Fetcher, server: FeedServer) -> None:
    async def endless(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nX: ")
        for _ in range(64):
            writer.write(b"y" * 2**16)
            await writer.drain()

    assert isinstance(await _failure(fetcher, server.handle("/rss", endless)), Unreachable)


async def test_a_server_that_never_answers_ends_at_the_deadline(
    hasty: Fetcher, server: FeedServer
) -> None:
    async def silent(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1)

    assert isinstance(await _failure(hasty, server.handle("/rss", silent)), TooSlow)


async def test_a_body_shorter_than_announced_was_broken_off(
    fetcher: Fetcher, server: FeedServer
) -> None:
    async def short(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head("200 OK", Content_Length="1000") + BODY)

    failure = await _failure(fetcher, server.handle("/rss", short))
    assert isinstance(failure, Unreachable)
    assert failure.reason == "cut"


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/9.9 abc\r\n\r\n", b"\0" * 64])
async def test_what_is_not_http_is_no_answer(
    fetcher: Fetcher, server: FeedServer, answer: bytes
) -> None:
    async def rude(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    assert isinstance(await _failure(fetcher, server.handle("/rss", rude)), Unreachable)


async def test_a_closed_port_is_unreachable(fetcher: Fetcher, server: FeedServer) -> None:
    await server.__aexit__()
    failure = await _failure(fetcher, server.url("/rss"))
    assert isinstance(failure, Unreachable)
    assert failure.reason == "connection"


async def test_redirects_are_followed_and_permanent_ones_reported(
    fetcher: Fetcher, server: FeedServer
) -> None:
    server.serve("/c", BODY)
    server.serve("/b", status="308 Permanent Redirect", Location="/c")
    first = server.serve("/a", status="301 Moved Permanently", Location="b")
    fetched = await fetcher.fetch(first)
    assert isinstance(fetched, Fetched)
    assert (fetched.address, fetched.moved) == (server.url("/c"), server.url("/c"))


async def test_what_follows_a_temporary_redirect_is_not_a_move(
    fetcher: Fetcher, server: FeedServer
) -> None:
    server.serve("/d", BODY)
    server.serve("/c", status="301 Moved Permanently", Location="/d")
    server.serve("/b", status="302 Found", Location="/c")
    first = server.serve("/a", status="301 Moved Permanently", Location="/b")
    fetched = await fetcher.fetch(first)
    assert isinstance(fetched, Fetched)
    assert (fetched.address, fetched.moved) == (server.url("/d"), server.url("/b"))


async def test_a_circle_of_redirects_ends(fetcher: Fetcher, server: FeedServer) -> None:
    server.serve("/b", status="302 Found", Location="/a")
    first = server.serve("/a", status="302 Found", Location="/b")
    assert isinstance(await _failure(fetcher, first), RedirectLoop)
    assert len(server.requests) == 2


async def test_a_long_chain_of_redirects_ends(fetcher: Fetcher, server: FeedServer) -> None:
    for number in range(20):
        server.serve(f"/{number}", status="302 Found", Location=f"/{number + 1}")
    assert isinstance(await _failure(fetcher, server.url("/0")), RedirectLoop)
    assert len(server.requests) == 4


@pytest.mark.parametrize("target", ["", "ftp://example.org/", "http://[", "javascript:alert(1)"])
async def test_a_redirect_to_nowhere_is_refused(
    fetcher: Fetcher, server: FeedServer, target: str
) -> None:
    address = server.serve("/a", status="302 Found", Location=target)
    assert isinstance(await _failure(fetcher, address), BadAddress | RedirectLoop)


@pytest.mark.parametrize("status", [204, 206, 400, 401, 403, 404, 410, 418, 429, 500, 503])
async def test_an_error_is_told_with_its_status(
    fetcher: Fetcher, server: FeedServer, status: int
) -> None:
    failure = await _failure(fetcher, server.serve("/rss", status=f"{status} No"))
    assert isinstance(failure, HttpStatus)
    assert failure.status == status


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
@pytest.mark.parametrize("wait", ["1200", LATER])
async def test_retry_after_is_heard_on_errors(
    fetcher: Fetcher, server: FeedServer, status: str, wait: str
) -> None:
    address = server.serve("/rss", status=status, Retry_After=wait, Date=DATE)
    assert (await _failure(fetcher, address)).hints.retry_after == timedelta(minutes=20)


@pytest.mark.parametrize(
    "headers",
    [
        {"cf-mitigated": "challenge", "Server": "cloudflare"},
        {"Server": "ddos-guard", "Content-Type": "text/html; charset=utf-8"},
    ],
)
async def test_a_wall_against_robots_is_recognised(
    fetcher: Fetcher, server: FeedServer, headers: dict[str, str]
) -> None:
    page = b"<html><title>Just a moment...</title></html>"
    address = server.serve("/rss", page, status="403 Forbidden", **headers)
    assert isinstance(await _failure(fetcher, address), Challenge)


async def test_one_host_gets_one_request_at_a_time(fetcher: Fetcher, server: FeedServer) -> None:
    async def slow(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.02)
        writer.write(head("200 OK", Content_Length="0"))

    addresses = [server.handle(f"/{number}", slow) for number in range(8)]
    await asyncio.gather(*map(fetcher.fetch, addresses))
    assert len(server.requests) == 8
    assert server.most_at_once == 1


async def test_waiting_for_a_turn_does_not_count_as_slowness(server: FeedServer) -> None:
    async def slow(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.8)
        writer.write(head("200 OK", Content_Length="0"))

    addresses = [server.handle(f"/{number}", slow) for number in range(3)]
    limits = FetchLimits(deadline=2.0)
    async with Fetcher(user_agent="test", allow=server.allow, limits=limits) as fetcher:
        fetched = await asyncio.gather(*map(fetcher.fetch, addresses))
    assert all(isinstance(answer, Fetched) for answer in fetched)


async def test_the_environment_names_no_proxy(
    fetcher: Fetcher, server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert isinstance(await fetcher.fetch(server.serve("/rss", BODY)), Fetched)
