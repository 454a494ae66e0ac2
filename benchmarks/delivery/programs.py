"""Processes of a benchmark: one server, and one process for whatever is measured."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.delivery.stub import Options

PATIENCE = 600.0
"""Seconds after which a process is taken for stuck."""


@dataclass(frozen=True, slots=True)
class Stub:
    """A running server."""

    url: str

    def report(self) -> dict[str, Any]:
        """What arrived: see ``stub.Ledger.report``."""
        with urllib.request.urlopen(f"{self.url}/control/report") as found:
            told: dict[str, Any] = json.load(found)
        return told


@contextmanager
def stub(options: Options | None = None) -> Iterator[Stub]:
    """A server for the length of the block."""
    with _python("benchmarks.delivery.stub") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(asdict(options or Options())) + "\n")
        process.stdin.flush()
        port = json.loads(process.stdout.readline())["port"]
        try:
            yield Stub(f"http://127.0.0.1:{port}")
        finally:
            process.stdin.close()
            process.wait(timeout=10)


def child(name: str, **order: Any) -> dict[str, Any]:
    """Let a process of its own do ``module.coroutine`` of this package: see ``child``."""
    with folder() as inside, _python("benchmarks.delivery.child", name, inside=inside) as process:
        try:
            told, _ = process.communicate(json.dumps(order) + "\n", timeout=PATIENCE)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise RuntimeError(f"{name} failed")
    answer: dict[str, Any] = json.loads(told.splitlines()[-1])
    return answer


def _python(*arguments: str, inside: Path | None = None) -> "subprocess.Popen[str]":
    """``inside``: where it puts its databases, which go when it is gone, however it ends."""
    return subprocess.Popen(
        [sys.executable, "-m", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | ({"TMPDIR": str(inside)} if inside else {}),
    )


@contextmanager
def folder() -> Iterator[Path]:
    """A folder for a database, gone afterwards. It lies where TMPDIR says: a real disk matters."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        yield Path(name)


def end_tidily() -> None:
    """Let SIGTERM unwind this process, so that no database is left behind."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def say(text: str) -> None:
    """Progress."""
    print(text, file=sys.stderr, flush=True)
