"""Processes of a benchmark: its servers, and one process for whatever is measured."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PATIENCE = 600.0
"""Seconds after which a process is taken for stuck."""


@contextmanager
def serving(module: str, options: Mapping[str, Any]) -> Iterator[int]:
    """A server for the length of the block; returns its port.

    It reads its options (one JSON line), tells its port the same way, and ends with its input.
    """
    with python(module) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(options) + "\n")
        process.stdin.flush()
        port = json.loads(process.stdout.readline())["port"]
        try:
            yield port
        finally:
            process.stdin.close()
            process.wait(timeout=10)


def asked(url: str) -> dict[str, Any]:
    """What a server says of itself, as JSON."""
    with urllib.request.urlopen(url) as found:
        told: dict[str, Any] = json.load(found)
    return told


def child(name: str, **order: Any) -> dict[str, Any]:
    """Let a process of its own do ``benchmark.module.coroutine``: see ``child``."""
    with folder() as inside, python("benchmarks.common.child", name, inside=inside) as process:
        try:
            told, _ = process.communicate(json.dumps(order) + "\n", timeout=PATIENCE)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise RuntimeError(f"{name} failed")
    answer: dict[str, Any] = json.loads(told.splitlines()[-1])
    return answer


def python(*arguments: str, inside: Path | None = None) -> "subprocess.Popen[str]":
    """A module of ours in a process of its own.

    ``inside``: where it puts its databases, which go when it is gone, however it ends.
    """
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
