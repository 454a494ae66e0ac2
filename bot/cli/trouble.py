"""What can go wrong for an operator, in one paragraph: what happened, what is lost, what to do."""

import errno
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from shlex import quote

from bot.cli.only_copy import AnotherCopy
from bot.cli.setup import NotReachable, TokenRefused
from bot.config import BadConfig
from bot.domain.errors import Refused
from bot.i18n import translator
from storage.crypto import KeyProblem
from storage.db import StorageUnavailable
from storage.migrate import DatabaseNewer, DatabaseOlder


class Exit(IntEnum):
    """How a command ends. docs/exit-codes.md is printed from here."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    CONFIGURATION = 3
    KEY = 4
    DATABASE = 5
    TELEGRAM = 6
    DISK = 7
    BUSY = 8
    PARTLY = 9

    @property
    def meaning(self) -> str:
        """One line for the table."""
        return MEANINGS[self]


MEANINGS = {
    Exit.OK: "Done, or stopped as asked.",
    Exit.UNEXPECTED: "A fault in Tocsin. Please report it; starting again is safe.",
    Exit.USAGE: "The command line was not understood, or the command does not apply now.",
    Exit.CONFIGURATION: "The configuration has mistakes; all of them are listed.",
    Exit.KEY: "The key file is missing, readable by others, or not this database's.",
    Exit.DATABASE: "The database is newer than the program, or cannot be reached.",
    Exit.TELEGRAM: "Telegram refused the token, or could not be reached where that was needed.",
    Exit.DISK: "The disk is full, or may not be written to.",
    Exit.BUSY: "Another copy is running, or the port is taken.",
    Exit.PARTLY: "Done in part: a source, or some of a list, could not be read; each is named.",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """A failure in words. ``lost`` says what became of the data, ``todo`` what to do now."""

    exit: Exit
    what: str
    lost: str = "Nothing was lost."
    todo: str = ""
    details: tuple[str, ...] = ()


def trouble_of(error: BaseException) -> Trouble:
    """The words for a failure; for one nobody foresaw, where it happened."""
    for cause in _causes(error):
        if (known := _known(cause)) is not None:
            return known
    return _unforeseen(error)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, what it groups and what it came from, nearest first."""
    yield error
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _causes(one)
    if error.__cause__ is not None:
        yield from _causes(error.__cause__)


def _known(error: BaseException) -> Trouble | None:
    match error:
        case BadConfig():
            return _configuration(error)
        case KeyProblem():
            return Trouble(Exit.KEY, _sentence(str(error)), "Nothing was changed.")
        case DatabaseNewer():
            return _newer(error)
        case DatabaseOlder():
            return Trouble(Exit.DATABASE, _sentence(str(error)), todo="Run `tocsin migrate`.")
        case StorageUnavailable():
            return _storage(str(error))
        case AnotherCopy():
            return _another_copy(error.folder)
        case TokenRefused():
            return _token()
        case NotReachable():
            return _network(str(error))
        case Refused():
            return Trouble(Exit.USAGE, translator("en")(error.key, **error.args_), "")
        case OSError():
            return _system(error)
        case _:
            return _telegram(error) or _demo(error)


def _configuration(error: BadConfig) -> Trouble:
    count = len(error.problems)
    what = (
        "The configuration has a mistake."
        if count == 1
        else f"The configuration has {count} mistakes."
    )
    todo = f"Correct {'it' if count == 1 else 'them'}: `tocsin example-config` explains every key."
    return Trouble(Exit.CONFIGURATION, what, "", todo, tuple(map(str, error.problems)))


def _newer(error: DatabaseNewer) -> Trouble:
    what = (
        f"The database was written by a newer Tocsin: its schema is {error.found}, this program "
        f"knows up to {error.known}."
    )
    back = "Install the newer Tocsin again"
    if error.backup is not None:
        database = error.backup.name.partition(".schema-")[0]
        back += (
            ", or go back to the copy made before the upgrade, losing what came after it: "
            f"`cp {quote(str(error.backup))} {quote(str(error.backup.with_name(database)))}`"
        )
    return Trouble(Exit.DATABASE, what, "Nothing was changed.", back + ".")


