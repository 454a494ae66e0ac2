"""A dry run tells where the time goes: name, connection, encryption, answer."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from feeds.failures import Unreachable
from feeds.fetch import Fetcher
from feeds.stopwatch import Stopwatch
from tests.feeds.server import FeedServer
from tests.publisher import rss, stories


def certified(folder: Path, host: str) -> tuple[ssl.SSLContext, Path]:
    """What a server of this name needs, and the certificate to trust."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, secret = folder / "cert.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(Encoding.PEM))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain, secret)
    return context, chain


async def answer(_: web.Request) -> web.Response:
    """A feed."""
    return web.Response(body=rss(stories(1)), content_type="application/rss+xml")


async def read_encrypted(stopwatch: Stopwatch, context: ssl.SSLContext) -> None:
    """Read a feed over TLS."""
    app = web.Application()
    app.router.add_get("/feed", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        port = runner.addresses[0][1]
        async with Fetcher(
            user_agent="tests",
            allow=[f"localhost:{port}"],
            trust=stopwatch.context,
            traces=stopwatch.traces,
        ) as fetcher:
            await fetcher.fetch(f"https://localhost:{port}/feed")
    finally:
        await runner.cleanup()


async def test_the_parts_of_an_encrypted_fetch_are_told_apart(tmp_path: Path) -> None:
    stopwatch, (context, trusted) = Stopwatch(), certified(tmp_path, "localhost")
    stopwatch.context.load_verify_locations(trusted)
    await read_encrypted(stopwatch, context)
    laps = stopwatch.laps
    parts = (laps.name, laps.connect, laps.encrypt, laps.answer)
    assert all(part is not None and part > 0 for part in parts), laps


async def test_a_certificate_that_nobody_trusts_is_refused_while_time_is_taken(
    tmp_path: Path,
) -> None:
    context, _ = certified(tmp_path, "localhost")
    with pytest.raises(Unreachable) as refused:
        await read_encrypted(Stopwatch(), context)
    assert refused.value.reason == "tls"


async def test_redirects_add_up_and_what_did_not_happen_is_left_out(server: FeedServer) -> None:
    stopwatch = Stopwatch()
    target = server.serve("/feed", rss(stories(1)))
    address = server.serve("/old", status="302 Found", Location=target)
    async with Fetcher(
        user_agent="tests",
        allow=server.allow,
        trust=stopwatch.context,
        traces=stopwatch.traces,
    ) as fetcher:
        await fetcher.fetch(address)
    laps = stopwatch.laps
    assert laps.name is None
    assert laps.encrypt is None
    assert laps.answer is not None
    assert len(server.requests) == 2
