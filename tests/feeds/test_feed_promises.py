"""What docs/feeds.md says of us has a test, by its name."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_ROW = re.compile(r"^\|(?! *-|---).*\| *(.*?) *\|$")
_TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def rows() -> list[str]:
    """The last cell of each row of each table, but of headings and of what we do not do."""
    lines = (ROOT / "docs" / "feeds.md").read_text("utf-8").splitlines()
    found = [
        match[1] for line in lines if (match := _ROW.match(line)) and "**not done**" not in line
    ]
    return [cell for cell in found if cell != "test"]


def test_every_line_names_a_test_that_exists() -> None:
    cells = rows()
    assert len(cells) > 70
    missing = []
    for cell in cells:
        named = _TEST.fullmatch(cell)
        assert named is not None, cell
        path = ROOT / "tests" / named[1]
        if not path.is_file() or f"def {named[2]}(" not in path.read_text("utf-8"):
            missing.append(cell)
    assert missing == []


def test_no_line_is_there_twice() -> None:
    cells = rows()
    assert sorted(set(cells)) == sorted(cells)
