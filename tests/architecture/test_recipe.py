"""The recipe of ARCHITECTURE.md, cooked: a whole noun is added to a copy of the house."""

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from tests.architecture.tree import PRODUCT, ROOT, tracked

NOUN = Path(__file__).parent / "data" / "lostfound"
COPIED = {*PRODUCT, "benchmarks", "docs", "sandbox", "tests", "pyproject.toml"}
EDITS = {
    "storage/__init__.py": [
        ("    ledger,\n", "    lostfound,\n"),
        ('    "ledger",\n', '    "lostfound",\n'),
    ],
    "bot/app.py": [
        (
            "from bot.services.items import Items\n",
            "from bot.services.lostfound import LostFound\n",
        ),
        (
            "from handlers.lost import LostHandlers\n",
            "from handlers.lostfound import LostFoundHandlers\n",
        ),
        (
            "    nouns: list[Feature] = [\n",
            "        LostFoundHandlers(LostFound(db, clock)),\n",
        ),
    ],
}
"""Existing files, and what is written behind which line."""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the product and its tests, without the noun."""
    for path in tracked():
        inside = path.relative_to(ROOT)
        if inside.parts[0] in COPIED and not path.is_relative_to(NOUN.parent):
            (tmp_path / inside).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, tmp_path / inside)
    return tmp_path


def digests(house: Path) -> dict[str, str]:
    """What every file holds."""
    return {
        str(path.relative_to(house)): sha256(path.read_bytes()).hexdigest()
        for path in house.rglob("*")
        if path.is_file() and not {"__pycache__", ".ruff_cache"} & {*path.parts}
    }


def run(house: Path, *command: str) -> None:
    """Run a tool in the copy, on the copy's own modules."""
    environ = os.environ | {"PYTHONPATH": str(house), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command, cwd=house, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_new_noun_edits_two_existing_files_and_passes_the_checks(house: Path) -> None:
    before = digests(house)
    shutil.copytree(NOUN, house, dirs_exist_ok=True)
    for name, lines in EDITS.items():
        text = (house / name).read_text("utf-8")
        for behind, new in lines:
            assert behind in text, (name, behind)
            text = text.replace(behind, behind + new, 1)
        (house / name).write_text(text, "utf-8")
    tool = Path(sys.executable).with_name
    run(house, sys.executable, "-m", "storage.migrations.draft", "lost and found")
    run(house, str(tool("ruff")), "check", "--no-cache", ".")
    run(house, str(tool("lint-imports")), "--no-cache")
    tests = [
        *("tests/handlers/test_lostfound.py", "tests/architecture/test_catalogues.py"),
        *("tests/architecture/test_tables.py", "tests/architecture/test_contracts.py"),
        "tests/storage/test_migrate.py::test_all_migrations_together_make_exactly_the_tables",
    ]
    run(house, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)
    after = digests(house)
    assert {name for name in before if after.get(name) != before[name]} == EDITS.keys()
    noun = {str(path.relative_to(NOUN)) for path in NOUN.rglob("*") if path.is_file()}
    (step,) = after.keys() - before.keys() - noun
    assert step.startswith("storage/migrations/versions/")
