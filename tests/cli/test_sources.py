"""`tocsin source`: what the operator sees and does about media, on either database."""

import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bot.cli import backlog
from bot.cli.trouble import Exit
from bot.domain.evidence import Check
from bot.domain.sources import Found, Hold, Reason, SourceState
from bot.services import nominations
from bot.services import opml as service
from bot.services.looking import look
from bot.services.opml import Import
from feeds import opml
from feeds.opml import Outline
from tests.cli.conftest import Shell
from tests.cli.newsstand import Newsstand, in_a_thread, opened
from tests.conftest import KINDS
from tests.publisher import Publisher, Story, rss, stories


@pytest.fixture(scope="module")
def publisher() -> Iterator[Publisher]:
    """One for all tests of the module; each serves at paths of its own."""
    with in_a_thread() as running:
        yield running


@pytest.fixture(scope="module")
def founded(publisher: Publisher, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation on SQLite, to copy per test."""
    folder = tmp_path_factory.mktemp("founded")
    opened(Shell(folder), sqlite_in(folder), "", publisher)
    return folder


@pytest.fixture
def stand(shell: Shell, publisher: Publisher, founded: Path) -> Newsstand:
    """On SQLite."""
    publisher.bodies.clear()
    publisher.moves.clear()
    publisher.asked.clear()
    shutil.copytree(founded, shell.folder, dirs_exist_ok=True)
    return Newsstand(shell, sqlite_in(shell.folder), shell.folder / "secret.key", publisher)


def sqlite_in(folder: Path) -> str:
    """The address of the database there."""
    return f"sqlite+aiosqlite:///{folder / 'data' / 'tocsin.db'}"


@pytest.fixture(params=KINDS)
def anywhere(request: pytest.FixtureRequest, shell: Shell, publisher: Publisher) -> Newsstand:
    """On each database."""
    if request.param == "sqlite":
        sqlite: Newsstand = request.getfixturevalue("stand")
        return sqlite
    publisher.bodies.clear()
    publisher.asked.clear()
    url = request.getfixturevalue("empty_postgres_url")
    return opened(shell, url, f'[storage]\nurl = "{url}"\n', publisher)


def served(stand: Newsstand, path: str = "/feed", title: str = "The Courier") -> str:
    """Three stories at a path."""
    return stand.publisher.put(path, rss(stories(1, 2, 3), title=title))


def listed(stand: Newsstand, *outlines: Outline, name: str = "feeds.opml") -> Path:
    """A list of feeds in the folder."""
    path = stand.shell.folder / name
    path.write_bytes(opml.write(outlines, title="Mine", written=datetime(2026, 11, 21, tzinfo=UTC)))
    return path


def test_a_source_is_proposed_listed_and_shown(anywhere: Newsstand) -> None:
    address = served(anywhere)
    said = anywhere.said("add", address, "--district", "minsk", "--topic", "strikes")
    assert "source 1 (The Courier) is proposed" in said
    source = anywhere.sources()[0]
    assert source.state is SourceState.NOMINATED
    assert source.proposed_by is None
    assert source.agreed == ()
    assert source.topics == {"strikes"}
    table = anywhere.said("list").splitlines()
    assert table[1].split()[:4] == ["1", "nominated", "The", "Courier"]
    shown = anywhere.said("show", "1")
    for part in ("The Courier", "nominated", address, "Minsk", "strikes"):
        assert part in shown, shown
    assert anywhere.said("show", address) == shown


def test_moderators_hear_of_what_the_operator_proposes(stand: Newsstand) -> None:
    stand.said("add", served(stand), "-d", "minsk")
    told = stand.told()
    assert len(told) == 2
    assert all("A source was proposed" in text and "The Courier" in text for text in told)


def test_two_vet_what_the_operator_proposed_and_one_does_not_suffice(stand: Newsstand) -> None:
    stand.said("add", served(stand), "-d", "minsk")
    stand.vet(1)
    assert stand.sources()[0].state is SourceState.PROBATION
    shown = stand.said("show", "1")
    assert "vetted" in shown
    assert f"{len(Check)} of {len(Check)} checks" in shown
    assert "2 people" in shown
    assert all(f"  {check}" in shown for check in Check)
    assert "Lynx" not in shown
    assert "items in feed" in shown


def test_the_list_is_for_programs_too(stand: Newsstand) -> None:
    assert json.loads(stand.said("list", "--json")) == []
    assert "tocsin source add" in stand.said("list")
    address = served(stand)
    stand.said("add", address, "-d", "minsk")
    stand.vet(1)
    (one,) = json.loads(stand.said("list", "--json"))
    assert one == json.loads(stand.said("show", "1", "--json"))
    assert (one["id"], one["state"], one["address"]) == (1, "probation", address)
    assert one["districts"] == ["minsk"]
    assert one["items"] == 3
    assert one["failing"] is None


def test_a_failure_is_told_in_words(stand: Newsstand) -> None:
    stand.said("add", served(stand), "-d", "minsk")
    stand.publisher.bodies.clear()
    stand.vet(1)
    assert "error 404" in stand.said("show", "1")
    assert "error 404" in stand.said("list")


def test_without_a_district_the_one_country_is_meant(stand: Newsstand) -> None:
    stand.said("add", served(stand))
    assert json.loads(stand.said("show", "1", "--json"))["districts"] == ["by"]


def test_a_district_that_is_not_there_is_said_to_be_so(stand: Newsstand) -> None:
    said = stand.said("add", served(stand), "-d", "atlantis", code=Exit.USAGE)
    assert "no district atlantis" in said
    assert stand.sources() == []


def test_what_is_no_feed_is_said_to_be_so_with_what_the_page_offers(stand: Newsstand) -> None:
    page = (
        b"<html><head><link rel='alternate' type='application/rss+xml' href='/rss'></head></html>"
    )
    address = stand.publisher.put("/", page, "text/html")
    said = stand.said("add", address, "-d", "minsk", code=Exit.PARTLY)
    assert "no feed at this address" in said
    assert stand.publisher.url("/rss") in said
    assert "Nothing was changed" in said


@pytest.mark.parametrize("address", ["http://10.0.0.1/feed", "gopher://example.org/", "nonsense"])
def test_an_address_that_may_not_be_read_is_not(stand: Newsstand, address: str) -> None:
    stand.said("add", address, "-d", "minsk", code=Exit.PARTLY)


def test_a_source_is_not_proposed_twice(stand: Newsstand) -> None:
    address = served(stand)
    stand.said("add", address, "-d", "minsk")
    stand.said("add", address, "-d", "minsk", code=Exit.USAGE)
    assert len(stand.sources()) == 1


def test_the_operator_holds_at_once_and_moderators_are_told(anywhere: Newsstand) -> None:
    anywhere.said("add", served(anywhere), "-d", "minsk")
    anywhere.vet(1)
    anywhere.told()
    said = anywhere.said("hold", "1")
    assert "is held" in said
    assert "two of them" in said
    source = anywhere.sources()[0]
    assert (source.state, source.hold) == (SourceState.HELD, Hold.OPERATOR)
    assert any("by the operator" in text for text in anywhere.told())
    assert "held (operator)" in anywhere.said("list")
    anywhere.said("hold", "1", code=Exit.USAGE)


def test_what_is_not_relayed_cannot_be_held(stand: Newsstand) -> None:
    stand.said("add", served(stand), "-d", "minsk")
    stand.said("hold", "1", code=Exit.USAGE)
    assert stand.sources()[0].state is SourceState.NOMINATED


@pytest.mark.parametrize("command", ["show", "hold"])
@pytest.mark.parametrize("named", ["99", "https://nobody.example.org/", "99999999999999"])
def test_a_source_that_is_not_there_is_said_to_be_so(
    stand: Newsstand, command: str, named: str
) -> None:
    said = stand.said(command, named, code=Exit.USAGE)
    assert f"There is no source {named}" in said
    assert "source list" in said


def test_a_list_is_proposed_and_vetted_by_nobody(anywhere: Newsstand) -> None:
    outlines = [
        Outline(served(anywhere, f"/{n}", f"Paper {n}"), f"Mine {n}", ("strikes", "minsk"))
        for n in range(5)
    ]
    said = anywhere.said("import", str(listed(anywhere, *outlines)), "-d", "minsk")
    assert "5 sources proposed" in said
    found = anywhere.sources()
    assert {source.state for source in found} == {SourceState.NOMINATED}
    assert {source.title for source in found} == {f"Paper {n}" for n in range(5)}
    assert {source.topics for source in found} == {frozenset({"strikes", "minsk"})}
    told = anywhere.told()
    assert len(told) == 2
    assert all("5 sources from a list" in text for text in told)


def test_what_is_known_is_not_asked_again(stand: Newsstand) -> None:
    good = [Outline(served(stand, f"/{n}")) for n in range(3)]
    gone = Outline(stand.publisher.url("/gone"))
    path = str(listed(stand, *good, gone))
    said = stand.said("import", path, "-d", "minsk", code=Exit.PARTLY)
    assert "3 sources proposed" in said
    assert f"{gone.address}: The site answers with error 404." in said
    stand.publisher.asked.clear()
    stand.told()
    said = stand.said("import", path, "-d", "minsk", code=Exit.PARTLY)
    assert "0 sources proposed" in said
    assert "3 known before" in said
    assert [path for path, _ in stand.publisher.asked] == ["/gone"]
    assert stand.told() == []


def test_a_feed_that_moved_is_not_asked_again_at_its_old_address(stand: Newsstand) -> None:
    target = served(stand, "/new")
    stand.publisher.moves["/old"] = target
    path = str(listed(stand, Outline(stand.publisher.url("/old"))))
    stand.said("import", path, "-d", "minsk")
    assert stand.sources()[0].address == target
    stand.publisher.asked.clear()
    assert "1 known before" in stand.said("import", path, "-d", "minsk")
    assert stand.publisher.asked == []


def test_duplicates_are_recognised_by_address_however_it_is_written(stand: Newsstand) -> None:
    address = served(stand)
    twice = address.replace("http://", "HTTP://") + "#top"
    said = stand.said("import", str(listed(stand, Outline(address), Outline(twice))), "-d", "minsk")
    assert "1 source proposed" in said
    assert "1 named twice" in said
    assert len(stand.publisher.asked) == 1


def test_an_import_that_is_broken_off_goes_on_where_it_was(
    stand: Newsstand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "AT_ONCE", 1)
    outlines = [Outline(served(stand, f"/{n}")) for n in range(4)]
    one = Import._one
    asked = 0

    async def breaking(self: Import, *args: object) -> object:
        nonlocal asked
        asked += 1
        if asked > 2:
            raise KeyboardInterrupt
        return await one(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Import, "_one", breaking)
    stand("import", str(listed(stand, *outlines)), "-d", "minsk")
    assert len(stand.sources()) == 2
    monkeypatch.setattr(Import, "_one", one)
    said = stand.said("import", str(listed(stand, *outlines)), "-d", "minsk")
    assert "2 sources proposed" in said
    assert "2 known before" in said
    assert len(stand.sources()) == 4


def test_a_feed_that_breaks_us_keeps_no_other_out(
    stand: Newsstand, monkeypatch: pytest.MonkeyPatch
) -> None:
    outlines = [Outline(served(stand, f"/{n}")) for n in range(3)]
    nominate = Import._nominate

    async def failing(self: Import, outline: Outline, address: object) -> object:
        if outline.address.endswith("/1"):
            raise ZeroDivisionError
        return await nominate(self, outline, address)  # type: ignore[arg-type]

    monkeypatch.setattr(Import, "_nominate", failing)
    said = stand.said("import", str(listed(stand, *outlines)), "-d", "minsk", code=Exit.PARTLY)
    assert "2 sources proposed" in said
    assert "/1: This feed cannot be read right now." in said


@pytest.mark.parametrize(
    "content",
    [
        b"<html></html>",
        b"<opml><body>",
        b'<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]><opml>&x;</opml>',
        b"<opml><body/></opml>",
    ],
)
def test_what_is_no_list_is_refused_and_nothing_asked(stand: Newsstand, content: bytes) -> None:
    path = stand.shell.folder / "bad.opml"
    path.write_bytes(content)
    assert "Nothing was changed" in stand.said("import", str(path), code=Exit.USAGE)
    assert stand.publisher.asked == []


def test_five_thousand_outlines_of_known_feeds_cost_no_request(stand: Newsstand) -> None:
    address = served(stand)
    stand.said("add", address, "-d", "minsk")
    stand.publisher.asked.clear()
    many = [Outline(f"http://10.0.{n // 250}.{n % 250}/feed") for n in range(4999)]
    path = listed(stand, Outline(address), *many)
    said = stand.said("import", str(path), "-d", "minsk", code=Exit.PARTLY)
    assert "4999 could not be read" in said
    assert "1 known before" in said
    assert stand.publisher.asked == []


def test_an_import_shows_how_far_it_is(stand: Newsstand, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Console(file=io.StringIO(), force_terminal=True, width=100)
    monkeypatch.setattr(backlog, "err", shown)
    monkeypatch.setattr(backlog, "PATIENCE", 0.0)
    path = listed(stand, *(Outline(served(stand, f"/{n}")) for n in range(3)))
    stand.said("import", str(path), "-d", "minsk")
    assert isinstance(shown.file, io.StringIO)
    assert "reading feeds" in shown.file.getvalue()


def test_what_is_exported_is_imported_elsewhere(stand: Newsstand) -> None:
    for n in range(2):
        stand.said("add", served(stand, f"/{n}", f"Paper {n}"), "-d", "minsk", "--topic", "strikes")
    path = stand.shell.folder / "out.opml"
    assert "2 sources written" in stand.said("export", str(path))
    found = opml.read(path.read_bytes())
    assert [one.title for one in found] == ["Paper 0", "Paper 1"]
    assert {one.topics for one in found} == {("strikes",)}
    assert {one.language for one in found} == {"en"}
    assert opml.read(stand("export", "-").stdout_bytes) == found
    assert "2 known before" in stand.said("import", str(path))


def test_an_export_replaces_no_file_unless_told_to(stand: Newsstand) -> None:
    path = stand.shell.folder / "out.opml"
    path.write_text("precious", "utf-8")
    assert "there already" in stand.said("export", str(path), code=Exit.USAGE)
    assert path.read_text("utf-8") == "precious"
    stand.said("export", str(path), "--force")
    assert opml.read(path.read_bytes()) == []
    assert [one.name for one in stand.shell.folder.glob("*.part")] == []


def test_every_command_teaches_with_an_example(shell: Shell) -> None:
    for command in ("list", "show", "add", "hold", "import", "export"):
        assert "Example" in shell("source", command, "--help").stdout


def test_a_source_is_tried_out_and_nothing_is_stored(anywhere: Newsstand) -> None:
    address = served(anywhere)
    said = anywhere.said("test", address)
    for part in ("The Courier", "whole", "taken apart", "bytes", "ETag", "rss20, utf-8", "English"):
        assert part in said, said
    assert "all 3 would be noted as seen, and none relayed" in said
    assert "as readers would get it" in said
    assert "Story 1" in said
    assert "Nothing was stored." in said
    assert anywhere.sources() == []
    assert anywhere.told() == []


def test_a_test_says_what_a_reading_would_bring_and_why_two_are_needed(
    anywhere: Newsstand,
) -> None:
    address = served(anywhere)
    anywhere.said("add", address, "-d", "minsk")
    anywhere.vet(1)
    anywhere.told()
    new = [
        Story("The office moved", "https://news.example.org/8", "Ask +375 29 123-45-67 for more."),
        Story("Water is back", "https://news.example.org/9"),
    ]
    anywhere.publisher.put("/feed", rss([*new, *stories(1, 2, 3)]))
    before = anywhere.sources(), json.loads(anywhere.said("show", "1", "--json"))
    said = anywhere.said("test", "1")
    assert "2 new for moderators" in said
    assert "contains a phone number" in said
    assert "The office moved" in said.partition("as readers would get it")[2]
    found = json.loads(anywhere.said("test", "1", "--json"))
    assert [(item["title"], item["flags"]) for item in found["new"]] == [
        ("Water is back", []),
        ("The office moved", ["phone"]),
    ]
    assert found["new"][1]["people_needed"] == 2
    assert found["source"] == 1
    assert set(found["milliseconds"]) >= {"connection", "first byte", "whole", "taken apart"}
    assert (anywhere.sources(), json.loads(anywhere.said("show", "1", "--json"))) == before
    assert anywhere.told() == []
    assert anywhere.queued() == 0


def test_a_test_says_when_the_source_would_be_held(stand: Newsstand) -> None:
    stand.said("add", served(stand), "-d", "minsk")
    stand.vet(1)
    stand.publisher.put("/feed", rss(stories(*range(100, 130))))
    assert "would be held" in stand.said("test", "1")
    assert stand.sources()[0].hold is None


def test_a_test_that_fails_says_why(stand: Newsstand) -> None:
    said = stand.said("test", stand.publisher.url("/nothing"), code=Exit.PARTLY)
    assert "error 404" in said
    stand.said("test", "99", code=Exit.USAGE)


def test_the_operator_is_warned_of_a_likeness_and_of_an_earlier_refusal(
    stand: Newsstand, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def alike(*args: Any) -> Found:
        found = await look(*args)
        return replace(found, lookalike="courier.example", rejected=Reason.UNRELIABLE)

    monkeypatch.setattr(nominations, "look", alike)
    said = stand.said("add", served(stand), "-d", "minsk")
    assert "taken for courier.example" in said
    assert "refused it before" in said
