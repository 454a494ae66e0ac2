"""A pytest plugin that reads all that is logged in a run: a token, an id or a text fails it."""

import logging
import os
from collections.abc import Iterator
from typing import Any

import pytest

from bot.redaction import LOUD, Redactor
from tests.leaks import leaks_in

OURS = ("bot", "handlers", "feeds", "storage")
"""Loggers of the program itself: they have to be clean before anything is masked."""


class Watch(logging.Handler):
    """Sees every record of every logger as it is written and notes what gives something away.

    Libraries are read as an operator gets them at level DEBUG: through the program's own mask,
    and without what the program silences.
    """

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        self.found: list[str] = []
        self.seen = 0
        self._mask = Redactor()

    def install(self) -> None:
        """Stand first among the root logger's handlers; let through what the program would."""
        root = logging.getLogger()
        root.handlers[:] = [self, *(other for other in root.handlers if other is not self)]
        root.setLevel(logging.DEBUG)
        for name in LOUD:
            logging.getLogger(name).setLevel(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        """Look at a copy, since masking changes a record for the handlers that follow."""
        copy = logging.makeLogRecord(record.__dict__)
        if record.name.split(".")[0] not in OURS:
            self._mask.filter(copy)
        self.seen += 1
        self.note(self.format(copy), f"the log of {record.name}")

    def note(self, text: str, where: str) -> None:
        """Keep what kind of thing leaked and where; never the thing itself."""
        if kinds := leaks_in(text):
            test = os.environ.get("PYTEST_CURRENT_TEST", "after all tests").split(" ")[0]
            self.found.append(f"{', '.join(sorted(kinds))} in {where}: {test}")


WATCH = Watch()
_FOUND = "leaks"


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Keep pytest's own records of a test as short as they would be without the watch."""
    recorder = session.config.pluginmanager.get_plugin("logging-plugin")
    if recorder is not None:
        recorder.caplog_handler.setLevel(logging.WARNING)
        recorder.report_handler.setLevel(logging.WARNING)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Come back if the test before changed the root logger."""
    WATCH.install()


@pytest.fixture(scope="session", autouse=True)
def files_are_read_too(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What child processes wrote into log files."""
    yield
    for path in tmp_path_factory.getbasetemp().rglob("*log"):
        if path.is_file():
            WATCH.note(path.read_text("utf-8", errors="replace"), f"the file {path.name}")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A leak fails the run, whatever the tests say; one of several processes says what it found."""
    theirs: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if theirs is not None:
        theirs[_FOUND] = WATCH.found
    elif WATCH.found:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """One of several processes has ended."""
    WATCH.found += getattr(node, "workeroutput", {}).get(_FOUND, [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what leaked, once each."""
    if WATCH.found:
        terminalreporter.section("LEAKS", red=True)
        for line in dict.fromkeys(WATCH.found):
            terminalreporter.line(line)
