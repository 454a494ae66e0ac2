"""What the tests of the architecture look at: tracked files, modules, catalogues."""

import ast
import importlib
import pkgutil
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("bot", "handlers", "feeds", "storage")
NOT_IMPORTED = ("storage.migrations.env", "bot.__main__", "feeds.child")
"""Modules that do their work when imported."""


@cache
def tracked() -> tuple[Path, ...]:
    """Every file of the repository, whether committed yet or about to be."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if done.returncode:  # a source archive
        skipped = {".venv", ".git", "__pycache__"}
        return tuple(p for p in ROOT.rglob("*") if p.is_file() and not skipped & {*p.parts})
    names = done.stdout.decode().split("\0")
    return tuple(path for name in names if name and (path := ROOT / name).is_file())


def python(*packages: str) -> list[Path]:
    """The Python files below these folders, or all."""
    files = [path for path in tracked() if path.suffix == ".py"]
    return [p for p in files if not packages or p.relative_to(ROOT).parts[0] in packages]


@cache
def parsed(path: Path) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse(path.read_text("utf-8"), filename=str(path))


def shown(path: Path) -> str:
    """A path as a message names it."""
    return str(path.relative_to(ROOT))


def import_everything() -> None:
    """Import every module of the product, so that subclasses and tables are known."""
    for name in PRODUCT:
        package = importlib.import_module(name)
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not found.name.startswith(NOT_IMPORTED) and ".versions." not in found.name:
                importlib.import_module(found.name)
