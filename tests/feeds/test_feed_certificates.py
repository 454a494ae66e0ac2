"""A certificate of another issuer, from the handshake to the reason that moderators read."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from aiohttp import web
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

from bot.domain.sources import Hold, Source, SourceState
from feeds.failures import Unreachable
from feeds.fetch import Fetched, Fetcher, Unchanged
from storage.db import Database
from tests.clock import Clock
from tests.newsroom import ANNA, BORIS, CLAIRE, Newsroom, newsroom
from tests.publisher import rss, stories
from tests.vetting import vet

HOST = "localhost"


class Authority:
    """Somebody who signs certificates."""

    def __init__(self, organisation: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
                x509.NameAttribute(NameOID.COMMON_NAME, f"{organisation} Root"),
            ]
        )
        whole = x509.BasicConstraints(ca=True, path_length=None)
        made = self._certificate(self._name, self._key.public_key()).add_extension(whole, True)
        self.pem = made.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()

    def certify(self, folder: Path) -> tuple[Path, bytes]:
        """A new key for the publisher with its certificate, and the digest of that key."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
        names = x509.SubjectAlternativeName([x509.DNSName(HOST)])
        made = self._certificate(name, key.public_key()).add_extension(names, False)
        shown = made.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        both = folder / "shown.pem"
        both.write_bytes(shown + secret)
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return both, sha256(public).digest()

    def _certificate(
        self, name: x509.Name, key: ec.EllipticCurvePublicKey
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
        )


class Site:
    """A publisher that is only read over TLS; its certificate may be another at each handshake."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.body = rss(stories(1, 2, 3))
        self.address = ""
        self.port = 0

    def show(self, by: Authority) -> bytes:
        """From now on this authority's certificate is shown; returns the digest of its key."""
        both, digest = by.certify(self._folder)
        self._context.load_cert_chain(both)
        return digest

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Serve the feed on loopback."""
        app = web.Application()
        app.router.add_get("/feed", self._answer)
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self._context).start()
            self.port = runner.addresses[0][1]
            self.address = f"https://{HOST}:{self.port}/feed"
            yield
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        etag = f'"{sha256(self.body).hexdigest()}"'
        # Each poll shakes hands anew, as polls that lie minutes apart do.
        headers = {"ETag": etag, "Connection": "close", "Content-Type": "application/rss+xml"}
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers=headers)
        return web.Response(body=self.body, headers=headers)


CAREFUL, OTHER, NOBODY = map(Authority, ("Careful Trust", "Other Trust", "Nobody"))


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """A publisher whom the first authority certified."""
    site = Site(tmp_path)
    site.show(CAREFUL)
    async with site.open():
        yield site


@pytest.fixture
async def fetcher(site: Site) -> AsyncIterator[Fetcher]:
    """It trusts two authorities and nobody else."""
    trust = ssl.create_default_context(cadata=CAREFUL.pem + OTHER.pem)
    allow = [f"{HOST}:{site.port}"]
    async with Fetcher(user_agent="tests", allow=allow, trust=trust) as opened:
        yield opened


async def test_another_issuer_and_another_key_come_with_the_answer(
    site: Site, fetcher: Fetcher
) -> None:
    shown = []
    for authority in (CAREFUL, CAREFUL, OTHER):
        digest = site.show(authority)
        answer = await fetcher.fetch(site.address)
        assert isinstance(answer, Fetched)
        assert answer.certificate is not None
        assert answer.certificate.key == digest
        shown.append(answer.certificate)
    assert [one.issuer for one in shown] == ["Careful Trust", "Careful Trust", "Other Trust"]
    assert len({one.key for one in shown}) == 3


async def test_another_issuer_comes_with_a_304_too(site: Site, fetcher: Fetcher) -> None:
    known = (await fetcher.fetch(site.address)).validators
    site.show(OTHER)
    answer = await fetcher.fetch(site.address, known=known)
    assert isinstance(answer, Unchanged)
    assert answer.certificate is not None
    assert answer.certificate.issuer == "Other Trust"


@pytest.fixture
async def room(sqlite: Database, clock: Clock, fetcher: Fetcher) -> AsyncIterator[Newsroom]:
    """A newsroom that reads through this fetcher."""
    async with newsroom(sqlite, clock) as opened:
        opened.sources = replace(opened.sources, fetcher=fetcher)
        yield opened


async def _vetted(room: Newsroom, site: Site) -> Source:
    found = await room.sources.look(room.anna, site.address)
    assert found.encrypted
    source = await room.sources.propose(room.anna, found, frozenset({room.district}))
    source = await vet(room.sources, room.boris, source.id)
    await room.poll()
    await room.told()
    return source


@pytest.mark.parametrize("changed", [False, True], ids=["304", "new item"])
async def test_another_issuer_holds_the_source_and_moderators_read_why(
    room: Newsroom, site: Site, *, changed: bool
) -> None:
    source = await _vetted(room, site)
    site.show(OTHER)
    site.body = rss(stories(1, 2, 3, 4)) if changed else site.body
    await room.poll()
    held = await room.source(source.id)
    assert (held.state, held.hold) == (SourceState.HELD, Hold.CERTIFICATE)
    told = dict(await room.told())
    assert set(told) == {ANNA, BORIS, CLAIRE}
    assert "another issuer" in told[ANNA]
    # It is said once, and what came meanwhile waits for people instead of being lost.
    await room.poll()
    assert await room.told() == []
    assert [item.title for item in await room.queue()] == (["Story 4"] if changed else [])


async def test_a_renewed_certificate_of_the_same_issuer_is_nothing(
    room: Newsroom, site: Site
) -> None:
    source = await _vetted(room, site)
    for number in (4, 5):
        site.show(CAREFUL)
        site.body = rss(stories(*range(1, number + 1)))
        await room.poll()
    assert (await room.source(source.id)).state is SourceState.PROBATION
    assert [item.title for item in await room.queue()] == ["Story 4", "Story 5"]


async def test_a_certificate_that_nobody_vouches_for_is_a_failure_and_no_hold(
    room: Newsroom, site: Site, fetcher: Fetcher
) -> None:
    source = await _vetted(room, site)
    site.show(NOBODY)
    with pytest.raises(Unreachable) as refused:
        await fetcher.fetch(site.address)
    assert refused.value.reason == "tls"
    await room.poll()
    assert (await room.source(source.id)).state is SourceState.PROBATION
    # The issuer that people vetted is still the one to compare with.
    site.show(OTHER)
    await room.poll()
    assert (await room.source(source.id)).hold is Hold.CERTIFICATE
