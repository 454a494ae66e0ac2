"""What was relayed as static files: valid, of the right district, as it stands, and only then."""

import json
import os
import re
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from xml.etree import ElementTree as Tree

import feedparser
import pytest
from sqlalchemy import update

from bot.domain.publications import Kind, Publication, State
from bot.i18n import LANGUAGES
from bot.services import revising
from bot.services.outlets import ALL, Outlets, Shelf
from feeds import opml
from feeds.read import read
from storage import publications, sources
from storage.db import Database
from storage.items import table as item_table
from tests.clock import Clock
from tests.press import EDITORS, PLACES, Press, open_press

ADDRESS = "https://mirror.example.org/news"
RSS = "{http://purl.org/dc/elements/1.1/}language"


@pytest.fixture
async def press(db: Database, clock: Clock) -> Press:
    """Two countries and their sources."""
    return await open_press(db, clock)


@pytest.fixture
def outlets(press: Press, tmp_path: Path) -> Outlets:
    """Writing into a folder of the test."""
    return anew(press, tmp_path)


def anew(press: Press, folder: Path, most: int = 50) -> Outlets:
    """As after a restart."""
    return Outlets(press.db, press.atlas, press.clock, Shelf(folder / "out", ADDRESS, most))


def items(outlets: Outlets, name: str) -> list[dict[str, object]]:
    """The items of a JSON Feed."""
    feed = json.loads((outlets.shelf.folder / f"{name}.json").read_bytes())
    found: list[dict[str, object]] = feed["items"]
    return found


def titles(outlets: Outlets, name: str) -> list[object]:
    """Their titles."""
    return [item["title"] for item in items(outlets, name)]


async def publication(press: Press, subject: str) -> Publication:
    """The publication about an item."""
    async with press.db.tx(write=False) as tx:
        found = await publications.newest(tx, subject, kind=Kind.ITEM)
    assert found is not None
    return found


async def test_every_district_has_a_feed_in_every_language(outlets: Outlets) -> None:
    count = await outlets.refresh()
    names = {str(path.relative_to(outlets.shelf.folder)) for path in every_file(outlets)}
    wanted = {
        f"{lang}/{name}.{kind}"
        for lang in LANGUAGES
        for name in (*PLACES, ALL)
        for kind in ("xml", "json")
    }
    assert names == wanted | {"index.html", "feeds.opml"}
    assert count == len(names)


def every_file(outlets: Outlets) -> list[Path]:
    """Whatever lies in the folder."""
    return [path for path in outlets.shelf.folder.rglob("*") if path.is_file()]


async def test_an_item_is_in_the_feeds_of_whom_it_concerns(press: Press, outlets: Outlets) -> None:
    await press.publish("Water is back", "kastr")
    press.clock.move(timedelta(minutes=1))
    await press.publish("Strike", "by")
    await press.publish("Elsewhere", "brussels")
    await outlets.refresh()
    assert titles(outlets, "en/kastr") == ["Strike", "Water is back"]
    assert titles(outlets, "en/minsk") == ["Strike", "Water is back"]
    assert titles(outlets, "en/zavod") == ["Strike"]
    assert titles(outlets, "en/be") == ["Elsewhere"]
    assert titles(outlets, f"en/{ALL}") == ["Elsewhere", "Strike", "Water is back"]


async def test_each_item_says_where_it_comes_from_and_its_code_is_its_id(
    press: Press, outlets: Outlets
) -> None:
    sent = await press.publish("Water is back", "minsk")
    await outlets.refresh()
    (item,) = items(outlets, "en/minsk")
    assert item["id"] == sent.code
    assert item["url"] == sent.link
    assert item["authors"] == [{"name": "The minsk Courier", "url": "https://minsk.example.org/"}]
    assert sent.code in str(item["content_html"])
    assert f'<a href="{sent.link}"' in str(item["content_html"])
    rss = Tree.fromstring((outlets.shelf.folder / "en/minsk.xml").read_bytes())
    source = rss.find("channel/item/source")
    assert source is not None
    assert source.text == "The minsk Courier"
    assert source.get("url") == "https://minsk.example.org/rss"


