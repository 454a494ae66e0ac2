"""Who may import whom; what the import linter cannot see about the code."""

import ast
import subprocess
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.views.message import Press
from tests.architecture.tree import PRODUCT, ROOT, import_everything, parsed, python, shown, tracked

LONGEST_FILE = 400
DETACHED = {"create_task", "ensure_future"}
OWNER_OF_TASKS = "bot/delivery/tasks.py"
LATIN_SIGNS = "\N{MICRO SIGN}\N{FEMININE ORDINAL INDICATOR}\N{MASCULINE ORDINAL INDICATOR}"


def test_the_contracts_of_imports_hold() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        shown(path)
        for path in python()
        if parsed(path).body and not ast.get_docstring(parsed(path))
    ]
    assert silent == []


def test_every_public_function_and_class_of_the_product_is_described() -> None:
    silent = [
        f"{shown(path)}:{node.lineno} {node.name}"
        for path in python(*PRODUCT)
        if "versions" not in path.parts
        for node in _public(parsed(path).body)
        if not ast.get_docstring(node) and not _is_overridden(node)
    ]
    assert silent == []


def test_no_file_outgrows_a_screenful_of_screens() -> None:
    long = {
        shown(path): count
        for path in python()
        if "versions" not in path.parts
        and (count := len(path.read_text("utf-8").splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_words_for_people_stand_in_catalogues_alone() -> None:
    """Letters of other alphabets in code would be words that nobody can translate. Tests are
    exempt: they feed the program what people and media write."""
    foreign = [
        f"{shown(path)}:{number}"
        for path in python(*PRODUCT, "sandbox", "benchmarks")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if any(map(_is_foreign, line))
    ]
    assert foreign == []


def test_detached_tasks_have_one_owner() -> None:
    loose = [
        f"{shown(path)}:{node.lineno}"
        for path in python("bot", "handlers", "feeds", "storage", "sandbox")
        if shown(path) != OWNER_OF_TASKS
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in DETACHED
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "asyncio"
    ]
    assert loose == []


def test_no_two_buttons_have_the_same_tag() -> None:
    import_everything()
    tags = defaultdict(list)
    for press in _below(Press):
        if press.__module__.split(".")[0] in PRODUCT:
            tags[press.__struct_config__.tag].append(press.__qualname__)
    assert len(tags) > 1
    assert {tag: names for tag, names in tags.items() if len(names) > 1} == {}


@pytest.mark.parametrize("package", PRODUCT)
def test_a_feature_is_found_by_its_noun(package: str) -> None:
    """No module is named after a pattern in place of what people say."""
    vague = {"utils", "util", "helpers", "helper", "manager", "managers", "base", "misc", "common"}
    assert [shown(p) for p in python(package) if p.stem in vague] == []


def test_nothing_tracked_looks_like_an_installation() -> None:
    left = [
        p for p in tracked() if p.suffix in {".db", ".key", ".sqlite"} or p.name == "config.toml"
    ]
    assert list(map(shown, left)) == []


def _public(
    body: list[ast.stmt],
) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if node.name.startswith("_"):
            continue
        yield node
        if isinstance(node, ast.ClassDef):
            yield from _public(node.body)


def _is_overridden(node: ast.AST) -> bool:
    """``@override`` and overloads are described where they are declared."""
    marks = {"override", "overload"}
    return any(
        getattr(mark, "id", getattr(mark, "attr", "")) in marks
        for mark in getattr(node, "decorator_list", ())
    )


def _is_foreign(letter: str) -> bool:
    if letter.isascii() or not letter.isalpha() or letter in LATIN_SIGNS:
        return False
    return "LATIN" not in unicodedata.name(letter, "")


def _below(of: type[Press]) -> Iterator[type[Press]]:
    for one in of.__subclasses__():
        yield one
        yield from _below(one)
