"""Documents of every kind are read in a child, and what is no feed is told so."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from feeds import parse, skipped
from feeds.child import Reply, Task
from feeds.failures import Malformed, NotAFeed, TooLarge
from feeds.flaws import Flaw
from feeds.parse import ParseLimits, Parser
from tests.feeds.documents import DATA
from tests.feeds.hostile import json_feed

BASE = "https://journal.example/rss"


async def test_rss_is_read_as_plain_text(parser: Parser) -> None:
    document = await parser.parse((DATA / "rss20.xml").read_bytes(), address=BASE)
    assert (document.title, document.language) == ("Вячэрнія навіны & навакольле", "be-by")
    assert document.home.startswith("https://xn--")
    assert document.hints.ttl == timedelta(minutes=30)
    assert document.hints.hub == "https://hub.example/"
    assert (document.format, document.flaws, document.items_in_document) == ("rss20", (), 3)
    first = document.entries[0]
    assert first.guid == "most-7"
    assert first.title == "Мост зачынены — да пятніцы"
    assert first.link == "https://news.example/most?id=7"
    assert first.summary == "Першы абзац. Другі абзац & канец."
    assert first.published == datetime(2026, 11, 21, 6, 30, tzinfo=UTC)


async def test_what_an_item_lacks_or_may_not_show_is_empty(parser: Parser) -> None:
    document = await parser.parse((DATA / "rss20.xml").read_bytes(), address=BASE)
    _, unlinked, unsafe = document.entries
    assert (unlinked.guid, unlinked.link, unlinked.published) == ("", "", None)
    assert unlinked.summary == "Толькі ў content"
    assert (unsafe.guid, unsafe.link) == ("bad-link", "")


async def test_atom_declares_what_is_markup(parser: Parser) -> None:
    document = await parser.parse((DATA / "atom10.xml").read_bytes(), address=BASE)
    assert (document.title, document.language) == ("Le Journal <matin>", "fr")
    first, second = document.entries
    assert first.title == "L’eau <potable> revient"
    assert first.summary == "Un Deux"
    assert first.link == "https://journal.example/rubriques/eau.html"
    assert first.updated == datetime(2026, 11, 21, 8, 10, tzinfo=UTC)
    assert (second.title, second.language) == ("Prijs: 3 < 4", "nl")
    assert second.summary == "Gewone tekst"


async def test_rdf_says_how_often_it_changes(parser: Parser) -> None:
    document = await parser.parse((DATA / "rdf.xml").read_bytes(), address=BASE)
    assert document.hints.ttl == timedelta(hours=6)
    assert document.entries[0].published is None
    assert document.entries[0].updated == datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


async def test_json_feed_is_read_from_the_json(parser: Parser) -> None:
    document = await parser.parse((DATA / "feed.json").read_bytes(), address=BASE)
    assert (document.title, document.home) == ("JSON news", "https://journal.example/")
    first, second = document.entries
    assert (first.guid, first.link) == ("17", "https://journal.example/a.html")
    assert (first.title, first.summary) == ("Tram 3 < Tram 4", "One Two & three")
    assert first.published == datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
    assert (first.updated, second.language) == (None, "be")
    assert (second.link, second.summary) == ("https://other.example/b", "a < b")


async def test_an_impossible_link_costs_itself_and_not_the_document(parser: Parser) -> None:
    body = json_feed(
        home_page_url="http://[",
        items=[{"id": "1", "url": "http://[x", "title": "a"}, {"id": "2", "title": "b"}],
    )
    document = await parser.parse(body, address=BASE)
    assert [(entry.guid, entry.link) for entry in document.entries] == [("1", ""), ("2", "")]


async def test_half_a_character_costs_itself_and_not_the_document(parser: Parser) -> None:
    items = [
        {"id": "1", "title": "a\ud800b", "content_html": "c\udfffd"},
        {"id": "2", "title": "b"},
    ]
    document = await parser.parse(json_feed(items=items), address=BASE)
    assert [(entry.title, entry.summary) for entry in document.entries] == [("ab", "cd"), ("b", "")]


@pytest.mark.parametrize(
    ("inner", "picture"),
    [
        ("<enclosure type='image/jpeg' url='https://a.example/1.jpg'/>", "https://a.example/1.jpg"),
        ("<enclosure type='audio/mpeg' url='https://a.example/1.mp3'/>", ""),
        ("<enclosure type='image/jpeg' url='http://a.example/1.jpg'/>", ""),
        ("<enclosure type='image/jpeg' url='https://10.0.0.1/1.jpg'/>", ""),
        (
            "<media:content medium='image' url='https://a.example/2.jpg?utm_source=rss'/>",
            "https://a.example/2.jpg",
        ),
        ("<media:content medium='video' url='https://a.example/2.mp4'/>", ""),
        ("<media:thumbnail url='https://a.example/3.jpg'/>", "https://a.example/3.jpg"),
        ("<itunes:image href='https://a.example/4.jpg'/>", "https://a.example/4.jpg"),
        (
            "<media:thumbnail url='https://a.example/3.jpg'/>"
            "<enclosure type='image/png' url='https://a.example/5.png'/>",
            "https://a.example/5.png",
        ),
    ],
)
async def test_an_item_names_one_picture(parser: Parser, inner: str, picture: str) -> None:
    prefixes = (
        "xmlns:media='http://search.yahoo.com/mrss/' "
        "xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'"
    )
    body = (
        f"<rss version='2.0' {prefixes}><channel><title>t</title>"
        f"<item><title>a</title>{inner}</item></channel></rss>"
    )
    document = await parser.parse(body.encode(), address=BASE)
    assert document.entries[0].picture == picture


async def test_an_item_of_a_json_feed_names_one_picture(parser: Parser) -> None:
    attached = [{"mime_type": "image/png", "url": "/3.png"}]
    body = json_feed(
        items=[
            {"id": "1", "image": "https://a.example/1.jpg", "attachments": attached},
            {"id": "2", "banner_image": "http://a.example/2.jpg", "attachments": attached},
            {"id": "3", "attachments": [{"mime_type": "audio/mpeg", "url": "/3.mp3"}, None]},
        ]
    )
    document = await parser.parse(body, address=BASE)
    pictures = [entry.picture for entry in document.entries]
    assert pictures == ["https://a.example/1.jpg", "https://journal.example/3.png", ""]


async def test_a_page_is_no_feed_but_names_the_feeds_it_has(parser: Parser) -> None:
    with pytest.raises(NotAFeed) as caught:
        await parser.parse((DATA / "page.html").read_bytes(), address=BASE)
    assert caught.value.feeds == (
        "https://journal.example/rss?a=1&b=2",
        "https://journal.example/atom.xml",
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \r\n\t ",
        b"\0" * 50,
        b"hello",
        b"%PDF-1.4 ...",
        b"\x89PNG\r\n\x1a\n\0\0",
        b'{"version": 1}',
        b'{"items": []}',
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<?xml version='1.0'?><urlset></urlset>",
        b"<opml version='2.0'></opml>",
        b"<p>hello</p>",
        b"<?xml version='1.0'?>",
        b"<!-- only a comment -->",
    ],
)
async def test_what_is_something_else_is_no_feed(parser: Parser, body: bytes) -> None:
    with pytest.raises(NotAFeed):
        await parser.parse(body, address=BASE)


async def test_a_feed_without_items_is_a_feed(parser: Parser) -> None:
    document = await parser.parse(b"<rss version='2.0'><channel><title>t</title></channel></rss>")
    assert (document.title, document.entries) == ("t", ())


async def test_broken_json_is_malformed(parser: Parser) -> None:
    for body in (b'{"version": "https://jsonfeed.org/version/1", "items": [', b"{" * 100_000):
        with pytest.raises(Malformed):
            await parser.parse(body)


async def test_a_body_over_the_limit_reaches_no_child(parser: Parser) -> None:
    with pytest.raises(TooLarge):
        await parser.parse(b"<rss/>" + b" " * 2**21)


async def test_a_podcast_of_five_thousand_items_is_read_at_both_ends(parser: Parser) -> None:
    items = "".join(f"<item><title>{n}</title><guid>g{n}</guid></item>" for n in range(5000))
    body = f"<rss version='2.0'><channel><title>t</title>{items}</channel></rss>".encode()
    document = await parser.parse(body)
    assert document.items_in_document == 5000
    assert Flaw.TOO_MANY_ITEMS in document.flaws
    titles = [int(entry.title) for entry in document.entries]
    assert titles == [*range(1000), *range(4000, 5000)]


async def test_the_charset_of_the_header_is_heard(parser: Parser) -> None:
    body = "<rss version='2.0'><channel><title>Навіны</title></channel></rss>".encode("cp1251")
    document = await parser.parse(body, content_type="text/xml; charset=windows-1251")
    assert (document.title, document.encoding) == ("Навіны", "cp1251")


async def test_children_are_replaced_before_they_wear_out() -> None:
    body = b"<rss version='2.0'><channel><title>t</title></channel></rss>"
    async with Parser(children=1, limits=ParseLimits(documents=2)) as parser:
        titles = [(await parser.parse(body)).title for _ in range(5)]
    assert titles == ["t"] * 5


async def test_a_burst_is_read_by_one_child_and_what_takes_long_holds_up_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second of three documents takes as long as it is let, the third is read meanwhile."""
    started, done, slow_may_end = [], [], asyncio.Event()
    spawn, ask = parse._Child.spawn, parse._Child.ask

    async def counted() -> parse._Child:
        started.append(await spawn())
        return started[-1]

    async def asked(child: parse._Child, task: Task) -> Reply:
        if b"slow" in task.body:
            await slow_may_end.wait()
        done.append(task.body)
        return await ask(child, task)

    monkeypatch.setattr(parse._Child, "spawn", counted)
    monkeypatch.setattr(parse._Child, "ask", asked)
    titled = "<rss version='2.0'><channel><title>{}</title></channel></rss>"
    monkeypatch.setattr(parse, "LONG", 60.0)  # on a busy machine a quick one may take long, too
    async with Parser(children=2) as parser:
        many = [parser.parse(titled.format(n).encode()) for n in range(10)]
        assert [one.title for one in await asyncio.gather(*many)] == [str(n) for n in range(10)]
        assert len(started) == 1
        monkeypatch.setattr(parse, "LONG", 0.01)
        slow = asyncio.get_running_loop().create_task(parser.parse(titled.format("slow").encode()))
        await asyncio.sleep(0)
        assert (await parser.parse(titled.format("quick").encode())).title == "quick"
        assert (len(started), slow.done()) == (2, False)
        slow_may_end.set()
        assert (await slow).title == "slow"
        again = [parser.parse(titled.format(n).encode()) for n in range(10)]
        assert len(await asyncio.gather(*again)) == 10
    assert len(started) == 2


