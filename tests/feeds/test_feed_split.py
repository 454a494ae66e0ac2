"""Leaving out what was read before changes nothing of what is read, on any document."""

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.entries import Entry, FeedDocument
from feeds.decide import Decision, Known, decide
from feeds.encoding import decode
from feeds.failures import FeedRefused
from feeds.read import read
from feeds.screen import screen
from feeds.split import spared, split, without
from tests.feeds.documents import DATA, shared_feeds
from tests.feeds.hostile import mutated

BASE = "https://feeds.example.org/feed.xml"
SHARED = shared_feeds()
ITEM = "<item><title>{0}</title><guid>g{0}</guid><link>/news/{0}</link></item>"
HEAD = "<rss version='2.0'><channel><title>t</title><language>be</language>{}</channel></rss>"


def feed(*items: str) -> bytes:
    """A document of these items."""
    return HEAD.format("".join(items)).encode()


def whole_again(part: FeedDocument, whole: FeedDocument) -> FeedDocument:
    """The document that ``part`` would be, had it been read whole."""
    known = {entry.mark: entry for entry in whole.entries}
    entries, seen = list[Entry](), list(part.seen)
    for number in range(len(part.entries) + 1):
        while seen and seen[0].after <= number:
            entries.append(known[seen.pop(0).mark])
        entries += part.entries[number : number + 1]
    return replace(part, entries=tuple(entries), seen=())


def some(document: FeedDocument, chance: random.Random) -> frozenset[bytes]:
    """The marks of some of its entries: few, most, or all."""
    share = chance.choice((0.1, 0.5, 0.9, 1.0))
    return frozenset(e.mark for e in document.entries if e.mark and chance.random() < share)


def differing(bodies: Iterator[tuple[str, bytes]], *, times: int) -> tuple[list[str], int]:
    """Which documents read differently in part, and how many could be read in part."""
    chance, different, parted = random.Random(20261122), list[str](), 0
    for name, body in bodies:
        try:
            whole = read(body, address=BASE)
        except FeedRefused:
            continue
        for _ in range(times):
            seen = some(whole, chance)
            part = read(body, address=BASE, seen=seen)
            parted += bool(part.seen)
            if whole_again(part, whole) != whole:
                different.append(name)
    return different, parted


@pytest.mark.shared
@pytest.mark.skipif(SHARED is None, reason="needs the folder of real documents")
def test_every_real_document_reads_the_same_in_part() -> None:
    assert SHARED is not None
    paths = [path for path in sorted(SHARED.glob("*/*.*")) if path.suffix in (".xml", ".json")]
    different, parted = differing(((p.name, p.read_bytes()) for p in paths), times=2)
    assert len(paths) == 108
    assert different == []
    assert parted > 180


@pytest.mark.shared
@pytest.mark.skipif(SHARED is None, reason="needs the folder of real documents")
def test_a_real_change_decides_the_same_in_part() -> None:
    assert SHARED is not None
    for first in sorted((SHARED / "pairs").glob("*.v1.*")):
        before = read(first.read_bytes(), address=BASE)
        body = Path(str(first).replace(".v1.", ".v2.")).read_bytes()
        met = decide([], before, first_sight=True).already_there
        known = [Known(number, arrival.keys) for number, arrival in enumerate(met)]
        taken = {a.entry.mark: Known(n, a.keys) for n, a in enumerate(met) if a.entry.mark}
        part = read(body, address=BASE, seen=frozenset(taken))
        assert same(decide(known, read(body, address=BASE)), decide(known, part, seen=taken)), (
            first.name
        )


def same(whole: Decision, part: Decision) -> bool:
    """Whether two decisions do the same; what was not read again did not change."""
    met = {sighting.item for sighting in whole.same}
    again = {known.item for known in part.again}
    return (
        [a.keys for a in whole.new] == [a.keys for a in part.new]
        and [s.keys for s in whole.changed] == [s.keys for s in part.changed]
        and met == again | {sighting.item for sighting in part.same}
        and (whole.absent, whole.flood) == (part.absent, part.flood)
    )


def reshaped(body: bytes, chance: random.Random) -> bytes:
    """Entries moved, doubled, taken out and changed by a letter, the document still well formed."""
    text = screen(decode(body).text).body
    parts = list(split(text, address=BASE))
    pieces = [text[part.start : part.end] for part in parts for _ in range(chance.randint(0, 2))]
    chance.shuffle(pieces)
    pieces = [
        re.sub(rb"(?<=>)[a-z]", b"q", one) if chance.random() < 0.5 else one for one in pieces
    ]
    start = parts[0].start if parts else len(text)
    rest = without(text, [(part.start, part.end) for part in parts])
    return rest[:start] + b"\n".join(pieces) + rest[start:]


def documents() -> list[Path]:
    """Every document that can be split: ours, and the real ones where they are at hand."""
    theirs = SHARED.glob("d*/*.xml") if SHARED is not None else ()
    return [*sorted(DATA.glob("*.xml")), *sorted(theirs)]


def test_mutated_documents_read_the_same_in_part() -> None:
    chance = random.Random(20261123)
    paths = [path for path in documents() if path.stat().st_size < 60_000]
    shaped = ((path.name, reshaped(path.read_bytes(), chance)) for path in paths)
    broken = ((str(number), body) for number, body in enumerate(mutated(300)))
    different, parted = differing(chain(shaped, broken), times=1)
    assert different == []
    assert parted > len(paths) // 2


