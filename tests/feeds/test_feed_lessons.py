"""What other relays got wrong, shown at the level where it hurt: docs/feeds.md lists all of it."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from aiohttp import web
from msgspec.structs import replace

from bot.app import _rhythm
from bot.config.sections import Config
from bot.domain.sources import SourceId
from bot.i18n import LANGUAGES
from bot.services.publications import TextTooLong, check
from bot.views.message import TEXT_LIMIT, Message
from feeds import clean
from feeds.parse import Parser
from feeds.read import read
from feeds.rhythm import Asked, Pulse, next_poll
from storage import polls
from storage.db import Database, Tx
from storage.polls import Poll
from tests.clock import Clock
from tests.newsroom import ANNA, Newsroom, newsroom
from tests.publisher import Story, rss, stories

OLDEST_FIRST = list(range(1, 25))


@pytest.fixture
async def room(sqlite: Database, clock: Clock) -> AsyncIterator[Newsroom]:
    """A newsroom on one database."""
    async with newsroom(sqlite, clock) as opened:
        yield opened


async def _poll(room: Newsroom, id: SourceId) -> Poll:
    async with room.db.tx(write=False) as tx:
        found = await polls.get(tx, id)
    assert found is not None
    return found


def _adding(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch, status: int | None = None, **headers: str
) -> None:
    """From now on the publisher's answers have these headers (hyphens written as underscores)."""
    plain = type(room.publisher)._response
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def answer(publisher: Any, request: web.Request) -> web.Response:
        given = plain(publisher, request)
        if status is not None:
            given = web.Response(status=status, text="<html></html>", content_type="text/html")
        given.headers.update(named)
        return given

    monkeypatch.setattr(type(room.publisher), "_response", answer)


async def test_twenty_four_new_items_of_a_poll_are_twenty_four_rows(room: Newsroom) -> None:
    await room.vetted("/feed", 100)
    await room.publish(*reversed(OLDEST_FIRST), 100)
    assert [item.title for item in await room.queue()] == [f"Story {n}" for n in OLDEST_FIRST]


