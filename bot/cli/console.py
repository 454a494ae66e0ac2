"""The terminal: where results, progress and troubles are printed for the operator."""

import functools
import os
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NoReturn, ParamSpec

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from bot.cli.trouble import Exit, Trouble, trouble_of
from bot.redaction import Redactor

PATIENCE = 1.0
"""Seconds after which whoever waits is shown how far it came."""

P = ParamSpec("P")

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def plainly(command: Callable[P, None]) -> Callable[P, None]:
    """Turn whatever a command raises into one paragraph and an exit code; never a stack trace."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except KeyboardInterrupt:
            raise typer.Exit(Exit.OK) from None
        except BaseException as error:
            raise typer.Exit(tell(error)) from None

    return run


def tell(error: BaseException) -> Exit:
    """Print what happened, whether anything is lost, and what to do; returns the exit code."""
    trouble = trouble_of(error)
    print_trouble(trouble)
    if os.environ.get("TOCSIN_DEBUG"):
        err.print(Text(Redactor().clean("".join(traceback.format_exception(error)))))
    return trouble.exit


def print_trouble(trouble: Trouble) -> None:
    """One paragraph on stderr, with the details as a list above it."""
    for detail in trouble.details:
        err.print(Text(f"  - {detail}"))
    said = Text(trouble.what, style="bold red")
    for more in (trouble.lost, trouble.todo):
        if more:
            said.append(f" {more}", style="not bold default")
    err.print(said)


def good(text: str) -> None:
    """A step that is done."""
    out.print(Text.assemble(("ok  ", "green"), text))


def caution(text: str) -> None:
    """Something that works but should not stay so."""
    err.print(Text.assemble(("careful  ", "yellow"), text))


def refuse(what: str, todo: str) -> NoReturn:
    """End the command: it does not apply."""
    print_trouble(Trouble(Exit.USAGE, what, "", todo))
    raise typer.Exit(Exit.USAGE)


def print_facts(facts: Iterable[tuple[str, str]]) -> None:
    """What there is to say of one thing, by name."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in facts:
        table.add_row(name, Text(value))
    out.print(table)


def print_json(plain: object) -> None:
    """The same for programs."""
    typer.echo(msgspec.json.format(msgspec.json.encode(plain)))


@contextmanager
def watched(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Counts up to ``total``; visible on the terminal once it takes longer than ``PATIENCE``."""
    begun, bar = time.monotonic(), Progress(console=err, transient=True)
    task = bar.add_task(what, total=total)

    def advance(by: int) -> None:
        bar.advance(task, by)
        if not bar.live.is_started and time.monotonic() - begun >= PATIENCE:
            bar.start()

    try:
        yield advance
    finally:
        bar.stop()
