"""Five languages, complete: the same keys, placeholders and plural forms; each key used."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from string import Formatter

import pytest
from babel.core import Locale
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from bot.domain.errors import Refused
from bot.i18n import LANGUAGES, LOCALES, read_catalogue
from tests.architecture.tree import PRODUCT, import_everything, parsed, python, shown

KEY = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
PIECE = re.compile(r"[a-z0-9-]*")


@cache
def entries(lang: str) -> dict[str, Message]:
    """Key to message."""
    return {_key(message): message for message in read_catalogue(lang) if message.id}


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def forms(message: Message) -> tuple[str, ...]:
    """The translation, in each of its plural forms."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def placeholders(message: Message) -> set[str]:
    """Every name that is filled in."""
    return {
        name
        for form in forms(message)
        for _, name, _, _ in Formatter().parse(form)
        if name is not None
    }


def test_there_is_a_folder_for_every_language_and_no_other() -> None:
    assert {path.name for path in LOCALES.iterdir() if path.is_dir()} == set(LANGUAGES)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nouns_have_a_file_in_every_language(lang: str) -> None:
    files = {path.name for path in (LOCALES / lang / "LC_MESSAGES").glob("*.po")}
    assert files == {path.name for path in (LOCALES / "en" / "LC_MESSAGES").glob("*.po")}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_key_is_said_twice(lang: str) -> None:
    found: Counter[str] = Counter()
    for path in (LOCALES / lang / "LC_MESSAGES").glob("*.po"):
        found.update(re.findall(r'^msgid "(.+)"$', path.read_text("utf-8"), re.MULTILINE))
    assert [key for key, times in found.items() if times > 1] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_keys_agree(lang: str) -> None:
    assert entries(lang).keys() ^ entries("en").keys() == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_placeholders_agree(lang: str) -> None:
    wrong = {
        key: placeholders(message)
        for key, message in entries(lang).items()
        if placeholders(message) != placeholders(entries("en")[key])
    }
    assert wrong == {}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_plurals_have_the_forms_of_their_language(lang: str) -> None:
    wanted = len(Locale.parse(lang).plural_form.tags) + 1
    gettext = {"be": 3, "ru": 3}.get(lang, 2)
    for key, message in entries(lang).items():
        assert isinstance(message.id, str) == isinstance(entries("en")[key].id, str), key
        if not isinstance(message.id, str):
            assert len(forms(message)) == gettext <= wanted, key


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_is_empty_fuzzy_or_left_in_the_language_of_the_keys(lang: str) -> None:
    for key, message in entries(lang).items():
        assert not message.fuzzy, key
        assert all(form.strip() for form in forms(message)), key
        assert key not in forms(message) or key in {"menu", "status"}, key


@pytest.mark.parametrize("lang", LANGUAGES)
def test_files_are_well_formed(lang: str) -> None:
    for path in (LOCALES / lang / "LC_MESSAGES").glob("*.po"):
        with path.open("rb") as source:
            catalogue = read_po(source, locale=lang, abort_invalid=True)
        assert all(KEY.fullmatch(_key(message)) for message in catalogue if message.id), path.name


def test_every_refusal_can_be_said() -> None:
    import_everything()
    said = {refusal.key for refusal in _below(Refused) if hasattr(refusal, "key")}
    assert said - entries("en").keys() == set()


def test_every_key_that_the_code_says_exists() -> None:
    unknown = [
        f"{shown(path)}:{node.lineno} {literal or pattern}"
        for path in python(*PRODUCT)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and _speaks(node.func) and node.args
        for literal, pattern in [_named(node.args[0])]
        if (literal is not None and literal not in entries("en"))
        or (pattern is not None and not any(map(pattern.fullmatch, entries("en"))))
    ]
    assert unknown == []


def test_every_key_is_used() -> None:
    literals, patterns = set(), []
    for path in python(*PRODUCT):
        for node in ast.walk(parsed(path)):
            literal, pattern = _named(node)
            if literal is not None:
                literals.add(literal)
            elif pattern is not None:
                patterns.append(pattern)
    unused = {
        key
        for key in entries("en").keys() - literals
        if not any(pattern.fullmatch(key) for pattern in patterns)
    }
    assert unused == set()


def _speaks(function: ast.expr) -> bool:
    """``t(…)``, ``ctx.t(…)``, ``t.count(…)``, ``ctx.t.count(…)``."""
    match function:
        case ast.Name(id="t") | ast.Attribute(attr="t"):
            return True
        case ast.Attribute(attr="count", value=ast.Name(id="t") | ast.Attribute(attr="t")):
            return True
        case _:
            return False


def _named(node: ast.AST) -> tuple[str | None, re.Pattern[str] | None]:
    """The key a literal is, or the keys an f-string may make."""
    match node:
        case ast.Constant(value=str(value)) if KEY.fullmatch(value):
            return value, None
        case ast.JoinedStr(values=parts):
            pieces = [p.value if isinstance(p, ast.Constant) else None for p in parts]
            fixed = [str(piece) for piece in pieces if piece is not None]
            if not any("-" in p for p in fixed) or not all(map(PIECE.fullmatch, fixed)):
                return None, None
            made = "".join("[a-z0-9-]+" if p is None else re.escape(str(p)) for p in pieces)
            return None, re.compile(made)
        case _:
            return None, None


def _below(of: type[Refused]) -> Iterator[type[Refused]]:
    for one in of.__subclasses__():
        if one.__module__.split(".")[0] in PRODUCT:
            yield one
        yield from _below(one)