async def test_a_crash_between_any_two_statements_hides_no_item_behind_a_304(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.vetted("/feed", 1)
    execute, left = Tx.execute, [0]

    async def crashing(tx: Tx, *args: Any) -> Any:
        if left[0]:
            left[0] -= 1
            if not left[0]:
                raise RuntimeError("the power failed")
        return await execute(tx, *args)

    monkeypatch.setattr(Tx, "execute", crashing)
    for number in count(2):
        left[0] = number - 1
        with suppress(RuntimeError):
            await room.publish(*range(number, max(number - 4, 0), -1))
        crashed, left[0] = not left[0], 0
        await room.poll()
        told = [item.title for item in await room.queue()]
        assert told == [f"Story {n}" for n in range(2, number + 1)]
        if not crashed:
            break
    assert number > 10


async def test_max_age_outlives_a_304(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    source = await room.vetted()
    with monkeypatch.context() as telling:
        _adding(room, telling, Cache_Control="max-age=2700")
        await room.publish(4, 1, 2, 3)
    for _ in range(3):
        before = await _poll(room, source.id)
        assert before.max_age == timedelta(minutes=45)
        assert before.next_poll - room.clock() >= timedelta(minutes=45)
        await room.poll()
        assert room.publisher.asked[-1] == ("/feed", 304)


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_puts_the_next_poll_off_and_the_rest_of_the_time_it_is_as_it_was(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    source = await room.vetted()
    with monkeypatch.context() as busy:
        _adding(room, busy, status=status, Retry_After="18000")
        await room.poll()
    assert (await _poll(room, source.id)).next_poll - room.clock() >= timedelta(hours=5)
    await room.publish(4, 1, 2, 3)
    after = await _poll(room, source.id)
    assert after.failures == 0
    assert after.next_poll - room.clock() < timedelta(hours=2)


async def test_a_wall_against_robots_is_told_in_words_and_polled_ever_more_seldom(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = await room.vetted()
    await room.told()
    _adding(room, monkeypatch, status=403, cf_mitigated="challenge", Server="cloudflare")
    waits = []
    for _ in range(9):
        await room.poll()
        waits.append((await _poll(room, source.id)).next_poll - room.clock())
    told = [text for chat, text in await room.told() if chat == ANNA]
    assert len(told) == 1
    assert "keeps robots out" in told[0]
    assert waits == sorted(waits)
    assert timedelta(minutes=50) < waits[-1] < timedelta(hours=2)


async def test_adding_a_source_asks_its_host_once(room: Newsroom) -> None:
    await room.propose()
    assert room.publisher.asked == [("/feed", 200)]


async def test_a_picture_is_named_and_never_fetched(
    room: Newsroom, dials: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[str]()

    async def resolved(loop: object, host: str, *args: object, **more: object) -> Any:
        asked.append(host)
        raise OSError

    monkeypatch.setattr("asyncio.base_events.BaseEventLoop.getaddrinfo", resolved)
    await room.vetted()
    picture = "https://pictures.example.org/1.jpg"
    media = f"<enclosure url='{picture}' type='image/jpeg' length='1'/></item>".encode()
    room.publisher.put("/feed", rss(stories(4, 1, 2, 3)).replace(b"</item>", media, 1))
    await room.poll()
    assert [item.picture for item in await room.queue()] == [picture]
    await room.publish_all()
    assert asked == []
    assert {port for _, port in dials} == {room.publisher.port}


async def test_an_oldest_first_feed_and_one_that_is_shuffled_lose_and_repeat_nothing(
    room: Newsroom,
) -> None:
    await room.vetted("/feed", 1, 2, 3)
    for shown in ((1, 2, 3, 4), (4, 2, 1, 3), (2, 3), (3, 1, 4, 2, 5), (5, 4)):
        await room.publish(*shown)
    assert [item.title for item in await room.queue()] == ["Story 4", "Story 5"]


async def test_markup_in_a_title_is_text_from_the_feed_to_the_queue(room: Newsroom) -> None:
    await room.vetted()
    title = "1 < 2 & *bold* [x](y) _i_ `c` <b>b</b>"
    told = Story(title, "https://news.example.org/9")
    room.publisher.put("/feed", rss([told, *stories(1, 2, 3)]))
    await room.poll()
    assert [item.title for item in await room.queue()] == ["1 < 2 & *bold* [x](y) _i_ `c` b"]


def test_four_thousand_cyrillic_letters_are_a_message_and_one_more_is_not() -> None:
    room_for = "\u0436" * TEXT_LIMIT
    assert TEXT_LIMIT == 4096
    assert clean.units(room_for) == 4096
    assert clean.cut(room_for, longest=TEXT_LIMIT) == room_for
    check(dict.fromkeys(LANGUAGES, Message(room_for)))
    with pytest.raises(TextTooLong):
        check(dict.fromkeys(LANGUAGES, Message(room_for + "\u0436")))


def test_settings_of_the_operator_are_the_schedule() -> None:
    config = Config()
    feeds = replace(config.feeds, interval_floor=1800, interval_ceiling=7200, interval_urgent=600)
    slower = _rhythm(replace(config, feeds=feeds))
    now, often = Clock()(), Pulse(timedelta(minutes=1))
    assert next_poll(now, rhythm=slower, asked=Asked(), pulse=often) - now == timedelta(minutes=30)
    urgent = next_poll(now, rhythm=slower, asked=Asked(), pulse=often, urgent=True)
    assert urgent - now == timedelta(minutes=10)
    seldom = next_poll(now, rhythm=slower, asked=Asked(), pulse=Pulse(timedelta(days=9)))
    assert seldom - now == timedelta(hours=2)


FORMATS = {
    "rss090": (
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' "
        "xmlns='http://my.netscape.com/rdf/simple/0.9/'><channel><title>t</title>"
        "<link>https://a.example/</link></channel>{}</rdf:RDF>"
    ),
    "rss091u": (
        '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" '
        '"http://my.netscape.com/publish/formats/rss-0.91.dtd">'
        "<rss version='0.91'><channel><title>t</title>{}</channel></rss>"
    ),
    "rss092": "<rss version='0.92'><channel><title>t</title>{}</channel></rss>",
    "rss093": "<rss version='0.93'><channel><title>t</title>{}</channel></rss>",
    "rss094": "<rss version='0.94'><channel><title>t</title>{}</channel></rss>",
    "rss20": "<rss version='2.0'><channel><title>t</title>{}</channel></rss>",
    "rss10": (
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' "
        "xmlns='http://purl.org/rss/1.0/'><channel><title>t</title>"
        "<link>https://a.example/</link></channel>{}</rdf:RDF>"
    ),
    "atom03": "<feed version='0.3' xmlns='http://purl.org/atom/ns#'><title>t</title>{}</feed>",
    "atom10": "<feed xmlns='http://www.w3.org/2005/Atom'><title>t</title>{}</feed>",
    "json": '{{"version": "https://jsonfeed.org/version/1{}", "title": "t", "items": [{}]}}',
}


@pytest.mark.parametrize("kind", [name for name in FORMATS if name != "json"])
async def test_every_version_of_rss_and_atom_is_read(parser: Parser, kind: str) -> None:
    tag = "entry" if kind.startswith("atom") else "item"
    link = (
        "<link href='https://a.example/{0}'/>"
        if tag == "entry"
        else "<link>https://a.example/{0}</link>"
    )
    items = "".join(
        f"<{tag}><title>Story {n} \u2013 \u0436</title>{link.format(n)}</{tag}>" for n in (1, 2)
    )
    document = await parser.parse(
        FORMATS[kind].format(items).encode(), address="https://a.example/f"
    )
    assert (document.format, document.title, document.flaws) == (kind, "t", ())
    shown = [(entry.title, entry.link) for entry in document.entries]
    assert shown == [(f"Story {n} \u2013 \u0436", f"https://a.example/{n}") for n in (1, 2)]


@pytest.mark.parametrize("minor", ["", ".1"])
def test_every_version_of_json_feed_is_read(minor: str) -> None:
    item = '{"id": 1, "url": "https://a.example/1", "title": "Story 1"}'
    document = read(FORMATS["json"].format(minor, item).encode(), address="https://a.example/f")
    assert [(entry.guid, entry.title) for entry in document.entries] == [("1", "Story 1")]


@pytest.mark.parametrize(
    "text",
    [
        "\u0645\u0638\u0627\u0647\u0631\u0629 \u0633\u0644\u0645\u064a\u0629 \u0641\u064a 12:30",
        "\u05d4\u05e4\u05d2\u05e0\u05d4 \u05d1\u05e9\u05e2\u05d4 18:00 (\u05ea\u05dc)",
        "BBC \u0641\u0627\u0631\u0633\u06cc \u0645\u06cc\u200c\u062f\u0647\u062f: 25%",
    ],
    ids=["arabic", "hebrew", "persian amid latin"],
)
def test_text_that_runs_from_right_to_left_arrives_as_it_was_written(text: str) -> None:
    body = rss([Story(text, "https://a.example/1", text=f"<p dir='rtl'>\u200f{text}\u202c</p>")])
    (entry,) = read(body, address="https://a.example/f").entries
    assert (entry.title, entry.summary) == (text, text)
