"""The control API, the clock, the events, the feeds, the page and the program itself."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import telegram

from sandbox.documents import read
from sandbox.errors import Refused
from sandbox.server import Sandbox, running
from tests.sandbox.conftest import Call, shared

RSS = b"""<?xml version="1.0" encoding="koi8-r"?><rss version="2.0"><channel>
<title>\xf7\xc5\xd3\xd4\xc9</title><!-- \xc1 -->
<item><title>5</title></item>
<item rdf:about="x"><title>4</title></item> <item><title>3</title></item>
<item><title>2</title></item><item><title>1</title></item></channel></rss>"""
ATOM = b"<feed><title>A</title>" + b"<entry><id>2</id></entry><entry><id>1</id></entry></feed>"


async def get(url: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    async with (
        aiohttp.ClientSession(trust_env=False) as session,
        session.get(url, headers=headers) as answer,
    ):
        return answer.status, await answer.read(), {k.title(): v for k, v in answer.headers.items()}


async def test_the_state_is_one_snapshot(box: Sandbox) -> None:
    state = await box.control("GET", "state")
    expected = {"now", "offset", "bot", "people", "chats", "faults", "rates", "feeds", "updates"}
    assert set(state) == expected
    assert [p["bot"] for p in state["people"]] == ["started", "new"]


async def test_the_clock_moves_by_seconds_and_to_instants(
    box: Sandbox, bot: telegram.Bot, vera: int
) -> None:
    await box.control("POST", "clock", {"to": "2026-05-01T10:00:00+02:00"})
    message = await bot.send_message(vera, "x")
    assert message.date.isoformat() == "2026-05-01T08:00:00+00:00"
    await box.control("POST", "clock", {"seconds": 86_400})
    edited = await message.edit_text("y")
    assert isinstance(edited, telegram.Message)
    assert edited.edit_date is not None
    assert (edited.edit_date - message.date).total_seconds() in (86_400, 86_401)
    for wrong in ({"to": "tomorrow"}, {"to": 0}, {"seconds": 1e12}, {}):
        with pytest.raises(Refused):
            await box.control("POST", "clock", wrong)


async def test_changes_are_told_as_they_happen(box: Sandbox, bot: telegram.Bot, vera: int) -> None:
    kinds: list[str] = []
    async with (
        aiohttp.ClientSession(trust_env=False) as session,
        session.get(f"{box.control_url}/events") as stream,
        asyncio.timeout(30),
    ):
        assert stream.content_type == "text/event-stream"
        while "hello" not in kinds:
            kinds += told(await stream.content.readline())
        message = await bot.send_message(vera, "x")
        await message.edit_text("y")
        await message.delete()
        await box.control("POST", "clock", {"seconds": 1})
        while kinds[-1] != "clock":
            kinds += told(await stream.content.readline())
    assert [k for k in kinds if k != "call"] == ["hello", "message", "edited", "deleted", "clock"]


async def test_a_page_that_is_closed_leaves_no_complaint(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("sandbox.control.app.HEARTBEAT", 0.02)
    async with aiohttp.ClientSession(trust_env=False) as session:
        async with session.get(f"{box.control_url}/events") as stream:
            assert told_hello(await stream.content.readline() + await stream.content.readline())
        await asyncio.sleep(0.2)
        async with session.get(f"{box.control_url}/clock") as answer:
            assert answer.status == 200
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


def told_hello(lines: bytes) -> bool:
    return b'"hello"' in lines


def told(line: bytes) -> list[str]:
    return [json.loads(line[5:])["kind"]] if line.startswith(b"data:") else []


async def test_the_control_api_refuses_with_reasons(box: Sandbox) -> None:
    cases: list[tuple[str, str, dict[str, Any], int]] = [
        ("POST", "people", {}, 400),
        ("POST", "people", {"name": "X", "username": "vera"}, 400),
        ("POST", "people/vera/text", {"text": "x", "colour": 1}, 400),
        ("POST", "people/vera/text", {"text": 5}, 400),
        ("POST", "people/nobody/text", {"text": "x"}, 404),
        ("POST", "people/vera/text", {"text": "x", "chat": -5}, 404),
        ("POST", "people/vera/dance", {}, 404),
        ("POST", "people/bob/keyboard", {"text": "x"}, 409),
        ("PUT", "rates", {"profile": "wild"}, 400),
        ("GET", "nothing", {}, 404),
    ]
    for verb, path, body, status in cases:
        with pytest.raises(Refused) as caught:
            await box.control(verb, path, body)
        assert caught.value.status == status, path


async def test_foreign_pages_cannot_act_through_a_readers_browser(box: Sandbox) -> None:
    for name, value in (("Host", "evil.example"), ("Origin", "https://evil.example")):
        status, _, _ = await get(f"{box.control_url}/state", **{name: value})
        assert status == 403
    status, _, _ = await get(f"{box.control_url}/state", Origin=box.url)
    assert status == 200


def test_only_loopback_is_served() -> None:
    for host in ("0.0.0.0", "192.0.2.1", "example.org"):
        with pytest.raises(Refused, match="loopback"):
            Sandbox(host=host)
    with pytest.raises(Refused, match="token"):
        Sandbox(token="secret")


async def test_what_the_bot_says_about_itself_is_kept_by_language(
    box: Sandbox, bot: telegram.Bot, call: Call
) -> None:
    await bot.set_my_commands([("next", "What comes next")])
    await bot.set_my_commands([("next", "Ce qui vient")], language_code="fr")
    await bot.set_my_name("Tocsin FR", language_code="fr")
    await bot.set_my_description("…", language_code="be")
    await bot.set_my_short_description("short")
    assert [c.description for c in await bot.get_my_commands(language_code="fr")] == [
        "Ce qui vient"
    ]
    assert (await bot.get_my_name()).name == "Tocsin"
    assert (await bot.get_my_name("fr")).name == "Tocsin FR"
    assert (await bot.get_my_description("be")).description == "…"
    shown = await box.control("GET", "bot")
    assert {c["language_code"] for c in shown["commands"]} == {"", "fr"}
    assert shown["short_descriptions"] == {"": "short"}
    history = await box.control("GET", "people/vera/chats/bot")
    assert [c["command"] for c in history["commands"]] == ["next"]
    for name in ("Next", "", "x" * 33, "näxt"):
        commands = [{"command": name, "description": "x"}]
        assert (await call("setMyCommands", commands=commands))[0] == 400
    assert (await call("setMyName", name="x" * 65))[0] == 400


@pytest.mark.parametrize("raw", [RSS, ATOM])
def test_held_items_are_cut_out_and_come_back_byte_for_byte(raw: bytes) -> None:
    document = read(raw, held=3)
    held = len(document.held)
    sizes = [len(document.render())]
    for _ in range(held):
        document.publish()
        sizes.append(len(document.render()))
    assert sizes == sorted(set(sizes))
    assert document.render() == raw
    with pytest.raises(Refused):
        document.publish()


@pytest.mark.parametrize(
    "raw", [b"<rss><item><title>1</title>", b"\xff\xfe<\x00r\x00", b"{not json", b""]
)
def test_a_document_that_resists_is_served_whole(raw: bytes) -> None:
    assert read(raw, held=3).render() == raw


@pytest.mark.shared
@pytest.mark.skipif(not shared().is_dir(), reason="needs the folder of real feed documents")
async def test_every_real_document_is_served_and_ends_as_it_was() -> None:
    folder = shared() / "feeds" / "documents"
    files = [f for f in folder.iterdir() if f.suffix in (".xml", ".rss", ".json", ".rdf", ".atom")]
    held = 0
    async with running(Sandbox(feeds=folder)) as box:
        feeds = {f["name"]: f for f in (await box.control("GET", "feeds"))["feeds"]}
        assert set(feeds) == {f.name for f in files}
        for file in files:
            held += feeds[file.name]["held"] > 0
            for _ in range(feeds[file.name]["held"]):
                await box.control("POST", f"feeds/{file.name}/publish")
            _, body, _ = await get(f"{box.feeds_url}/{file.name}")
            same = body == file.read_bytes()
            assert same or json.loads(body) == json.loads(file.read_bytes())
    assert held >= 0.8 * len(files)


async def test_a_feed_answers_304_until_it_changes(box: Sandbox) -> None:
    items = [{"title": "B", "text": "b & <b>"}, {"title": "A", "text": "a"}]
    await box.control("POST", "feeds", {"name": "news", "title": "News", "items": items})
    url = f"{box.feeds_url}/news"
    status, first, headers = await get(url)
    assert status == 200
    assert first.index(b"<title>B") < first.index(b"<title>A")
    for name, value in (
        ("If-None-Match", headers["Etag"]),
        ("If-Modified-Since", headers["Last-Modified"]),
    ):
        assert (await get(url, **{name: value}))[0] == 304
    await box.control("POST", "feeds/news/publish", {"title": "C", "text": "c"})
    status, second, _ = await get(url, **{"If-None-Match": headers["Etag"]})
    assert status == 200
    assert b"<title>C" in second
    await box.control("PATCH", "feeds/news/items/3", {"title": "C corrected"})
    await box.control("DELETE", "feeds/news/items/1")
    (feed,) = (await box.control("GET", "feeds"))["feeds"]
    assert [i["title"] for i in feed["items"]] == ["C corrected", "B"]
    assert feed["not_modified"] == 2
    assert (await get(feed["items"][0]["link"]))[0] == 200


async def test_a_feed_misbehaves_on_demand(box: Sandbox) -> None:
    await box.control("POST", "feeds", {"name": "news", "title": "News"})
    url = f"{box.feeds_url}/news"
    await box.control("PUT", "feeds/news/behaviour", {"status": 503, "body": "later"})
    assert (await get(url))[:2] == (503, b"later")
    await box.control("PUT", "feeds/news/behaviour", {})
    assert (await get(url))[0] == 200
    assert (await get(f"{box.feeds_url}/none"))[0] == 404


async def test_the_page_is_served_and_nothing_beside_it(box: Sandbox) -> None:
    for path in ("/../world.py", "/world.py", "/%2e%2e/world.py"):
        assert (await get(box.url + path))[0] == 404


async def test_the_program_says_where_it_is_and_ends_when_told(tmp_path: Path) -> None:
    seed = {
        "bot": {"name": "Demo", "username": "demo_bot"},
        "people": [{"name": "Vera", "username": "vera"}],
        "chats": [{"type": "channel", "title": "C", "creator": "vera", "bot": {}}],
        "feeds": [{"name": "news", "title": "News"}],
    }
    file = tmp_path / "seed.json"
    file.write_text(json.dumps(seed), "utf-8")
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "sandbox",
        "--seed",
        str(file),
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert program.stdout is not None
    async with asyncio.timeout(20):
        where = json.loads(await program.stdout.readline())
        _, body, _ = await get(f"{where['api']}/bot{where['token']}/getMe")
        assert json.loads(body)["result"]["username"] == "demo_bot"
        _, body, _ = await get(f"{where['control']}/state")
        assert json.loads(body)["chats"][-1]["title"] == "C"
        program.send_signal(signal.SIGTERM)
        assert await program.wait() == 0
