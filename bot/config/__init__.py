"""Reads the configuration: a TOML file and the environment, every problem reported at once."""

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from bot.config.checks import cross_checks, warnings
from bot.config.sections import (
    TELEGRAM,
    Bot,
    Config,
    Delivery,
    DemoOptions,
    Feeds,
    Log,
    Publish,
    Storage,
    Telegram,
    absolute,
)
from bot.config.typed import (
    EMPTY,
    Entries,
    Entry,
    Key,
    Problem,
    example,
    fill,
    keys,
    markdown,
    read_document,
    read_environment,
)

__all__ = [
    "FILE",
    "TELEGRAM",
    "BadConfig",
    "Bot",
    "Config",
    "Delivery",
    "DemoOptions",
    "Feeds",
    "Log",
    "Problem",
    "Publish",
    "Storage",
    "Telegram",
    "all_keys",
    "check",
    "example_toml",
    "load",
    "reference",
    "warnings",
]

PREFIX = "TOCSIN_"
FILE = Path("config.toml")
OPENING = """\
Tocsin's configuration. Every key is shown with its meaning and its default; remove the # before
a key to change it. Paths are relative to this file. The environment overrides the file:
TOCSIN_TELEGRAM__POLL_TIMEOUT is poll_timeout in [telegram]. Secrets are never given on the
command line. Check what you wrote with `tocsin check-config`."""


REFERENCE = """\
# Configuration

Generated from the code by `make docs`. One TOML file, `config.toml` in the current folder unless
`--config` or `TOCSIN_CONFIG` says otherwise. Every key has a default except the token. Paths are
relative to the file. Environment variables override the file; lists are separated by commas there.
Unknown keys are refused, and every mistake is reported at once: `tocsin check-config`."""


class BadConfig(Exception):
    """The configuration cannot be used; ``problems`` has every reason."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def load(path: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """Read a file and the overrides in the environment; raises ``BadConfig`` with every problem.

    Without the file the environment alone may do, as in a container.
    """
    entries: Entries = {}
    problems: list[Problem] = []
    overrides, unknown = read_environment(environ, PREFIX, Config)
    if path.exists() or not overrides:
        entries, problems = read_document(path, Config)
    if any(not problem.key for problem in problems):  # nothing of the file could be read
        raise BadConfig(problems + unknown)
    _yield_to(overrides, entries)
    return _assemble(entries | overrides, problems + unknown, path)


def check(chosen: Mapping[str, object], path: Path) -> Config:
    """The configuration that ``chosen`` (``section.key`` to value) would make if written to
    ``path``; raises ``BadConfig``."""
    entries: Entries = {}
    for key in keys(Config):
        if key.path in chosen:
            value = chosen[key.path]
            plain = str(value) if isinstance(value, Path) else value
            entries[key.section, key.name] = Entry(str(path), plain)
    return _assemble(entries, [], path)


def all_keys() -> list[Key]:
    """Every key there is, in the order of the example."""
    return list(keys(Config))


def _assemble(entries: Entries, problems: list[Problem], path: Path) -> Config:
    config, misfits = fill(Config, entries)
    config, unread = _with_secrets(config, entries, path.parent)
    problems = [*problems, *misfits, *unread]
    told = {problem.key for problem in problems}
    for problem in cross_checks(config, entries, path):
        if not {problem.key, f"{problem.key}_file"} & told:
            problems.append(problem)
    if problems:
        raise BadConfig(problems)
    return config.resolved(path.parent.absolute())


def example_toml(chosen: Mapping[str, object] = EMPTY) -> str:
    """config.example.toml, printed from the types; keys in ``chosen`` (``section.key``) are set."""
    return example(Config, OPENING, chosen)


def reference() -> str:
    """docs/configuration.md, printed from the types."""
    return markdown(Config, REFERENCE, PREFIX)


def _yield_to(overrides: Entries, entries: Entries) -> None:
    """An override of a secret replaces either form of it in the file."""
    for section, name in (("telegram", "token"), ("storage", "url")):
        pair = {(section, name), (section, f"{name}_file")}
        if pair & overrides.keys():
            for key in pair:
                entries.pop(key, None)


def _with_secrets(config: Config, entries: Entries, beside: Path) -> tuple[Config, list[Problem]]:
    """The configuration with the contents of its secret files in place."""
    problems: list[Problem] = []
    token, url = config.telegram.token, config.storage.url
    if (path := config.telegram.token_file) is not None:
        token = _secret(entries, "telegram", "token", absolute(beside, path), problems)
    if (path := config.storage.url_file) is not None:
        url = _secret(entries, "storage", "url", absolute(beside, path), problems)
    telegram = replace(config.telegram, token=token, token_file=None)
    return replace(
        config, telegram=telegram, storage=replace(config.storage, url=url, url_file=None)
    ), problems


def _secret(entries: Entries, section: str, name: str, path: Path, problems: list[Problem]) -> str:
    key, source = f"{section}.{name}_file", entries[section, f"{name}_file"].source
    if (section, name) in entries:
        got = f"{name} as well"
        problems.append(Problem(source, key, f"either {name} or {name}_file", got))
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as bad:
        got = (bad.strerror if isinstance(bad, OSError) else None) or "other bytes"
        problems.append(Problem(source, key, "a readable text file", f"{path}: {got}"))
        return ""
