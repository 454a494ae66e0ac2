"""The terminal: where results, progress and troubles are printed for the operator."""

import functools
import os
import traceback
from collections.abc import Callable
from typing import ParamSpec

import typer
from rich.console import Console
from rich.text import Text

from bot.cli.trouble import Exit, Trouble, trouble_of
from bot.redaction import Redactor

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