async def test_the_frame_is_in_the_language_of_the_feed(press: Press, outlets: Outlets) -> None:
    await press.publish("Water is back", "minsk")
    await outlets.refresh()
    said = {str(items(outlets, f"{lang}/minsk")[0]["content_html"]) for lang in LANGUAGES}
    assert len(said) == len(LANGUAGES)
    assert all(items(outlets, f"{lang}/minsk")[0]["language"] == "en" for lang in LANGUAGES)


async def test_both_forms_satisfy_their_specifications(press: Press, outlets: Outlets) -> None:
    await press.publish("Water & <b>power</b> are back", "minsk")
    await press.publish("Второе", "minsk")
    await correct(press, (await press.publish("Third", "minsk")).subject)
    await outlets.refresh()
    for path in every_file(outlets):
        if path.suffix == ".xml":
            check_rss(path.read_bytes())
        elif path.suffix == ".json":
            check_json_feed(path.read_bytes())


def check_rss(body: bytes) -> None:
    """What RSS 2.0 demands, and what readers stumble over."""
    root = Tree.fromstring(body)
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    (channel,) = root
    for name in ("title", "link", "description", "language"):
        assert channel.findtext(name), name
    own = channel.find("{http://www.w3.org/2005/Atom}link")
    assert own is not None
    assert own.get("rel") == "self"
    assert str(own.get("href")).startswith(ADDRESS)
    guids = []
    for item in channel.iter("item"):
        assert item.findtext("title")
        assert item.findtext("description")
        assert parsedate_to_datetime(str(item.findtext("pubDate"))).tzinfo is not None
        guid = item.find("guid")
        assert guid is not None
        assert guid.get("isPermaLink") == "false"
        guids.append(guid.text)
        assert (item.findtext("link") or "https://").startswith(("http://", "https://"))
        for child in item:
            assert child.text
    assert len(set(guids)) == len(guids)


def check_json_feed(body: bytes) -> None:
    """What JSON Feed 1.1 demands."""
    feed = json.loads(body)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert isinstance(feed["title"], str)
    assert feed["feed_url"].startswith(ADDRESS)
    assert feed["home_page_url"] == f"{ADDRESS}/index.html"
    for item in feed["items"]:
        assert isinstance(item["id"], str)
        assert item["content_html"]
        for when in ("date_published", "date_modified"):
            assert datetime.fromisoformat(item[when]).tzinfo is not None
        for author in item.get("authors", []):
            assert author["name"]
        own = {key for key in item if key.startswith("_")}
        assert own == {"_tocsin"}
    assert len({item["id"] for item in feed["items"]}) == len(feed["items"])


async def test_readers_read_them_back(press: Press, outlets: Outlets) -> None:
    sent = [await press.publish(f"Item {n} <&>", "minsk") for n in range(3)]
    await outlets.refresh()
    for suffix in ("xml", "json"):
        body = (outlets.shelf.folder / f"en/minsk.{suffix}").read_bytes()
        again = read(body)
        assert [e.guid for e in again.entries] == [one.code for one in reversed(sent)]
        assert [e.link for e in again.entries] == [one.link for one in reversed(sent)]
        assert [e.title for e in again.entries] == [one.title for one in reversed(sent)]
        assert again.flaws == ()
        assert again.language == "en"
    parsed = feedparser.parse((outlets.shelf.folder / "en/minsk.xml").read_bytes())
    assert not parsed.bozo
    assert [entry.id for entry in parsed.entries] == [one.code for one in reversed(sent)]


async def test_nothing_is_written_while_nothing_changes(
    press: Press, outlets: Outlets, tmp_path: Path
) -> None:
    await press.publish("Water is back", "minsk")
    await outlets.refresh()
    before = {path: path.stat().st_mtime_ns for path in every_file(outlets)}
    press.clock.move(timedelta(hours=1))
    assert await outlets.refresh() == 0
    assert await anew(press, tmp_path).refresh() == 0
    assert {path: path.stat().st_mtime_ns for path in every_file(outlets)} == before