def test_a_child_of_a_large_program_is_not_taken_for_large_itself() -> None:
    """The system tells a new program of the greatest size of whoever started it as its own."""
    import subprocess
    import sys

    program = (
        "import asyncio\n"
        "from feeds import child, parse\n"
        "large = b'x' * 2 * child.SWOLLEN\n"
        "async def main():\n"
        "    async with parse.Parser(children=1) as parser:\n"
        "        first = parser._idle[0]\n"
        "        for _ in range(3):\n"
        "            await parser.parse(b'<rss version=\"2.0\"><channel/></rss>')\n"
        "        print(parser._idle == [first], first.answered)\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.split() == [b"True", b"3"]


async def test_a_child_loads_neither_telegram_nor_the_application() -> None:
    import subprocess
    import sys

    program = "import feeds.child, feeds.read, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    loaded = set(done.stdout.decode().split())
    assert not loaded & {
        "telegram",
        "sqlalchemy",
        "aiohttp",
        "bot.app",
        "bot.config",
        "apscheduler",
    }


async def test_a_child_sees_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    from feeds.parse import _environment

    monkeypatch.setenv("TOCSIN_TOKEN", "1:secret")
    assert "secret" not in str(_environment())


async def test_all_hours_and_days_to_leave_out_are_read(parser: Parser) -> None:
    hours = "<skipHours><hour>3</hour>\n<hour> 11 </hour><hour>24</hour><hour>99</hour></skipHours>"
    days = "<skipDays><day>Saturday</day><day>SUNDAY</day><day>someday</day></skipDays>"
    head = f"<title>Paper</title>{hours}{days}"
    body = f"<rss version='2.0'><channel>{head}<item><title>A</title></item></channel></rss>"
    hints = (await parser.parse(body.encode())).hints
    assert hints.skip_hours == {0, 3, 11}
    assert hints.skip_days == {"saturday", "sunday"}


def test_a_list_that_is_not_closed_ends_all_the_same() -> None:
    assert skipped.hours("<skipHours>" + "<hour>7</hour>" * 1000 + "<hour>9</hour>") == {7}
