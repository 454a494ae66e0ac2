"""Lists of feeds: what other readers write is read, what would harm us is refused."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds import opml
from feeds.opml import NotOpml, Outline, read, write

WRITTEN = datetime(2026, 11, 21, 10, 40, tzinfo=UTC)


def listed(*outlines: str, version: str = "2.0", before: str = "") -> bytes:
    """A list around these outlines."""
    body = "".join(outlines)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<opml version="{version}">'
        f"<head><title>Mine</title></head><body>{body}</body></opml>"
    ).encode()


def addresses(body: bytes) -> list[str]:
    """The addresses a list holds."""
    return [outline.address for outline in read(body)]


@pytest.mark.parametrize("version", ["1.0", "1.1", "2.0", ""])
def test_every_version_is_read(version: str) -> None:
    body = listed(
        '<outline text="Courier" type="rss" xmlUrl="https://c.example.org/rss"/>', version=version
    )
    assert read(body) == [Outline("https://c.example.org/rss", "Courier")]


def test_old_programs_write_the_address_otherwise() -> None:
    body = listed(
        '<outline text="A" type="rss" url="https://a.example.org/"/>',
        '<outline text="B" xmlurl="https://b.example.org/"/>',
        '<outline text="C" XMLURL=" https://c.example.org/ "/>',
        '<outline text="a web page" type="link" url="https://page.example.org/"/>',
        '<outline text="another list" type="include" url="https://list.example.org/"/>',
    )
    hosts = ("a", "b", "c")
    assert addresses(body) == [f"https://{host}.example.org/" for host in hosts]


def test_folders_and_categories_become_topics() -> None:
    body = listed(
        '<outline text="Press"><outline text="Минск">',
        '<outline text="A" xmlUrl="https://a.example.org/" category="/Boston/Weather,Strikes"/>',
        "</outline>",
        '<outline title="B" text="old" xmlUrl="https://b.example.org/" language="be"/>',
        "</outline>",
        '<outline text="C" xmlUrl="https://c.example.org/"/>',
    )
    first, second, third = read(body)
    assert first.topics == ("boston", "weather", "strikes", "press", "минск")
    assert second == Outline("https://b.example.org/", "B", ("press",), "be")
    assert third.topics == ()


def test_a_feed_that_has_outlines_below_it_is_no_folder() -> None:
    body = listed(
        '<outline text="A" xmlUrl="https://a.example.org/">'
        '<outline text="B" xmlUrl="https://b.example.org/"/></outline>'
    )
    assert [outline.topics for outline in read(body)] == [(), ()]


def test_what_is_commented_out_is_left_out_with_all_below_it() -> None:
    body = listed(
        '<outline text="old" isComment="true"><outline xmlUrl="https://a.example.org/"/></outline>',
        '<outline text="B" xmlUrl="https://b.example.org/"/>',
    )
    assert addresses(body) == ["https://b.example.org/"]


def test_addresses_that_nobody_escaped_are_read() -> None:
    body = listed('<outline text="A & B" xmlUrl="https://a.example.org/?x=1&y=2&amp;z=3"/>')
    assert read(body) == [Outline("https://a.example.org/?x=1&y=2&z=3", "A & B")]


def test_a_harmless_doctype_and_a_comment_before_the_root_are_walked_over() -> None:
    before = "<!-- by some reader --><!DOCTYPE opml>"
    body = listed('<outline xmlUrl="https://a.example.org/"/>', before=before)
    assert addresses(body) == ["https://a.example.org/"]


@pytest.mark.parametrize("charset", ["utf-16", "cp1251", "utf-8"])
def test_charsets_are_read_as_those_of_feeds(charset: str) -> None:
    body = listed('<outline text="Народная воля" xmlUrl="https://a.example.org/"/>')
    told = body.decode().replace("UTF-8", charset).encode(charset)
    assert read(told)[0].title == "Народная воля"


def test_a_title_is_plain_text() -> None:
    body = listed(
        '<outline text="&lt;b&gt;Bold&lt;/b&gt; &amp;amp; \u202eevil" xmlUrl="https://a.example.org/"/>'
    )
    assert read(body)[0].title == "Bold & evil"


LAUGHS = (
    '<!DOCTYPE opml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
OUTER = '<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
ONE = '<outline text="&x;&c;" xmlUrl="https://a.example.org/"/>'


@pytest.mark.parametrize(
    "body",
    [
        listed(ONE, before=LAUGHS),
        listed(ONE, before=OUTER),
        listed(ONE, before=f"<!--{'-' * 30_000}-->"),
        listed('<outline text="x">' * 40 + "</outline>" * 40),
        listed('<outline text="x">' * 100_000),
        listed("<outline"),
        b"<opml",
        b"",
        b"\0\0\0\0",
        b"<html><body>no list</body></html>",
        b'<rss version="2.0"><channel/></rss>',
        b'{"version": "https://jsonfeed.org/version/1.1"}',
        b"not XML at all",
        listed() + b"<!DOCTYPE opml><opml/>",
        b" " * (opml.LARGEST + 1),
    ],
)
def test_what_is_no_list_or_would_harm_us_is_refused(body: bytes) -> None:
    with pytest.raises(NotOpml):
        read(body)


def test_an_entity_is_never_expanded() -> None:
    body = listed('<outline text="&c; &nbsp;" xmlUrl="https://a.example.org/"/>')
    assert read(body)[0].title in ("&c;", "&c; &nbsp;")


def test_five_thousand_outlines_are_read() -> None:
    body = listed(
        *(f'<outline text="Feed {n}" xmlUrl="https://{n}.example.org/"/>' for n in range(5000))
    )
    assert len(read(body)) == 5000


def test_more_than_anybody_has_is_refused() -> None:
    body = listed('<outline xmlUrl="https://a.example.org/"/>' * (opml.MOST + 1))
    with pytest.raises(NotOpml, match="more than"):
        read(body)


PLAIN = st.text(st.characters(categories=("L", "N"), include_characters="&<>\"' "), max_size=30)


@settings(max_examples=50)
@given(
    st.lists(
        st.builds(
            Outline,
            address=st.integers(1, 99).map(lambda n: f"https://{n}.example.org/?a=1&b=<2>"),
            title=PLAIN.map(lambda title: " ".join(title.split())).filter(lambda t: "<" not in t),
            topics=st.lists(st.sampled_from(["strikes", "минск", "a b"]), unique=True).map(tuple),
            language=st.sampled_from(["", "be", "ru"]),
            home=st.sampled_from(["", "https://example.org/"]),
        ),
        max_size=5,
    )
)
def test_what_is_written_is_read_back(outlines: list[Outline]) -> None:
    found = read(write(outlines, title="Mine & yours", written=WRITTEN))
    for one, again in zip(outlines, found, strict=True):
        assert again.address == one.address
        assert again.topics == one.topics
        assert (again.language, again.home) == (one.language, one.home)


@settings(max_examples=200)
@given(
    st.integers(0, 200),
    st.integers(0, 60),
    st.binary(max_size=8),
)
def test_a_damaged_list_is_read_or_refused_and_nothing_else(
    at: int, length: int, put: bytes
) -> None:
    body = listed(
        '<outline text="A"><outline text="B" xmlUrl="https://b.example.org/"/></outline>',
        before="<!DOCTYPE opml>",
    )
    try:
        read(body[:at] + put + body[at + length :])
    except NotOpml:
        return
