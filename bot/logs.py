"""The operator's log: one handler, masked and proved; events and their fields, no ids, no texts."""

import logging
import sys
from collections.abc import Iterable
from pathlib import Path

from bot import redaction

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def start(
    level: str, *, file: Path | None = None, secrets: Iterable[str] = (), line: str = FORMAT
) -> None:
    """Log to ``file``, else to standard error; ``secrets`` are masked wherever they appear.

    Raises ``redaction.Leak`` when the mask does not hold.
    """
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    if file is not None:
        handler = logging.FileHandler(file, encoding="utf-8")
    handler.setFormatter(logging.Formatter(line))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    redaction.guard(secrets)
