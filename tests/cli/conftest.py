"""A folder of one's own, the real command line, and a server that speaks the Bot API."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli.commands import app

TOKEN = "123456789:AAF" + "a" * 32


@dataclass(frozen=True, slots=True)
class Server:
    """A running sandbox."""

    api: str
    token: str


@dataclass(frozen=True, slots=True)
class Shell:
    """The command line in a folder; environment variables of this machine do not reach it."""

    folder: Path

    def __call__(self, *args: str, typed: str = "", **environ: str) -> Result:
        """Run a command; ``result.exit_code``, ``.stdout``, ``.stderr``."""
        cleared = {name: None for name in os.environ if name.startswith("TOCSIN_")}
        return CliRunner().invoke(
            app, list(args), input=typed, env=cleared | {"COLUMNS": "200"} | environ
        )

    def write(self, text: str, name: str = "config.toml") -> Path:
        """A configuration with this text."""
        path = self.folder / name
        path.write_text(text, "utf-8")
        path.chmod(0o600)
        return path


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command line, standing in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return Shell(tmp_path)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The sandbox, on loopback, as a process of its own."""
    with subprocess.Popen([sys.executable, "-m", "sandbox"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        yield Server(ready["api"], ready["token"])
        process.terminate()
