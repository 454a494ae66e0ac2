"""The command line: `tocsin init`, `run`, `demo` and what an operator looks after."""

import asyncio
import platform
import sqlite3
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path
from typing import Annotated

import typer

from bot import config as settings
from bot.cli import outbox, sources
from bot.cli.console import caution, good, out, plainly
from bot.cli.initiation import Answers, initiate
from bot.cli.only_copy import only_copy
from bot.cli.options import ConfigPath
from bot.cli.setup import new_code
from bot.cli.trouble import MEANINGS
from bot.config import Config, DemoOptions
from storage import migrate as schema

CODES = "\n\n".join(f"{code.value}  {meaning}" for code, meaning in MEANINGS.items())

app = typer.Typer(
    name="tocsin",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="A Telegram bot for peaceful protest and a free press.\n\n"
    "Try it without Telegram:  [bold]tocsin demo[/bold]\n\n"
    "Set it up:  [bold]tocsin init[/bold], then [bold]tocsin run[/bold]",
    epilog=f"How a command ends:\n\n{CODES}",
)

app.add_typer(outbox.app, name="outbox")
app.add_typer(sources.app, name="source")


@app.command(
    epilog="Example:  tocsin init --default-language be --places minsk\n\n"
    "The token is asked for, hidden; or give TOCSIN_TELEGRAM__TOKEN, or --token-file."
)
@plainly
def init(
    config: ConfigPath = settings.FILE,
    token_file: Annotated[
        Path | None,
        typer.Option(help="A file with the token, kept there.", exists=True, dir_okay=False),
    ] = None,
    default_language: Annotated[str | None, typer.Option(help="One of them.")] = None,
    places: Annotated[
        str | None, typer.Option(help="Shipped places or GeoJSON files, with commas.")
    ] = None,
    data_dir: Annotated[Path, typer.Option(help="The folder for the database.")] = Path("data"),
    key_file: Annotated[Path, typer.Option(help="The key; keep it out of the folder.")] = Path(
        "secret.key"
    ),
    api_url: Annotated[str, typer.Option(help="Another Bot API server.")] = settings.TELEGRAM,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Take the defaults; ask for the token at most.")
    ] = False,
    offline: Annotated[bool, typer.Option(help="Do not ask Telegram about the token.")] = False,
) -> None:
    """Set up: asks a few questions, checks the token, writes the configuration and the key.

    Prints the one-time code with which the first custodian enrols.
    """
    answers = Answers(
        token_file=token_file,
        default_language=default_language,
        places=places,
        data_dir=data_dir,
        key_file=key_file,
        api_url=api_url,
        ask=not yes,
        offline=offline,
    )
    raise typer.Exit(initiate(config, answers))


@app.command(epilog="Example:  tocsin run --config /etc/tocsin/config.toml\n\nStop with Ctrl-C.")
@plainly
def run(config: ConfigPath = settings.FILE) -> None:
    """Run the bot until it is stopped. The schema is brought up to date first."""
    loaded = settings.load(config)
    _warn(loaded, config)
    with only_copy(loaded.storage.data_dir):
        _upgrade(loaded)
        schema.drop_old_backups(loaded.storage.url, datetime.now(UTC))
        from bot.app import run as run_app

        asyncio.run(run_app(loaded))


@app.command(
    epilog="Examples:  tocsin demo\n\ntocsin demo --feeds ~/my-feeds --port 8080\n\n"
    "Nothing leaves this machine, and nothing is kept afterwards."
)
@plainly
def demo(
    feeds: Annotated[
        Path | None,
        typer.Option(
            help="A folder: every feed document in it becomes a source.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Of the page; 0 takes a free one.")
    ] = 0,
    postgres: Annotated[
        str | None,
        typer.Option(help="postgresql+asyncpg://… of an empty database, in place of SQLite."),
    ] = None,
) -> None:
    """The whole bot on this machine with invented people, and a page to chat in."""
    from bot.demo import run as run_demo

    asyncio.run(run_demo(DemoOptions(feeds=feeds, port=port, postgres=postgres)))


@app.command(epilog="Example:  tocsin check-config --config other.toml")
@plainly
def check_config(config: ConfigPath = settings.FILE) -> None:
    """Report every mistake in the configuration, and what should better be changed."""
    _warn(settings.load(config), config)
    good(f"{config} has no mistakes")


class Form(StrEnum):
    """What ``example-config`` prints."""

    TOML = "toml"
    MARKDOWN = "markdown"


@app.command(epilog="Example:  tocsin example-config > config.toml")
@plainly
def example_config(
    form: Annotated[Form, typer.Option("--format", help="A file, or a page of reference.")] = (
        Form.TOML
    ),
) -> None:
    """Print an annotated configuration: every key with meaning, default and unit."""
    typer.echo(settings.example_toml() if form is Form.TOML else settings.reference(), nl=False)


@app.command(epilog="Example:  tocsin migrate --check   (ends with 5 unless up to date)")
@plainly
def migrate(
    config: ConfigPath = settings.FILE,
    check: Annotated[bool, typer.Option("--check", help="Look, and change nothing.")] = False,
) -> None:
    """Bring the database's schema up to date. An SQLite file is copied first."""
    loaded = settings.load(config)
    if check:
        asyncio.run(schema.check(loaded.storage.url))
        good(f"the schema is {schema.head()}, as it should be")
    else:
        with only_copy(loaded.storage.data_dir):
            if not _upgrade(loaded):
                good(f"the schema is {schema.head()} already")


@app.command(epilog="Example:  tocsin staff-code")
@plainly
def staff_code(config: ConfigPath = settings.FILE) -> None:
    """Print a new one-time code for the first custodian, while there is none."""
    loaded = settings.load(config)
    _upgrade(loaded)
    code = asyncio.run(new_code(loaded))
    good(f"send this to your bot within 24 hours: {code}")


@app.command()
@plainly
def version() -> None:
    """What is installed: for reports of faults."""
    out.print(f"tocsin {_version('tocsin')}, schema {schema.head()}")
    libraries = ("python-telegram-bot", "aiohttp", "SQLAlchemy", "cryptography")
    parts = [f"Python {platform.python_version()}", f"SQLite {sqlite3.sqlite_version}"]
    out.print(", ".join([*parts, *(f"{name} {_version(name)}" for name in libraries)]))


def _warn(loaded: Config, path: Path) -> None:
    for text in settings.warnings(loaded, path):
        caution(text)


def _upgrade(loaded: Config) -> bool:
    done = asyncio.run(schema.upgrade(loaded.storage.url))
    if done.backup is not None:
        good(f"copied the database to {done.backup} before changing it")
    if done.changed:
        good(f"the schema is now {done.after} (it was {done.before or 'empty'})")
    return done.changed


def _version(name: str) -> str:
    try:
        return installed(name)
    except PackageNotFoundError:
        return "(not installed)"


def main() -> None:
    """The console script."""
    app()
