"""`tocsin init` at a terminal: it asks, hides the token, and asks again when it is refused."""

import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.cli.trouble import Exit
from bot.config import load
from tests.cli.conftest import TOKEN, Server

pty = pytest.importorskip("pty")
ROOT = Path(__file__).parents[2]
PATIENCE = 30.0
HIDDEN = "(hidden): "
"""The space comes when what is typed is not shown any more."""


class Terminal:
    """What an operator sees and types."""

    def __init__(self, process: subprocess.Popen[bytes], descriptor: int) -> None:
        self.process, self.descriptor = process, descriptor
        self.seen, self._answered = "", 0

    def read_until(self, wanted: str) -> None:
        """Wait for a question."""
        until = time.monotonic() + PATIENCE
        while (at := self.seen.find(wanted, self._answered)) < 0:
            assert time.monotonic() < until, self.seen
            assert self._read(), self.seen
        self._answered = at + len(wanted)

    def answer(self, question: str, typed: str = "") -> None:
        """Answer a question; an empty answer takes what is offered."""
        self.read_until(question)
        os.write(self.descriptor, typed.encode() + b"\n")

    def end(self) -> int:
        """Everything printed until the end; returns the exit code."""
        while self._read():
            pass
        return self.process.wait(PATIENCE)

    def _read(self) -> bool:
        if not select.select([self.descriptor], [], [], PATIENCE)[0]:
            return False
        try:
            chunk = os.read(self.descriptor, 4096)
        except OSError:  # the other side has closed
            return False
        self.seen += chunk.decode(errors="replace")
        return bool(chunk)


@contextmanager
def terminal(folder: Path, *args: str) -> Iterator[Terminal]:
    """`tocsin init` in a folder, at a terminal of its own."""
    ours, theirs = pty.openpty()
    environ = {k: v for k, v in os.environ.items() if not k.startswith("TOCSIN_")}
    command = [sys.executable, "-m", "bot", "init", *args]
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "200", "TERM": "dumb"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        try:
            yield Terminal(process, ours)
        finally:
            if process.poll() is None:
                process.kill()
            os.close(ours)


def test_a_refused_token_is_asked_for_again_and_never_shown(tmp_path: Path, server: Server) -> None:
    with terminal(tmp_path, "--api-url", server.api) as at:
        at.answer(HIDDEN, TOKEN)
        at.read_until("does not accept")
        at.answer(HIDDEN, server.token)
        at.answer("Language for everybody else", "be")
        at.answer("Places", "minsk")
        assert at.end() == Exit.OK, at.seen
    assert TOKEN not in at.seen
    assert server.token not in at.seen
    config = load(tmp_path / "config.toml", {})
    assert config.bot.default_language == "be"
    assert [path.stem for path in config.place_files] == ["minsk"]


def test_without_a_network_it_offers_to_go_on(tmp_path: Path) -> None:
    with terminal(tmp_path, "--api-url", "http://127.0.0.1:9", "--yes") as at:
        at.answer(HIDDEN, TOKEN)
        at.answer("Set everything up all the same?", "y")
        assert at.end() == Exit.OK, at.seen
    assert load(tmp_path / "config.toml", {}).telegram.token == TOKEN
