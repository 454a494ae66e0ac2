"""The demo as its visitors meet it: everything seeded and reachable, nothing left behind."""

import asyncio
import io
from pathlib import Path

import aiohttp
import pytest
from rich.console import Console

from bot.config import DemoOptions
from bot.demo import RHYTHM, opened
from bot.demo.seed import Seeder
from bot.demo.town import STAFF
from bot.services.items import Items
from storage import channels, sources, staff

DOCUMENT = """<?xml version="1.0"?><rss version="2.0"><channel><title>Bridge Herald</title>
<link>https://herald.example/</link><description>News</description><ttl>60</ttl>
{items}</channel></rss>"""
ITEM = (
    "<item><title>Story {n}</title><guid>g{n}</guid><link>https://herald.example/{n}</link></item>"
)


async def test_the_demo_opens_with_staff_channels_sources_and_rallies() -> None:
    async with opened(DemoOptions(), Console(file=io.StringIO())) as (house, box):
        async with house.db.tx(write=False) as tx:
            assert len(await staff.listed(tx)) == len(STAFF)
            assert await staff.branches(tx) == len(STAFF) - 1
            assert {c.title for c, _ in await channels.listed(tx)} == {
                "@minsk_together",
                "@brussels_together",
            }
            watched = [s for s in await sources.page(tx, offset=0, limit=9) if s.watched]
            assert len(watched) == 2
        assert len(house.atlas.tree.all) == 2 + 2 + 9 + 19
        async with aiohttp.ClientSession() as http, http.get(box.page) as page:
            assert page.status == 200
        folder = house.config.storage.data_dir
        assert folder.exists()
    assert not folder.exists()


async def test_every_document_of_a_folder_becomes_a_source_or_is_refused_with_a_reason(
    tmp_path: Path,
) -> None:
    items = "".join(ITEM.format(n=n) for n in range(9))
    (tmp_path / "herald.xml").write_text(DOCUMENT.format(items=items))
    (tmp_path / "broken.xml").write_text("<html><body>Not a feed at all</body></html>")
    out = io.StringIO()
    options = DemoOptions(feeds=tmp_path)
    async with opened(options, Console(file=out, width=120)) as (house, _):
        async with house.db.tx(write=False) as tx:
            found = await sources.page(tx, offset=0, limit=9)
        assert [one.title for one in found] == ["Bridge Herald"]
    report = out.getvalue()
    assert "1 of 2 became sources" in report
    assert "Bridge Herald" in report
    assert "refused:" in report


async def test_a_real_document_that_a_moderator_vetted_brings_its_next_item_to_the_queue(
    tmp_path: Path,
) -> None:
    items = "".join(ITEM.format(n=n) for n in range(9))
    (tmp_path / "herald.xml").write_text(DOCUMENT.format(items=items))
    options = DemoOptions(feeds=tmp_path)
    async with opened(options, Console(file=io.StringIO())) as (house, box):
        async with house.db.tx(write=False) as tx:
            noah = next(one for one in await staff.listed(tx) if one.alias == "Heron")
        await Seeder(house, box, RHYTHM).vet(noah)
        await box.call("POST", "feeds/herald.xml/publish", {})
        queue = Items(house.db, house.atlas, house.clock)
        async with asyncio.timeout(60):
            while (waiting := await queue.open(noah)).total == 0:
                await asyncio.sleep(0.2)
        assert waiting.total == 1


async def test_the_clock_of_the_page_is_the_clock_of_the_bot() -> None:
    async with opened(DemoOptions(), Console(file=io.StringIO())) as (house, box):
        before = house.clock()
        await box.call("POST", "clock", {"seconds": 86_400})
        while (house.clock() - before).total_seconds() < 86_000:
            await box.refresh()
        assert (house.clock() - before).total_seconds() == pytest.approx(86_400, abs=30)
