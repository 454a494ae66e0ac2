"""An installation with moderators, on either database, and a publisher for all tests."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Shell
from tests.cli.sources.newsstand import Newsstand, in_a_thread, opened
from tests.conftest import KINDS
from tests.publisher import Publisher


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
