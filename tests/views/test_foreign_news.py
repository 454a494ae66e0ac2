"""Whatever a feed says, what is sent of it is a message, and leads nowhere but where we point."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache, lru_cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.districts import District, DistrictId
from bot.domain.entries import Entry, FeedDocument
from bot.domain.items import Item
from bot.domain.sources import Source
from bot.i18n import LANGUAGES, Translator, translator
from bot.services.intake import headline
from bot.views import items, queue
from bot.views.foreign import foreign
from bot.views.message import CALLBACK_LIMIT, ENTITY_LIMIT, TEXT_LIMIT, Message, Text, units
from bot.views.revised import CAPTION_LIMIT
from feeds.clean import clamp_date
from feeds.failures import FeedRefused
from feeds.read import read
from sandbox import entities
from tests.domain.test_items import QUEUED
from tests.domain.test_sources import NOW, PROBATION
from tests.feeds.documents import DATA, shared_feeds
from tests.feeds.hostile import DOCUMENTS, json_feed, mutated

SHARED = shared_feeds()
CITY = District(DistrictId(1), "minsk", None, "Europe/Minsk", {"en": "Minsk"})
EVERY = [translator(lang) for lang in LANGUAGES]
OPAQUE = ("code", "text_link")
CHEAP = {name for name, body in DOCUMENTS.items() if len(body) < 20_000}


def documents() -> Iterator[FeedDocument]:
    """Real ones where they are at hand, ours, hostile ones that are short, mutated ones."""
    paths = sorted(DATA.iterdir())
    if SHARED is not None:
        paths += [p for p in sorted(SHARED.glob("d*/*.*")) if p.suffix in (".xml", ".json")]
    bodies = [path.read_bytes() for path in paths]
    for body in (*bodies, *(DOCUMENTS[name] for name in sorted(CHEAP)), *mutated(150)):
        try:
            yield read(body, address="https://feeds.example.org/x")
        except (FeedRefused, ValueError, LookupError):
            continue


def arrived(document: FeedDocument, entry: Entry) -> tuple[Item, Source]:
    """An entry as an item of a source that is named as the feed is."""
    source = replace(PROBATION, title=document.title or "The Courier", pictures=True)
    item = replace(
        QUEUED,
        title=headline(entry),
        summary=entry.summary,
        link=entry.link,
        language=(entry.language or document.language or "")[:40],
        published=clamp_date(entry.published, now=NOW),
        picture=entry.picture,
        code="ABCD-EFGH",
    )
    return item, source


def screens(item: Item, source: Source, t: Translator) -> list[Message]:
    """Everything that shows an item to anybody."""
    corrected = replace(item, corrected_at=NOW, others=1)
    also = [(item, source)] * 6
    card = queue.Queue(3, NOW - timedelta(hours=1), 1, item, source, also=also)
    return [
        items.published(item, source, CITY, t),
        items.published(corrected, source, CITY, t, also=also),
        items.lite(item, source, t),
        items.why(item, source, CITY, t, also=also),
        queue.queue(card, CITY, t, NOW),
    ]


def wrong(message: Message, link: str) -> list[str]:
    """What Telegram would refuse, cut, or make tappable without our having said so."""
    size = units(message.text)
    raw = message.text.encode("utf-16-le")
    spans = sorted((s.offset, s.offset + s.length) for s in message.spans)
    edges = {edge for span in spans for edge in span}
    data = [b.data or "" for row in message.buttons for b in row]
    checks = {
        "length": 0 < size <= (CAPTION_LIMIT if message.picture else TEXT_LIMIT),
        "number": len(spans) <= ENTITY_LIMIT,
        "bounds": all(0 <= start < end <= size for start, end in spans),
        "overlap": all(first[1] <= second[0] for first, second in pairwise(spans)),
        "halves": not any(e * 2 < len(raw) and 0xDC <= raw[e * 2 + 1] <= 0xDF for e in edges),
        "edges": message.text == message.text.strip(),
        "strange": not strange(message),
        "link": {s.url for s in message.spans if s.url} <= {link},
        "picture": (message.picture or "https://").startswith("https://"),
        "buttons": all(len(one.encode()) <= CALLBACK_LIMIT for one in data),
    }
    return [name for name, holds in checks.items() if not holds]


def strange(message: Message) -> list[tuple[int, int]]:
    """What Telegram would make tappable by itself, outside of what is ours to tap."""
    ours = [(s.offset, s.offset + s.length) for s in message.spans if s.kind in OPAQUE]
    loose, at = [], 0
    for line in message.text.split("\n"):
        size, found = _found_in(line)
        for start, end in found:
            if not any(at + start < to and since < at + end for since, to in ours):
                loose.append((at + start, at + end))
        at += size + 1
    return loose


@lru_cache(maxsize=200_000)
def _found_in(line: str) -> tuple[int, tuple[tuple[int, int], ...]]:
    """The length of a line and what is found in it; nothing goes on over its end."""
    found = entities.found(line)
    return units(line), tuple((one["offset"], one["offset"] + one["length"]) for one in found)


def kept(message: Message) -> int:
    """How many entities Telegram would show, as the sandbox counts them: slower, and whole."""
    sent = [{"type": s.kind, "offset": s.offset, "length": s.length} for s in message.spans]
    return len(entities.finish(message.text, sent).entities)


@cache
def arrivals() -> tuple[tuple[Item, Source], ...]:
    """Every item of every document that says something, and a text that repeats only once."""
    found = dict[tuple[Item, str], Source]()
    for document in documents():
        for entry in document.entries[:60]:
            if headline(entry):
                item, source = arrived(document, entry)
                found[item, source.title] = source
    return tuple((item, source) for (item, _), source in found.items())


@pytest.fixture
def remembering(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps that depend on nothing but what they are given are done once for the same thing."""
    for name in ("stamp", "month"):
        monkeypatch.setattr(Translator, name, cache(getattr(Translator, name)))
    remembered = cache(foreign)
    for module in (items, queue):
        monkeypatch.setattr(module, "foreign", remembered)


