"""Fills structs from TOML and environment, reporting every problem at once; prints examples."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, get_type_hints

import msgspec
from msgspec import NODEFAULT, Meta, Struct, inspect

S = TypeVar("S", bound=Struct)
LONGEST_SHOWN = 60
EMPTY: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a configuration, in words for the person who wrote it."""

    source: str
    """The file, or the environment variable."""
    key: str
    """``section.key``; empty when the whole document is meant."""
    expected: str
    got: str
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.source}: {self.key}" if self.key else self.source
        said = f"{where}: expected {self.expected}, got {self.got}"
        return f"{said}. {self.hint}" if self.hint else said


@dataclass(frozen=True, slots=True)
class Entry:
    """One value as found. Environment values are text, whatever their key's type."""

    source: str
    value: Any
    text: bool = False


Entries = dict[tuple[str, str], Entry]


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a struct of sections, with what its annotation says."""

    section: str
    name: str
    annotation: Any
    meta: Meta
    default: Any

    @property
    def path(self) -> str:
        """``section.key`` as messages name it."""
        return f"{self.section}.{self.name}"

    @property
    def secret(self) -> bool:
        """Whether the value must never be shown."""
        return bool((self.meta.extra or {}).get("secret"))

    @property
    def unit(self) -> str | None:
        """``seconds``, ``bytes``, …"""
        unit = (self.meta.extra or {}).get("unit")
        return None if unit is None else str(unit)

    @property
    def shown_default(self) -> str:
        """The default as TOML, or what stands for it where it depends on other keys."""
        instead = (self.meta.extra or {}).get("default")
        return str(instead) if instead else toml(self.default)

    @property
    def expected(self) -> str:
        """What a value must be, in words."""
        return self.meta.title or expected(inspect.type_info(self.annotation))


def keys(shape: type[Struct]) -> Iterator[Key]:
    """Every key of a struct whose fields are sections (structs of plain values)."""
    for section, of in get_type_hints(shape).items():
        hints = get_type_hints(of, include_extras=True)
        for field in msgspec.structs.fields(of):
            hint = hints[field.name]
            metas = [m for m in getattr(hint, "__metadata__", ()) if isinstance(m, Meta)]
            default = field.default
            if default is NODEFAULT and field.default_factory is not NODEFAULT:
                default = field.default_factory()
            yield Key(section, field.name, hint, metas[0] if metas else Meta(), default)


def read_document(path: Path, shape: type[Struct]) -> tuple[Entries, list[Problem]]:
    """What a TOML file says. Unknown sections and keys are problems with the nearest valid one."""
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as bad:
        return {}, [Problem(str(path), "", "a TOML document", str(bad))]
    except UnicodeDecodeError:
        return {}, [Problem(str(path), "", "a TOML document in UTF-8", "other bytes")]
    except FileNotFoundError:
        hint = "`tocsin init` writes one; --config names another."
        return {}, [Problem(str(path), "", "a configuration", "no file of this name", hint)]
    except OSError as bad:
        return {}, [Problem(str(path), "", "a readable file", bad.strerror or str(bad))]
    return _sort_out(document, str(path), shape)


def read_environment(
    environ: Mapping[str, str], prefix: str, shape: type[Struct]
) -> tuple[Entries, list[Problem]]:
    """Overrides named ``PREFIX_SECTION__KEY``; other variables are somebody else's."""
    known = {(key.section, key.name) for key in keys(shape)}
    entries: Entries = {}
    problems = []
    for name, value in sorted(environ.items()):
        section, separator, key = name.removeprefix(prefix).lower().partition("__")
        if not name.startswith(prefix) or not separator:
            continue
        if (section, key) in known:
            entries[section, key] = Entry(name, value, text=True)
        else:
            valid = [f"{prefix}{s}__{k}".upper() for s, k in known]
            problems.append(_unknown(name, "", name, valid, "a known variable"))
    return entries, problems


def fill(shape: type[S], entries: Entries) -> tuple[S, list[Problem]]:
    """The struct these entries make, defaults in place of those that do not fit, and why not."""
    problems = []
    sections: dict[str, dict[str, Any]] = {name: {} for name in get_type_hints(shape)}
    for key in keys(shape):
        entry = entries.get((key.section, key.name))
        if entry is None:
            continue
        try:
            sections[key.section][key.name] = convert(key, entry)
        except (msgspec.ValidationError, ValueError):
            got = show(entry.value, secret=key.secret)
            problems.append(Problem(entry.source, key.path, key.expected, got))
    types = get_type_hints(shape)
    return shape(**{name: types[name](**values) for name, values in sections.items()}), problems


def convert(key: Key, entry: Entry) -> Any:
    """One value in its key's type; raises ``msgspec.ValidationError``."""
    value = entry.value
    if value == "" and key.default is None:
        return None
    if entry.text and _is_list(inspect.type_info(key.annotation)):
        value = [part.strip() for part in value.split(",") if part.strip()]
    return msgspec.convert(value, key.annotation, strict=not entry.text, dec_hook=_decode)


