"""How hosts are treated, what is noted of their certificates, and ways through a proxy."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from feeds.certificates import Certificate
from feeds.failures import BadAddress, PrivateAddress, Unreachable
from feeds.fetch import Fetched, Fetcher, Unchanged
from feeds.headers import Validators
from feeds.turns import Kept, Turns
from tests.feeds.server import FeedServer, Request, head
from tests.publisher import Publisher

BODY = b"<rss version='2.0'><channel><title>t</title></channel></rss>"


async def test_a_connection_is_used_again(dials: list[tuple[str, int]]) -> None:
    async with Publisher() as publisher:
        address = publisher.put("/rss", BODY)
        async with Fetcher(user_agent="test", allow=publisher.allow) as fetcher:
            for _ in range(3):
                await fetcher.fetch(address)
    assert len(dials) == 1


async def test_beyond_a_bound_connections_are_closed_after_use(
    dials: list[tuple[str, int]],
) -> None:
    async with Publisher() as publisher:
        address = publisher.put("/rss", BODY)
        async with Fetcher(user_agent="test", allow=publisher.allow) as fetcher:
            fetcher._kept = Kept(seconds=75, most=0)
            for _ in range(3):
                await fetcher.fetch(address)
    assert len(dials) == 3


def test_only_so_many_hosts_keep_a_connection_and_known_ones_go_on() -> None:
    kept = Kept(seconds=60, most=2)
    assert [kept.keeps(host) for host in "abcab"] == [True, True, False, True, True]
    gone = Kept(seconds=-1, most=1)
    assert [gone.keeps(host) for host in "abc"] == [True, True, True]


async def test_a_turn_that_is_given_up_keeps_nobody_waiting() -> None:
    turns = Turns()
    async with turns.at("a"):
        waiting = asyncio.gather(_take(turns))
        await asyncio.sleep(0)
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting
    async with asyncio.timeout(1), turns.at("a"):
        pass
    assert turns._asking == {}


async def _take(turns: Turns) -> None:
    async with turns.at("a"):
        raise AssertionError


async def test_another_port_needs_to_be_named() -> None:
    async with (
        Fetcher(user_agent="test") as usual,
        Fetcher(user_agent="test", ports=(80, 443, 8443)) as wider,
    ):
        with pytest.raises(BadAddress):
            usual.guard.parse("https://a.example:8443/rss")
        assert wider.guard.parse("https://a.example:8443/rss").port == 8443
        with pytest.raises(PrivateAddress):
            wider.guard.vet("10.0.0.1", 8443)
        with pytest.raises(PrivateAddress):
            wider.guard.vet("8.8.8.8", 8080)


@asynccontextmanager
async def _encrypted(folder: Path, organisation: str) -> AsyncIterator[tuple[int, str, bytes]]:
    """A publisher with a certificate of its own; port, the certificate's file, its key's digest."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, "localhost"),
        ]
    )
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(Encoding.PEM)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    both = folder / f"{organisation}.pem"
    both.write_bytes(pem + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = Request(await reader.readuntil(b"\r\n\r\n"))
        known = request.headers.get("if-none-match") == '"1"'
        headers = {"ETag": '"1"', "Connection": "close"}
        if known:
            writer.write(head("304 Not Modified", **headers))
        else:
            writer.write(head("200 OK", Content_Length=str(len(BODY)), **headers) + BODY)
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    async with listening:
        yield listening.sockets[0].getsockname()[1], pem.decode(), sha256(public).digest()


async def test_what_a_certificate_says_comes_with_every_answer(tmp_path: Path) -> None:
    async with _encrypted(tmp_path, "Careful Certificates") as (port, pem, digest):
        trust = ssl.create_default_context(cadata=pem)
        allow = (f"localhost:{port}",)
        async with Fetcher(user_agent="test", allow=allow, trust=trust) as fetcher:
            address = f"https://localhost:{port}/rss"
            first = await fetcher.fetch(address)
            again = await fetcher.fetch(address, known=first.validators)
    assert isinstance(first, Fetched)
    assert isinstance(again, Unchanged)
    shown = Certificate("Careful Certificates", digest)
    assert (first.certificate, again.certificate) == (shown, shown)


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    async with (
        _encrypted(tmp_path, "Nobody") as (port, _, _),
        Fetcher(user_agent="test", allow=(f"localhost:{port}",)) as fetcher,
    ):
        with pytest.raises(Unreachable) as refused:
            await fetcher.fetch(f"https://localhost:{port}/rss")
    assert refused.value.reason == "tls"
    assert fetcher._witness.of("localhost") is None


async def test_without_encryption_there_is_no_certificate(server: FeedServer) -> None:
    async with Fetcher(user_agent="test", allow=server.allow) as fetcher:
        assert (await fetcher.fetch(server.serve("/rss", BODY))).certificate is None


async def test_an_http_proxy_is_asked_for_the_whole_address(server: FeedServer) -> None:
    server.serve("http://news.example/rss", BODY, ETag='"1"')
    proxy = f"http://127.0.0.1:{server.port}"
    async with Fetcher(user_agent="test", proxy=proxy) as fetcher:
        fetched = await fetcher.fetch("http://news.example/rss", known=Validators())
        assert fetched.validators.etag == '"1"'
        for refused in ("http://127.0.0.1/rss", "http://10.0.0.1/", "http://[::1]/", "http://nas/"):
            with pytest.raises(PrivateAddress):
                await fetcher.fetch(refused)
    assert [request.path for request in server.requests] == ["http://news.example/rss"]


async def test_a_proxy_that_is_down_is_no_answer(server: FeedServer) -> None:
    await server.__aexit__()
    async with Fetcher(user_agent="test", proxy=f"http://127.0.0.1:{server.port}") as fetcher:
        with pytest.raises(Unreachable) as silent:
            await fetcher.fetch("http://news.example/rss")
    assert silent.value.reason == "connection"


@asynccontextmanager
async def _socks(refuse: bool = False) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A SOCKS5 proxy that answers for everybody; its port, and the names it was asked for."""
    names: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, methods = await reader.readexactly(2)
        await reader.readexactly(methods)
        writer.write(b"\x05\x00")
        *_, kind = await reader.readexactly(4)
        assert kind == 3, "a name, not an address: it is resolved here"
        size = (await reader.readexactly(1))[0]
        names.append(await reader.readexactly(size))
        await reader.readexactly(2)
        writer.write(bytes([5, 2 if refuse else 0, 0, 1]) + bytes(6))
        if not refuse:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head("200 OK", Content_Length=str(len(BODY))) + BODY)
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield listening.sockets[0].getsockname()[1], names


needs_socks = pytest.mark.skipif(
    find_spec("aiohttp_socks") is None, reason="needs aiohttp-socks (tocsin[socks])"
)


@needs_socks
async def test_a_socks_proxy_resolves_the_names() -> None:
    async with (
        _socks() as (port, names),
        Fetcher(user_agent="test", proxy=f"socks5://127.0.0.1:{port}") as fetcher,
    ):
        fetched = await fetcher.fetch("http://news.example/rss")
        with pytest.raises(PrivateAddress):
            await fetcher.fetch("http://127.0.0.1/rss")
    assert isinstance(fetched, Fetched)
    assert names == [b"news.example"]


@needs_socks
async def test_what_a_socks_proxy_refuses_is_no_answer() -> None:
    async with (
        _socks(refuse=True) as (port, _),
        Fetcher(user_agent="test", proxy=f"socks5://127.0.0.1:{port}") as fetcher,
    ):
        with pytest.raises(Unreachable):
            await fetcher.fetch("http://news.example/rss")