@pytest.mark.usefixtures("remembering")
@pytest.mark.parametrize("t", EVERY, ids=LANGUAGES)
def test_every_item_of_every_document_makes_messages_that_lead_where_we_say(t: Translator) -> None:
    bad = [
        (item.title, faults)
        for item, source in arrivals()
        for message in screens(item, source, t)
        if (faults := wrong(message, item.link))
    ]
    assert bad == []
    assert len(arrivals()) > (1_200 if SHARED is not None else 30)


@pytest.mark.parametrize("text", ["t.me/evil", "a https://evil.example b", "x\n@evil_bot\ny"])
def test_the_checker_sees_what_is_left_tappable(text: str) -> None:
    assert "strange" in wrong(Text(text).message(), "")
    linked = Text().link(text, "https://ours.example/").message()
    assert wrong(linked, "https://ours.example/") == []
    assert wrong(linked, "https://other.example/") == ["link"]
    assert wrong(Text(f" {text}x\n").message(), "")[0] == "edges"


LURES = (
    *("https://evil.example/", "http://evil.example", "evil.example", "t.me/evil", "@evil_bot"),
    *("tg://resolve?domain=evil", "/start", "#evil", "$EVIL", "a@evil.example", "ваня.рф"),
    *("<a href='https://evil.example'>here</a>", "[here](https://evil.example)", "**b** __i__"),
    *(
        "\u202egnp.exe",
        "\u2066x\u2069",
        "می\u200cخواهم",
        "👩\u200d👩\u200d👧",
        "𝕏" * 300,
        "И\u0306",
    ),
    *(
        "&lt;b&gt;",
        "&amp;amp;",
        "\ud800",
        "\0",
        "`code`",
        "||spoiler||",
        "1.1.1.1",
        "+375291234567",
    ),
)
LURED = st.lists(st.sampled_from(LURES) | st.text(max_size=40), max_size=30).map(" ".join)


@pytest.mark.parametrize("t", EVERY, ids=LANGUAGES)
@given(title=LURED, summary=LURED, link=st.sampled_from(LURES), medium=LURED)
@settings(max_examples=25)
def test_no_text_makes_a_message_that_leads_elsewhere(
    t: Translator, title: str, summary: str, link: str, medium: str
) -> None:
    lured = {"id": "1", "url": link, "title": title, "content_html": summary}
    document = read(json_feed(title=medium, items=[lured]), address="https://a.example/")
    for entry in document.entries:
        if headline(entry):
            item, source = arrived(document, entry)
            shown = screens(item, source, t)
            assert [wrong(one, item.link) for one in shown] == [[]] * len(shown)
            assert [kept(one) for one in shown] == [len(one.spans) for one in shown]
