"""`tocsin source import` and `export`: lists in, whatever is in them, and out again."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from bot.cli import console
from bot.cli.trouble import Exit
from bot.domain.sources import SourceState
from bot.services import opml as service
from bot.services.opml import Import, Told
from feeds import opml
from feeds.addresses import Address
from feeds.opml import Outline
from tests.cli.sources.newsstand import Newsstand, served


def listed(stand: Newsstand, *outlines: Outline, name: str = "feeds.opml") -> Path:
    """A list of feeds in the folder."""
    path = stand.shell.folder / name
    path.write_bytes(opml.write(outlines, title="Mine", written=datetime(2026, 11, 21, tzinfo=UTC)))
    return path


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

    async def breaking(self: Import, outline: Outline, address: Address) -> Told:
        nonlocal asked
        asked += 1
        if asked > 2:
            raise KeyboardInterrupt
        return await one(self, outline, address)

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

    async def failing(self: Import, outline: Outline, address: Address) -> Told:
        if outline.address.endswith("/1"):
            raise ZeroDivisionError
        return await nominate(self, outline, address)

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
    monkeypatch.setattr(console, "err", shown)
    monkeypatch.setattr(console, "PATIENCE", 0.0)
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