async def test_only_what_changed_is_written(press: Press, outlets: Outlets) -> None:
    await outlets.refresh()
    await press.publish("Elsewhere", "brussels")
    count = await outlets.refresh()
    # Brussels, the country around it and all, in five languages and two forms, and the list's date.
    assert count == 3 * 2 * len(LANGUAGES) + 1


async def test_a_file_that_is_not_there_any_more_is_written_at_the_next_start(
    press: Press, outlets: Outlets, tmp_path: Path
) -> None:
    await press.publish("Water is back", "minsk")
    await outlets.refresh()
    (outlets.shelf.folder / "en" / "minsk.xml").unlink()
    assert await anew(press, tmp_path).refresh() == 1


async def correct(press: Press, subject: str) -> None:
    """Two people correct it."""
    press.clock.move(timedelta(minutes=5))
    async with press.db.tx() as tx:
        found = await publications.newest(tx, subject, kind=Kind.ITEM)
        assert found is not None
        await revising.correct(tx, found.id, press.clock(), note="At <b>four</b>, not at two.")


async def test_a_corrected_item_carries_its_correction(press: Press, outlets: Outlets) -> None:
    sent = await press.publish("Water is back", "minsk")
    await outlets.refresh()
    await correct(press, sent.subject)
    await outlets.refresh()
    (item,) = items(outlets, "en/minsk")
    assert item["id"] == sent.code
    assert item["title"] == "Corrected: Water is back"
    assert "At &lt;b&gt;four&lt;/b&gt;, not at two." in str(item["content_html"])
    assert "Water is back" in str(item["content_html"])
    assert str(item["date_modified"]) > str(item["date_published"])


async def test_an_unconfirmed_item_says_so_in_its_title(press: Press, outlets: Outlets) -> None:
    await press.publish("Strike called", "minsk")
    async with press.db.tx() as tx:
        await tx.execute(update(item_table).values(impact=True))
    await outlets.refresh()
    assert titles(outlets, "en/minsk") == ["Unconfirmed: Strike called"]


async def test_a_masked_item_says_so_and_nothing_of_it_stays(
    press: Press, outlets: Outlets
) -> None:
    sent = await press.publish("A name of somebody", "minsk")
    await outlets.refresh()
    about = await publication(press, sent.subject)
    async with press.db.tx() as tx:
        by = press.editors[0].id
        await revising.mask(tx, press.atlas, about.id, by, press.clock())
    await outlets.refresh()
    (item,) = items(outlets, "en/minsk")
    assert item["id"] == sent.code
    assert "url" not in item
    assert all("A name of somebody" not in path.read_text("utf-8") for path in every_file(outlets))
    async with press.db.tx() as tx:
        await revising.restore(tx, press.atlas, about.id, press.clock())
    await outlets.refresh()
    assert titles(outlets, "en/minsk") == ["A name of somebody"]


async def test_what_was_taken_back_says_so(press: Press, outlets: Outlets) -> None:
    sent = await press.publish("A name of somebody", "minsk")
    await outlets.refresh()
    about = await publication(press, sent.subject)
    async with press.db.tx() as tx:
        await revising.recall(tx, press.atlas, about.id, press.clock())
    await outlets.refresh()
    (item,) = items(outlets, "en/minsk")
    assert item["id"] == sent.code
    assert item["_tocsin"] == {"code": sent.code, "standing": "recalled"}
    for path in every_file(outlets):
        assert "A name of somebody" not in path.read_text("utf-8")
        assert sent.link not in path.read_text("utf-8")


@pytest.mark.parametrize("state", [State.SUSPENDED, State.CANCELLED])
async def test_items_of_a_held_or_revoked_source_do_not_stand(
    press: Press, outlets: Outlets, state: State
) -> None:
    sent = await press.publish("Invented", "minsk")
    await outlets.refresh()
    async with press.db.tx() as tx:
        await publications.mark(tx, sent.subject, state)
    await outlets.refresh()
    assert all("Invented" not in path.read_text("utf-8") for path in every_file(outlets))
    assert [item["id"] for item in items(outlets, "en/minsk")] == [sent.code]


