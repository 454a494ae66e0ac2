"""Keeps tokens, Telegram ids and updates out of every log, and proves it at start."""

import asyncio
import io
import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

MASK = "[hidden]"
TOKEN = re.compile(r"\d{5,}(?::|%3A)[\w-]{30,}", re.IGNORECASE)
PLACE = re.compile(r"(?<![\d.])-?[1-9]\d{0,2}\.\d{4,}(?![\d.])")
"""Coordinates: four decimals are ten metres. Spans of time begin with a zero or are shorter."""
IDENTITY = re.compile(r"(?<!\d)(?<!\b0\.)-?\d{6,}")
"""Long runs of digits: chat and user ids, phone numbers. Times of day and counts are shorter."""
LOUD = (
    "telegram",
    "telegram.ext",
    "httpx",
    "httpcore",
    "aiohttp.access",
    "aiohttp.client",
    "aiosqlite",
)
"""Loggers that write requests, whole updates or values of statements below WARNING."""
FAKE_TOKEN = "987654321:" + "Fake-token_for_the_self_test_0123456"
FAKE_ID = "-1009876543210"

log = logging.getLogger(__name__)


class Leak(Exception):
    """The self-test saw a secret in the log: the program must not start."""


class Redactor(logging.Filter):
    """Masks every record that passes a handler; ``secrets`` are masked wherever they appear."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        given = [secret for secret in secrets if secret]
        self._secrets = given + [quote(secret, safe="") for secret in given]

    def clean(self, text: str) -> str:
        """The text with tokens, coordinates and ids masked."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        for pattern in (TOKEN, PLACE, IDENTITY):
            text = pattern.sub(MASK, text)
        return text

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place: message, arguments, traceback and stack."""
        if record.name.split(".")[0] == "telegram":
            record.args = _plain_only(record.args)
        try:
            text = record.getMessage()
        except Exception:  # an argument's own words may raise anything
            text = "a log line that does not fit its arguments"
        record.msg, record.args = self.clean(text), None
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = self.clean(describe(record.exc_info[1], deep=True))
            record.exc_info = None
        elif record.exc_text:
            record.exc_text = self.clean(record.exc_text)
        if record.stack_info:
            record.stack_info = self.clean(record.stack_info)
        return True


def describe(error: BaseException, *, deep: bool = False) -> str:
    """What went wrong without what it was about: types and places, never the message.

    Messages of exceptions quote values (SQL parameters, JSON, addresses). ``deep`` gives the
    whole chain of calls and causes, else the innermost place.
    """
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{Path(f.filename).name}:{f.lineno} in {f.name}" for f in frames]
    line = type(error).__qualname__
    if not deep:
        return f"{line} at {places[-1]}" if places else line
    lines = [line, *(f"  {place}" for place in places)]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(lines) + (f"\ncaused by {describe(cause, deep=True)}" if cause else "")


def guard(secrets: Iterable[str] = ()) -> Redactor:
    """Redact every handler of the root logger and every uncaught exception; then prove it.

    Call once the handlers are installed; raises ``Leak`` when a fake token or id comes through.
    """
    redactor = Redactor(secrets)
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)
    for handler in logging.getLogger().handlers:
        handler.addFilter(redactor)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _uncaught_while_tidying
    prove(redactor)
    return redactor


def watch(loop: asyncio.AbstractEventLoop) -> None:
    """Log what nobody caught inside the event loop, described only."""
    loop.set_exception_handler(_uncaught_in_loop)


def prove(redactor: Redactor) -> None:
    """Log a fake token and id through the root logger's own filters and read what came out."""
    url = f"https://api.telegram.org/bot{FAKE_TOKEN}/sendMessage?chat_id={FAKE_ID}"
    fake = logging.LogRecord("selftest", logging.ERROR, "", 0, "%s %s", (url, FAKE_ID), None)
    try:
        int(url)
    except ValueError:
        fake.exc_info = sys.exc_info()
    for handler in [*logging.getLogger().handlers, _probe(redactor)]:
        out = _through(handler, fake)
        if FAKE_TOKEN in out or FAKE_ID in out:
            raise Leak(f"the log handler {type(handler).__name__} does not mask tokens and ids")


def _probe(redactor: Redactor) -> logging.Handler:
    probe = logging.StreamHandler(io.StringIO())
    probe.addFilter(redactor)
    return probe


def _through(handler: logging.Handler, record: logging.LogRecord) -> str:
    """What a handler would write, by its own filters and formatter, without writing it."""
    copy = logging.makeLogRecord(record.__dict__)
    return handler.format(copy) if handler.filter(copy) else ""


def _plain_only(args: Any) -> Any:
    """Arguments of a library's log line with everything but short words and numbers masked."""
    if isinstance(args, tuple):
        return tuple(arg if isinstance(arg, int | float | type) else MASK for arg in args)
    return dict.fromkeys(args, MASK) if isinstance(args, dict) else args


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    log.critical("uncaught: %s", describe(error, deep=True))


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        log.critical("uncaught in a thread: %s", describe(args.exc_value, deep=True))


def _uncaught_while_tidying(unraisable: "sys.UnraisableHookArgs") -> None:
    """Python's own hook would print the message and the object, in ``__del__`` and the like."""
    if unraisable.exc_value is not None:
        log.error("uncaught while tidying up: %s", describe(unraisable.exc_value, deep=True))


def _uncaught_in_loop(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    error = context.get("exception")
    log.error("uncaught in the event loop: %s", describe(error, deep=True) if error else "unknown")
