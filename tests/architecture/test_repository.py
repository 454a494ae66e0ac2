"""What the documents say is so; nothing tracked names a machine or an index of packages."""

import re
import tomllib
from pathlib import Path

import pytest

from bot.app import VERSION
from bot.i18n import read_catalogue
from tests.architecture.tree import ROOT, shown, tracked

DOCUMENTS = [path for path in tracked() if path.suffix == ".md"]
HOSTS = ("py" + "pi.org", "python" + "hosted.org", "files.python" + "hosted")
HOMES = re.compile(r"(?<![\w.])/(?:root|work|home/[a-z]\w*|tmp/[a-z]\w*)(?=/)")
BINARY = {".png", ".jpg", ".ico", ".woff2", ".gz"}
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")


def targets() -> set[str]:
    """What `make` can be asked for."""
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_every_make_target_that_a_document_names_exists() -> None:
    named = {
        (shown(path), target)
        for path in DOCUMENTS
        for target in re.findall(r"(?:`|^ {4})make ([a-z]+)", path.read_text("utf-8"), re.MULTILINE)
    }
    assert {(path, target) for path, target in named if target not in targets()} == set()
    assert {target for path, target in named if path == "README.md"} >= {"demo", "test"}


def test_every_command_that_a_document_names_exists() -> None:
    from bot.cli.commands import app

    known = {
        (command.name or command.callback.__name__).replace("_", "-")
        for command in app.registered_commands
        if command.callback is not None
    } | {str(group.name) for group in app.registered_groups}
    named = {
        (shown(path), word)
        for path in DOCUMENTS
        for word in re.findall(r"(?:`|bin/)tocsin ([a-z][a-z-]+)", path.read_text("utf-8"))
    }
    assert {(path, word) for path, word in named if word not in known} == set()
    assert {word for path, word in named if path == "README.md"} == known


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("for-*.md")), ids=shown)
def test_buttons_that_a_document_names_are_called_so(path: Path) -> None:
    named = set(re.findall(r"\*\*([^*]+)\*\*", path.read_text("utf-8"))) - {"START"}
    assert len(named) > 1
    said = {message.string for message in read_catalogue("en")}
    assert named - said == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=shown)
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    inside = [link for link in LINK.findall(path.read_text("utf-8")) if "://" not in link]
    assert [link for link in inside if not (path.parent / link).exists()] == []


def test_nothing_tracked_names_a_machine_or_an_index_of_packages() -> None:
    found = [
        f"{shown(path)}: {match}"
        for path in tracked()
        if path.suffix not in BINARY and "data" not in path.relative_to(ROOT).parts
        for text in [path.read_text("utf-8", errors="replace")]
        for match in [*HOMES.findall(text), *(host for host in HOSTS if host in text)]
    ]
    assert found == []


def test_locked_requirements_have_hashes_and_name_no_index() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text("utf-8")
        pinned = re.findall(r"^[a-z0-9][\w.\-]*==", text, re.MULTILINE | re.IGNORECASE)
        assert len(pinned) > 20
        assert not re.search(r"^--|https?://", text, re.MULTILINE)
        assert len(re.findall(r"^[^\s#].*\\$", text, re.MULTILINE)) == len(pinned)


def test_everything_the_program_needs_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    locked = (ROOT / "requirements" / "run.txt").read_text("utf-8").lower()
    for wanted in project["dependencies"]:
        name = re.split(r"[\[<>=~!;]", wanted)[0].strip().lower().replace("_", "-")
        assert re.search(rf"^{re.escape(name)}==", locked, re.MULTILINE), name


def test_the_bot_names_itself_to_feeds_by_the_version_that_is_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == VERSION


def test_the_licence_is_the_one_that_is_declared() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "GNU AFFERO GENERAL PUBLIC LICENSE" in text
    assert len(text.split()) > 5000
