"""The conversation of `tocsin init`: questions, the check of the token, and what was done."""

import asyncio
import os
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import typer

from bot import config as settings
from bot.cli.console import caution, err, good, out, print_trouble
from bot.cli.only_copy import only_copy
from bot.cli.setup import (
    TOLERABLE,
    Account,
    NotReachable,
    TokenRefused,
    ask_telegram,
    found,
    new_code,
    write_config,
)
from bot.cli.trouble import Exit, Trouble, trouble_of
from bot.config import Config

TOKEN = "TOCSIN_TELEGRAM__TOKEN"  # noqa: S105  # the name of the variable
TRIES = 3


@dataclass(frozen=True, slots=True)
class Answers:
    """What the command line has answered already; ``ask`` for the rest."""

    token_file: Path | None
    default_language: str | None
    places: str | None
    data_dir: Path
    key_file: Path
    api_url: str
    ask: bool
    offline: bool


def initiate(path: Path, given: Answers) -> Exit:
    """Set one installation up; ``path`` must not exist yet."""
    if path.exists():
        what = f"{path} exists already."
        todo = "Edit it (`tocsin check-config` helps), or name another with --config."
        print_trouble(Trouble(Exit.USAGE, what, "Nothing was changed.", todo))
        return Exit.USAGE
    token, account = _token(given)
    chosen = _chosen(given, token)
    config = settings.check(chosen, path)
    with only_copy(config.storage.data_dir), out.status("Making the database …"):
        done = asyncio.run(found(config))
        code = asyncio.run(new_code(config))
    write_config(path, chosen)
    _report(path, config, new_key=done.new_key)
    _tell_code(code, account)
    return Exit.OK


def _token(given: Answers) -> tuple[str, Account | None]:
    """A token that Telegram knows, or that the operator insists on."""
    for left in reversed(range(TRIES)):
        token = _read_token(given)
        if given.offline:
            return token, None
        try:
            with out.status("Asking Telegram …"):
                account = asyncio.run(ask_telegram(given.api_url, token))
        except TokenRefused as refused:
            if not left or not _can_ask_again(given):
                raise
            print_trouble(trouble_of(refused))
        except NotReachable as problem:
            if not _go_on_without(problem):
                raise
            return token, None
        else:
            _describe(account)
            return token, account
    raise AssertionError("the last try returns or raises")


def _read_token(given: Answers) -> str:
    if given.token_file is not None:
        return given.token_file.read_text("utf-8").strip()
    if token := os.environ.get(TOKEN):
        return token.strip()
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    answer: str = typer.prompt("The bot's token, from @BotFather (hidden)", hide_input=True)
    return answer.strip()


def _can_ask_again(given: Answers) -> bool:
    return given.token_file is None and TOKEN not in os.environ and sys.stdin.isatty()


def _go_on_without(problem: NotReachable) -> bool:
    if not sys.stdin.isatty():
        return False
    caution(f"Telegram cannot be reached ({problem}), so the token was not checked.")
    return typer.confirm("Set everything up all the same?", default=True)


def _describe(account: Account) -> None:
    good(f"the token works: this is @{account.username}")
    if account.reads_groups:
        caution(
            "privacy mode is off: Telegram will send the bot everything said in its groups. "
            "Switch it on: @BotFather, /setprivacy, Enable."
        )
    if abs(account.skew) > TOLERABLE:
        seconds = round(account.skew / timedelta(seconds=1))
        caution(f"this machine's clock is {seconds:+d} s off: reminders would be as wrong.")


def _chosen(given: Answers, token: str) -> dict[str, object]:
    """Values by ``section.key``; those that equal the default are left as they are."""
    plain = Config()
    chosen: dict[str, object] = {
        "telegram.api_url": given.api_url,
        "storage.data_dir": given.data_dir,
        "storage.key_file": given.key_file,
        "bot.default_language": _one(
            given.default_language,
            given.ask,
            "Language for everybody else",
            plain.bot.default_language,
        ),
        "bot.places": _list(given.places, given.ask, "Places", plain.bot.places),
    }
    defaults = {key.path: key.default for key in settings.all_keys()}
    kept = {path: value for path, value in chosen.items() if value != defaults[path]}
    if given.token_file is not None:
        return {"telegram.token_file": given.token_file.absolute()} | kept
    return {"telegram.token": token} | kept


def _one(given: str | None, ask: bool, question: str, default: str) -> str:
    if given is not None or not ask or not sys.stdin.isatty():
        return default if given is None else given
    answer: str = typer.prompt(question, default=default)
    return answer.strip()


def _list(given: str | None, ask: bool, question: str, default: tuple[str, ...]) -> tuple[str, ...]:
    answer = _one(given, ask, f"{question} (with commas)", ",".join(default))
    return tuple(part.strip() for part in answer.split(",") if part.strip())


def _report(path: Path, config: Config, *, new_key: bool) -> None:
    key = config.storage.key_file
    holds = ": it holds the token" if config.telegram.token_file is None else ""
    good(f"wrote {path}, for your eyes only{holds}")
    good(f"{'made' if new_key else 'kept'} the key {key}")
    good(f"the database is in {config.storage.data_dir}")
    for text in settings.warnings(config, path):
        caution(text)
    err.print(
        f"Keep a copy of {key.name} somewhere else. Without it nobody who subscribed can be "
        "written to any more, and nobody, not even you, can read the list of them."
    )


def _tell_code(code: str, account: Account | None) -> None:
    where = f"@{account.username}" if account else "your bot"
    out.print()
    out.print("Enrol the first custodian within 24 hours. Start the bot first:  tocsin run")
    out.print(f"Then send {where} this code:  [bold]{code}[/bold]")
    if account:
        out.print(f"or open:  https://t.me/{account.username}?start=s_{code.replace('-', '')}")
    out.print("Whoever sends it first is the custodian. A new one: tocsin staff-code")