def test_every_format_of_ours_is_split() -> None:
    for name in ("rss20.xml", "atom10.xml", "rdf.xml", "feed.json"):
        document = read((DATA / name).read_bytes(), address=BASE)
        assert all(entry.mark for entry in document.entries), name


@pytest.mark.parametrize(
    "odd",
    [
        "<item><title>a</title><item><title>b</title></item></item>",
        "<item/>",
        "<item xmlns:x='urn:x'><title>a</title></item>",
        "<item><x:y xmlns:x='urn:x'/></item>",
        "<item><dc:title xmlns:dc='urn:not-dublin-core'>a</dc:title></item>",
        "<group><item><title>a</title></item></group>",
        "<item><title>a & b</title></item>",
        "<item><title>&nbsp;</title></item>",
        "<!DOCTYPE x><item><title>a</title></item>",
        "</channel><channel><item><title>a</title></item>",
    ],
)
def test_what_entries_may_share_is_not_split(odd: str) -> None:
    body = screen(feed(ITEM.format(1), odd).decode()).body
    assert split(body, address=BASE) == ()


@pytest.mark.parametrize(
    "fine",
    [
        "<item><title><![CDATA[</item><item>]]></title></item>",
        "<item><!-- </item><item> --><title>a</title></item>",
        "<item a='>'><title>a</title></item\n>",
        "<item><content:encoded xmlns:content='http://purl.org/rss/1.0/modules/content/'>a"
        "</content:encoded></item>",
        "<item><description>&lt;item&gt;</description></item>",
    ],
)
def test_what_only_looks_like_a_border_is_none(fine: str) -> None:
    body = feed(ITEM.format(1), fine, ITEM.format(2))
    whole = read(body, address=BASE)
    assert all(entry.mark for entry in whole.entries)
    for left in whole.entries:
        part = read(body, address=BASE, seen=frozenset({left.mark}))
        assert len(part.seen) == 1
        assert whole_again(part, whole) == whole


def test_what_an_entry_depends_on_is_part_of_its_mark() -> None:
    first = read(feed(ITEM.format(1)), address=BASE).entries[0]
    moved = read(feed(ITEM.format(1)), address="https://other.example/").entries[0]
    rebased = read(
        feed(ITEM.format(1)).replace(b"<channel>", b"<channel xml:base='https://b.example/'>"),
        address=BASE,
    ).entries[0]
    assert len({first.mark, moved.mark, rebased.mark}) == 3
    assert len({first.link, moved.link, rebased.link}) == 3


@given(st.lists(st.integers(0, 9), max_size=8), st.frozensets(st.integers(0, 9)))
@settings(max_examples=30)
def test_cutting_out_leaves_the_rest(numbers: list[int], gone: frozenset[int]) -> None:
    body = screen(feed(*(ITEM.format(n) for n in numbers)).decode()).body
    parts = split(body, address=BASE)
    left = [n for n in numbers if n not in gone]
    spans = [(p.start, p.end) for p, n in zip(parts, numbers, strict=True) if n in gone]
    cut = without(body, spans)
    assert cut == screen(feed(*(ITEM.format(n) for n in left)).decode()).body


DUBLIN = "xmlns:dc='http://purl.org/dc/elements/1.1/'"


@pytest.mark.parametrize(
    ("inside", "left"),
    [
        ("<category>a</category><title>t</title>", "<title>t</title>"),
        ("<title>t</title><author><name>a</name><uri>u</uri></author\n>", "<title>t</title>"),
        ("<dc:creator>a &amp; b</dc:creator>", ""),
        ("<category><![CDATA[</category>]]></category>", ""),
        ("<content><category>a</category></content>", None),
        ("<description><![CDATA[<category>a</category>]]></description>", None),
        ("<!-- <category>a</category> -->", None),
        ("<category term='>'/>", None),
        ("<category a='b'/><category>a</category>", "<category a='b'/>"),
        ("<foreign:creator>a</foreign:creator>", None),
        ("<author><foreign:name>a</foreign:name></author>", None),
        ("<category foreign:term='a'>b</category>", None),
        ("<category dc:term='a' xml:lang='be'>b</category>", ""),
    ],
)
def test_elements_of_which_nothing_is_taken_are_spared(inside: str, left: str | None) -> None:
    head = HEAD.replace("<rss", f"<rss {DUBLIN}")
    body = head.format(f"<item>{inside}</item>{ITEM.format(2)}").encode()
    wanted = head.format(f"<item>{inside if left is None else left}</item>").encode()
    parts = split(body, address=BASE)
    assert without(body, spared(body, parts, {parts[1].mark})) == wanted


def test_nobody_reads_what_is_spared() -> None:
    """All that is taken of an entry is the same with those elements and without them."""
    for path in documents():
        body = screen(decode(path.read_bytes()).text).body
        parts = split(body, address=BASE)
        spans = spared(body, parts, ())
        whole, lean = read(body, address=BASE), read(without(body, spans), address=BASE)
        for one, other in zip(whole.entries, lean.entries, strict=True):
            assert replace(one, mark=b"") == replace(other, mark=b""), path.name