async def test_markup_of_others_is_text_and_links_are_ours(press: Press, outlets: Outlets) -> None:
    sent = await press.publish("<script>alert(1)</script> see https://evil.example &amp;", "minsk")
    await outlets.refresh()
    (item,) = items(outlets, "en/minsk")
    content = str(item["content_html"])
    assert item["title"] == "<script>alert(1)</script> see https://evil.example &amp;"
    assert "<script" not in content
    assert set(re.findall(r'href="([^"]*)"', content)) == {sent.link}
    rss = Tree.fromstring((outlets.shelf.folder / "en/minsk.xml").read_bytes())
    title = str(rss.findtext("channel/item/title"))
    assert "<" not in title


async def test_nothing_about_people_is_in_any_file(press: Press, outlets: Outlets) -> None:
    await press.follow(777_123_456, "minsk")
    sent = await press.publish("Water is back", "minsk")
    await correct(press, sent.subject)
    await outlets.refresh()
    for path in every_file(outlets):
        text = path.read_text("utf-8")
        for chat, alias in (*EDITORS.items(), (777_123_456, "Follower")):
            assert str(chat) not in text
            assert alias not in text


async def test_a_feed_holds_the_newest_items(press: Press, tmp_path: Path) -> None:
    for n in range(4):
        await press.publish(f"Item {n}", "minsk")
    outlets = anew(press, tmp_path, most=2)
    await outlets.refresh()
    assert titles(outlets, "en/minsk") == ["Item 3", "Item 2"]


async def test_a_write_that_fails_leaves_the_file_whole_and_is_made_up_for(
    press: Press, outlets: Outlets, monkeypatch: pytest.MonkeyPatch
) -> None:
    await press.publish("First", "minsk")
    await outlets.refresh()
    await press.publish("Second", "minsk")
    write = Path.write_bytes

    def fail(path: Path, content: bytes) -> int:
        write(path, content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(OSError, match="space"):
        await outlets.refresh()
    assert titles(outlets, "en/minsk") == ["First"]
    monkeypatch.undo()
    await outlets.refresh()
    assert titles(outlets, "en/minsk") == ["Second", "First"]
    assert [path for path in every_file(outlets) if path.name.endswith(".part")] == []


async def test_files_may_be_read_by_whoever_serves_them(outlets: Outlets) -> None:
    before = os.umask(0o077)
    try:
        await outlets.refresh()
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in every_file(outlets)} == {0o644}
    folders = {path.parent for path in every_file(outlets)}
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o755}


async def test_the_page_and_the_list_name_every_feed(outlets: Outlets) -> None:
    await outlets.refresh()
    page = (outlets.shelf.folder / "index.html").read_text("utf-8")
    listed = opml.read((outlets.shelf.folder / "feeds.opml").read_bytes())
    assert {one.address for one in listed} == {
        f"{ADDRESS}/{lang}/{name}.xml" for lang in LANGUAGES for name in (*PLACES, ALL)
    }
    assert all(one.address in page for one in listed)
    assert "<script" not in page


async def test_an_item_whose_medium_is_gone_is_left_out(press: Press, outlets: Outlets) -> None:
    await press.publish("Water is back", "minsk")
    async with press.db.tx() as tx:
        await tx.execute(sources.table.delete())
    await outlets.refresh()
    assert titles(outlets, "en/minsk") == []


async def test_a_new_name_of_a_medium_is_taken_over(press: Press, outlets: Outlets) -> None:
    await press.publish("Water is back", "minsk")
    await outlets.refresh()
    async with press.db.tx() as tx:
        renamed = update(sources.table).values(title="The New Courier", version=99)
        await tx.execute(renamed)
    await outlets.refresh()
    assert items(outlets, "en/minsk")[0]["authors"] == [
        {"name": "The New Courier", "url": "https://minsk.example.org/"}
    ]