def show(value: object, *, secret: bool) -> str:
    """A value for a message; of a secret only its length."""
    if secret and isinstance(value, str):
        return f"{len(value)} characters" if value else "nothing"
    shown = repr(value)
    return shown if len(shown) <= LONGEST_SHOWN else shown[: LONGEST_SHOWN - 1] + "…"


def expected(kind: inspect.Type) -> str:
    """What a type accepts, in words."""
    match kind:
        case inspect.Metadata(type=inner):
            return expected(inner)
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType(ge=low, le=high):
            return "a whole number" + _range(low, high)
        case inspect.FloatType(ge=low, le=high):
            return "a number" + _range(low, high)
        case inspect.LiteralType(values=values):
            return "one of " + ", ".join(map(str, values))
        case inspect.VarTupleType(item_type=item):
            return f"a list, each {expected(item)}"
        case inspect.CustomType():
            return "a path"
        case _:
            return "a text"


def example(shape: type[Struct], opening: str, chosen: Mapping[str, object] = EMPTY) -> str:
    """The annotated TOML: every key with meaning, unit, bounds and default, commented out.

    Those in ``chosen`` (``section.key`` to value) are set.
    """
    lines = [f"# {line}".rstrip() for line in opening.splitlines()]
    for section, of in get_type_hints(shape).items():
        lines += ["", "", f"# {(of.__doc__ or '').splitlines()[0]}", f"[{section}]"]
        for key in keys(shape):
            if key.section == section:
                lines += ["", *_explained(key), _line(key, chosen)]
    return "\n".join(lines) + "\n"


def markdown(shape: type[Struct], opening: str, prefix: str) -> str:
    """The same as a page of reference."""
    lines = [opening]
    for section, of in get_type_hints(shape).items():
        lines += ["", f"## [{section}]", "", (of.__doc__ or "").splitlines()[0], ""]
        lines += ["| key | meaning | value | default | variable |", "|---|---|---|---|---|"]
        for key in keys(shape):
            if key.section == section:
                meaning = " ".join((key.meta.description or "").splitlines())
                value = key.expected + (f"; {key.unit}" if key.unit else "")
                variable = f"{prefix}{section}__{key.name}".upper()
                cells = (f"`{key.name}`", meaning, value, f"`{key.shown_default}`", f"`{variable}`")
                lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def toml(value: object) -> str:
    """A value as TOML writes it; nothing is an empty text."""
    if value is None:
        return '""'
    encoded = msgspec.toml.encode({"x": value}, enc_hook=str).decode().strip()
    if "\n" in encoded:  # tomli-w breaks lists over lines; ours are short
        return "[" + ", ".join(toml(item) for item in value) + "]"  # type: ignore[attr-defined]  # only lists break
    return encoded.removeprefix("x = ")


def _line(key: Key, chosen: Mapping[str, object]) -> str:
    if key.path in chosen:
        return f"{key.name} = {toml(chosen[key.path])}"
    return f"# {key.name} = {toml(key.default)}"


def _explained(key: Key) -> Iterator[str]:
    for line in (key.meta.description or "").splitlines():
        yield f"# {line}".rstrip()
    unit = f" Unit: {key.unit}." if key.unit else ""
    wanted = key.expected[0].upper() + key.expected[1:]
    yield f"# {wanted}.{unit} Default: {key.shown_default}."


def _sort_out(
    document: dict[str, Any], source: str, shape: type[Struct]
) -> tuple[Entries, list[Problem]]:
    known: dict[str, list[str]] = {}
    for key in keys(shape):
        known.setdefault(key.section, []).append(key.name)
    entries: Entries = {}
    problems = []
    for section, table in document.items():
        if section not in known:
            problems.append(_unknown(source, section, section, list(known), "a known section"))
        elif not isinstance(table, dict):
            got = show(table, secret=True) if isinstance(table, str) else show(table, secret=False)
            problems.append(Problem(source, section, f"a section [{section}]", got))
        else:
            for name, value in table.items():
                if name in known[section]:
                    entries[section, name] = Entry(source, value)
                else:
                    path = f"{section}.{name}"
                    problems.append(_unknown(source, path, name, known[section], "a known key"))
    return entries, problems


def _unknown(source: str, path: str, name: str, valid: list[str], what: str) -> Problem:
    near = get_close_matches(name, valid, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Valid: {', '.join(sorted(valid))}."
    return Problem(source, path, what, f'"{name}"', hint)


def _is_list(kind: inspect.Type) -> bool:
    inner = kind.type if isinstance(kind, inspect.Metadata) else kind
    return isinstance(inner, inspect.VarTupleType)


def _range(low: float | None, high: float | None) -> str:
    match low, high:
        case None, None:
            return ""
        case _, None:
            return f" of at least {low}"
        case None, _:
            return f" up to {high}"
        case _:
            return f" from {low} to {high}"


def _decode(wanted: type, value: object) -> object:
    """Paths are the one type that TOML does not have."""
    if wanted is Path and isinstance(value, str) and value:
        return Path(value)
    raise ValueError(wanted)