def _storage(reason: str) -> Trouble:
    low = reason.lower()
    if "disk is full" in low or "no space" in low:
        return _full()
    if "readonly" in low or "read-only" in low or "permission denied" in low:
        what = f"The database may not be written to ({reason})."
        return Trouble(Exit.DISK, what, todo="Give the folder to the account that runs Tocsin.")
    if "locked" in low:
        what = "Another program holds the database."
        return Trouble(Exit.BUSY, what, todo="Stop it (a copy of Tocsin? a database browser?).")
    return Trouble(
        Exit.DATABASE,
        f"The database cannot be used ({reason}).",
        "What it holds is untouched.",
        "Look at storage.url and storage.data_dir, and whether the database server runs.",
    )


def _full() -> Trouble:
    return Trouble(
        Exit.DISK,
        "There is no space left on the disk.",
        "Everything that was accepted is safe in the database; nothing new could be written.",
        "Free some space and start again: Tocsin goes on where it stopped.",
    )


def _another_copy(folder: Path) -> Trouble:
    return Trouble(
        Exit.BUSY,
        f"Another copy of Tocsin is already running on {folder}.",
        "It goes on undisturbed.",
        "Stop it first, or give this one a storage.data_dir of its own.",
    )


def _token() -> Trouble:
    return Trouble(
        Exit.TELEGRAM,
        "Telegram does not accept the bot's token.",
        "Nothing was lost: what is queued leaves when the token is right.",
        "Copy it again from @BotFather (/mybots, API Token). If somebody else may have it, revoke "
        "it there; then put the new one in telegram.token or its token_file.",
    )


def _network(reason: str) -> Trouble:
    return Trouble(
        Exit.TELEGRAM,
        f"Telegram cannot be reached ({reason}).",
        todo="Check the network and telegram.api_url. `tocsin init --offline` does without; "
        "`tocsin run` waits until the network is back.",
    )


def _system(error: OSError) -> Trouble | None:
    name = f" ({error.filename})" if error.filename else ""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return _full()
        case errno.EACCES | errno.EPERM | errno.EROFS:
            what = f"A file may not be read or written{name}."
            return Trouble(Exit.DISK, what, todo="Give it to the account that runs Tocsin.")
        case errno.EADDRINUSE:
            what = "The port is taken by another program."
            return Trouble(
                Exit.BUSY, what, todo="Choose another with --port, or stop that program."
            )
        case _:
            return None


def _telegram(error: BaseException) -> Trouble | None:
    """What python-telegram-bot raises, looked at only when it is loaded."""
    known = sys.modules.get("telegram.error")
    if known is None:
        return None
    if isinstance(error, known.InvalidToken):
        return _token()
    if isinstance(error, known.Conflict):
        return Trouble(
            Exit.BUSY,
            "Somebody else is fetching this bot's messages.",
            "Messages that the other one took are not seen here.",
            "Either a second copy runs: stop it. Or the token has leaked: revoke it at @BotFather.",
        )
    if isinstance(error, known.NetworkError):
        return _network(type(error).__name__)
    return None


def _demo(error: BaseException) -> Trouble | None:
    """The demo's sandbox, looked at only when the demo was started."""
    demo = sys.modules.get("bot.demo.box")
    if demo is None or not isinstance(error, demo.SandboxFailed):
        return None
    what = f"The demo could not start ({error})."
    return Trouble(Exit.BUSY, what, "A demo keeps nothing.", "Try another --port, or none.")


def _unforeseen(error: BaseException) -> Trouble:
    steps = traceback.extract_tb(error.__traceback__)
    where = f" in {Path(steps[-1].filename).name}, line {steps[-1].lineno}" if steps else ""
    return Trouble(
        Exit.UNEXPECTED,
        f"Something failed that nobody foresaw: {type(error).__name__}{where}.",
        "Everything that was accepted is safe in the database.",
        "Start again. If it repeats, report it; with TOCSIN_DEBUG=1 the whole trace is shown.",
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
