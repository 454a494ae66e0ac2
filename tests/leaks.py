"""Watches everything that is logged while the tests run: no token, no id, no text of a person."""

import logging
import os
import re
from collections.abc import Iterable
from pathlib import Path

from bot.redaction import LOUD, Redactor

FIRST_ID = 7_203_114_500
"""Ids of people in journeys start here, so that they are recognised wherever they turn up."""
CANARY = "zq7canary"
"""Stands in every name and text of a journey, and nowhere else."""
OURS = ("bot", "handlers", "feeds", "storage")
"""Loggers of the program itself: they have to be clean before anything is masked."""
_LEAK = re.compile(
    "|".join(
        (
            r"(?P<token>\d{8,10}:[\w-]{35})",
            rf"(?P<id>{FIRST_ID // 1000}\d{{3}})",
            rf"(?P<text>{CANARY})",
        )
    ),
    re.IGNORECASE,
)


def leaks_in(text: str) -> set[str]:
    """What a text gives away: ``token``, ``id``, ``text``."""
    return {str(match.lastgroup) for match in _LEAK.finditer(text)}


def spellings(id: int) -> list[bytes]:
    """An id as it might stand in a file: digits, hexadecimal, and the bytes of an integer."""
    short = id.to_bytes((id.bit_length() + 7) // 8 + 1, "big", signed=True)
    numbers = [id.to_bytes(8, order, signed=True) for order in ("big", "little")]
    return [f"{id}".encode(), f"{id:x}".encode(), f"{id:X}".encode(), short, *numbers]


def files_with(needles: Iterable[bytes], folder: Path) -> set[str]:
    """Names of the files below a folder that contain any of these bytes."""
    wanted = list(needles)
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.name for path in files if any(n in path.read_bytes() for n in wanted)}


class Watch(logging.Handler):
    """Sees every record of every logger as it is written and notes what gives something away.

    Libraries are read as an operator gets them at level DEBUG: through the program's own mask,
    and without what the program silences.
    """

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        self.found: list[str] = []
        self._mask = Redactor()

    def install(self) -> None:
        """Stand first among the root logger's handlers, with everything let through."""
        root = logging.getLogger()
        root.handlers[:] = [self, *(other for other in root.handlers if other is not self)]
        root.setLevel(logging.DEBUG)

    def emit(self, record: logging.LogRecord) -> None:
        """Look at a copy, since masking changes a record for the handlers that follow."""
        seen = logging.makeLogRecord(record.__dict__)
        if record.name.split(".")[0] not in OURS:
            if record.levelno < logging.WARNING and record.name.startswith(LOUD):
                return
            self._mask.filter(seen)
        if kinds := leaks_in(self.format(seen)):
            test = os.environ.get("PYTEST_CURRENT_TEST", "between tests").split(" ")[0]
            self.found.append(f"{', '.join(sorted(kinds))} in the log of {record.name}: {test}")
