"""Reads the configuration: a TOML file and the environment, every problem reported at once."""

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from bot.config.checks import cross_checks, warnings
from bot.config.sections import (
    Bot,
    Config,
    Delivery,
    DemoOptions,
    Feeds,
    Log,
    Storage,
    Telegram,
    absolute,
)
from bot.config.typed import Entries, Problem, example, fill, read_document, read_environment

__all__ = [
    "BadConfig",
    "Bot",
    "Config",
    "Delivery",
    "DemoOptions",
    "Feeds",
    "Log",
    "Problem",
    "Storage",
    "Telegram",
    "example_toml",
    "load",
    "warnings",
]

PREFIX = "TOCSIN_"
FILE = Path("config.toml")
OPENING = """\
Tocsin's configuration. Every key is shown with its meaning and its default; remove the # before
a key to change it. Paths are relative to this file. The environment overrides the file:
TOCSIN_TELEGRAM__POLL_TIMEOUT is poll_timeout in [telegram]. Secrets are never given on the
command line. Check what you wrote with `tocsin check-config`."""


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
    _yield_to(overrides, entries)
    entries |= overrides
    config, misfits = fill(Config, entries)
    problems += unknown + misfits
    config, unread = _with_secrets(config, entries, path.parent)
    problems += unread
    told = {problem.key for problem in problems}
    problems += [
        p for p in cross_checks(config, entries, path) if not {p.key, f"{p.key}_file"} & told
    ]
    if problems:
        raise BadConfig(problems)
    return config.resolved(path.parent.absolute())


def example_toml() -> str:
    """config.example.toml, printed from the types."""
    return example(Config, OPENING)


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
