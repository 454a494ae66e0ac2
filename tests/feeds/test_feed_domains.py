"""What somebody registered, by the public suffix list, and what a newer list must not change."""

import socket
from dataclasses import replace

import pytest
from publicsuffixlist import PublicSuffixList

from bot.services.reading import domain_seen
from bot.views.items import leads_elsewhere
from feeds import domains
from feeds.domains import registrable, seen_as
from feeds.fetch import Fetcher
from tests.domain.test_items import QUEUED
from tests.domain.test_sources import PROBATION


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("example.org", "example.org"),
        ("news.example.org", "example.org"),
        ("WWW.Example.ORG", "example.org"),
        ("www.bbc.co.uk", "bbc.co.uk"),
        ("bbc.co.uk.evil.example", "evil.example"),
        ("rss.tut.by", "tut.by"),
        ("a.com.by", "a.com.by"),
        ("www.a.com.by", "a.com.by"),
        ("president.gov.by", "president.gov.by"),
        ("mvd.gov.ru", "mvd.gov.ru"),
        ("www.mvd.gov.ru", "mvd.gov.ru"),
        ("paper.msk.ru", "paper.msk.ru"),
        ("www.lemonde.asso.fr", "lemonde.asso.fr"),
        ("www.city.kobe.jp", "city.kobe.jp"),
        ("www.paper.kobe.jp", "www.paper.kobe.jp"),
        # What companies let to others.
        ("courier.github.io", "courier.github.io"),
        ("www.courier.github.io", "courier.github.io"),
        ("courier.blogspot.com", "courier.blogspot.com"),
        ("feeds.s3.amazonaws.com", "feeds.s3.amazonaws.com"),
        # Suffixes themselves, which nobody registered.
        ("github.io", "github.io"),
        ("co.uk", "co.uk"),
        ("by", "by"),
        # Punycode, in any case, and a dot that says "from the root".
        ("xn--80ak6aa92e.com.", "xn--80ak6aa92e.com"),
        ("www.XN--B1AEW.xn--p1ai", "xn--b1aew.xn--p1ai"),
        ("news.xn--90azh.xn--90ais", "xn--90azh.xn--90ais"),
        ("www.bbc.co.uk.", "bbc.co.uk"),
        # Literals and single names.
        ("127.0.0.1", "127.0.0.1"),
        ("2001:4860:4860::8888", "2001:4860:4860::8888"),
        ("::ffff:127.0.0.1", "::ffff:127.0.0.1"),
        ("localhost", "localhost"),
        # An unknown top-level domain is taken for a suffix.
        ("www.courier.nosuchplace", "courier.nosuchplace"),
        ("courier.nosuchplace", "courier.nosuchplace"),
        # What is no host at all stays as it is.
        ("", ""),
        ("a..b", "a..b"),
    ],
)
def test_what_is_shown_of_a_host_is_what_somebody_registered(host: str, shown: str) -> None:
    assert registrable(host) == shown


@pytest.mark.parametrize(
    ("host", "pinned", "home", "seen"),
    [
        # Nothing changed.
        ("rss.courier.org", "courier.org", "courier.org", "courier.org"),
        ("evil.org", "courier.org", "courier.org", "evil.org"),
        ("notcourier.org", "courier.org", "courier.org", "notcourier.org"),
        ("evil.s3.amazonaws.com", "amazonaws.com", "amazonaws.com", "evil.s3.amazonaws.com"),
        # A rule that was on the list when it was pinned is gone: the pinned name is the longer one.
        ("courier.host.org", "courier.host.org", "courier.host.org", "courier.host.org"),
        ("rss.courier.host.org", "courier.host.org", "courier.host.org", "courier.host.org"),
        ("evil.host.org", "courier.host.org", "courier.host.org", "host.org"),
        # A rule came: what was pinned is let out to many, and only its old tenant stands for it.
        ("courier.github.io", "github.io", "courier.github.io", "github.io"),
        ("rss.courier.github.io", "github.io", "courier.github.io", "github.io"),
        ("evil.github.io", "github.io", "courier.github.io", "evil.github.io"),
        ("evil.org", "github.io", "courier.github.io", "evil.org"),
    ],
)
def test_a_newer_list_does_not_make_a_vetted_place_another(
    host: str, pinned: str, home: str, seen: str
) -> None:
    assert seen_as(host, pinned=pinned, home=home) == seen


def test_a_source_that_was_pinned_under_an_older_list_is_where_it_was() -> None:
    old = replace(PROBATION, address="https://courier.github.io/rss", domain="github.io")
    assert domain_seen("https://courier.github.io/rss", old) == old.domain
    assert domain_seen("https://evil.github.io/rss", old) == "evil.github.io"
    here = replace(QUEUED, link="https://courier.github.io/story/1")
    there = replace(QUEUED, link="https://evil.github.io/story/1")
    assert [leads_elsewhere(item, old) for item in (here, there)] == [False, True]


async def test_the_list_is_read_once_and_asks_the_network_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = list[str]()

    class Counted(PublicSuffixList):
        def __init__(self) -> None:
            made.append("list")
            super().__init__()

    def forbidden(*args: object) -> None:
        raise AssertionError

    monkeypatch.setattr(domains, "PublicSuffixList", Counted)
    monkeypatch.setattr(socket.socket, "connect", forbidden)
    monkeypatch.setattr(socket, "getaddrinfo", forbidden)
    domains.load.cache_clear()
    try:
        for _ in range(2):
            async with Fetcher(user_agent="test"):
                assert made == ["list"]  # before anything is fetched
        registrable.cache_clear()
        assert registrable("www.bbc.co.uk") == registrable("news.bbc.co.uk") == "bbc.co.uk"
    finally:
        domains.load.cache_clear()
    assert made == ["list"]
    assert registrable.cache_info().maxsize == 16_384
