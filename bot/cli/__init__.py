"""The command line of the operator: `tocsin`, or `python -m bot`."""

from bot.cli.commands import main

__all__ = ["main"]
