"""`tocsin run` as a process of its own, against a server that speaks the Bot API."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.cli.trouble import Exit
from tests.cli.conftest import TOKEN, Server, Shell

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0


@contextmanager
def process(folder: Path, *args: str) -> Iterator[subprocess.Popen[str]]:
    """`tocsin` in a folder; ended with the block if it still runs."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("TOCSIN_")}
    with subprocess.Popen(
        [sys.executable, "-m", "bot", *args],
        cwd=folder,
        env=environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        try:
            yield running
        finally:
            if running.poll() is None:
                running.kill()


def read_until(running: subprocess.Popen[str], wanted: str) -> str:
    """What it printed up to a line that contains ``wanted``."""
    assert running.stdout is not None
    seen = ""
    until = time.monotonic() + PATIENCE
    for line in running.stdout:
        seen += line
        if wanted in line or time.monotonic() > until:
            break
    assert wanted in seen, seen
    return seen


@pytest.fixture
def founded(shell: Shell, server: Server) -> Path:
    """A folder in which `tocsin init` was run."""
    done = shell("init", "--yes", "--api-url", server.api, typed=server.token + "\n")
    assert done.exit_code == Exit.OK, done.stderr
    return shell.folder


def test_it_runs_until_it_is_told_to_stop_and_alone(founded: Path, server: Server) -> None:
    with process(founded, "run") as first:
        seen = read_until(first, "running as @")
        with process(founded, "run") as second:
            told = read_until(second, "already running")
            assert second.wait(PATIENCE) == Exit.BUSY
        first.send_signal(signal.SIGTERM)
        rest = first.stdout.read() if first.stdout else ""
        assert first.wait(PATIENCE) == Exit.OK
    assert server.token not in seen + told + rest
    assert "Traceback" not in seen + told + rest


def test_a_token_that_was_revoked_ends_it_with_a_paragraph(founded: Path, server: Server) -> None:
    config = founded / "config.toml"
    config.write_text(config.read_text("utf-8").replace(server.token, TOKEN), "utf-8")
    with process(founded, "run") as running:
        seen = read_until(running, "does not accept the bot's token")
        assert running.wait(PATIENCE) == Exit.TELEGRAM
    assert TOKEN not in seen
    assert "Traceback" not in seen


def test_without_a_network_it_says_so_once_and_waits(founded: Path, server: Server) -> None:
    config = founded / "config.toml"
    config.write_text(config.read_text("utf-8").replace(server.api, "http://127.0.0.1:9"), "utf-8")
    with process(founded, "run") as running:
        read_until(running, "cannot be reached")
        assert running.poll() is None
