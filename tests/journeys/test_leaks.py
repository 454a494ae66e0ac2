"""The watch over the logs of a test run, and the search for an id in files, do find things."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.leak_watch import WATCH, Watch
from tests.leaks import CANARY, FIRST_ID, files_with, leaks_in, spellings

TOKEN = "123456789:" + "A" * 35
ROOT = Path(__file__).parents[2]
LEAKY = """
import logging

def test_that_passes_by_itself():
    logging.getLogger({logger!r}).{level}({text!r})
"""


def run(
    folder: Path, logger: str, level: str, text: str, *, processes: int = 0
) -> subprocess.CompletedProcess[str]:
    """A test run of its own with one test that logs something."""
    module = folder / "test_one.py"
    module.write_text(LEAKY.format(logger=logger, level=level, text=text))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.leak_watch", str(module)]
    command += ["--numprocesses", str(processes)]
    own = {**os.environ, "PYTHONPATH": str(ROOT)}
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER"):
        own.pop(name, None)
    return subprocess.run(
        [*command, "-c", os.devnull, "--rootdir", str(folder)],
        cwd=folder, env=own, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("processes", [0, 2])
def test_a_run_in_which_something_leaks_fails_and_does_not_repeat_it(
    tmp_path: Path, processes: int
) -> None:
    telling = f"telling {FIRST_ID + 7}"
    done = run(tmp_path, "bot.services.anything", "debug", telling, processes=processes)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "1 passed" in done.stdout
    assert "id in the log of bot.services.anything: test_one.py" in done.stdout
    assert str(FIRST_ID + 7) not in done.stdout


def test_a_run_in_which_nothing_leaks_passes(tmp_path: Path) -> None:
    assert run(tmp_path, "bot.services.anything", "debug", "3 sent").returncode == 0


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (f"POST /bot{TOKEN}/getMe", {"token"}),
        (f"chat_id={FIRST_ID + 3}", {"id"}),
        (f"chat -100{FIRST_ID + 499}", {"id"}),
        (f"they wrote: meet at 6, {CANARY.upper()}", {"text"}),
        ("12 messages in 0.7203114 s", set()),
    ],
)
def test_a_token_an_id_and_a_text_are_recognised(text: str, kinds: set[str]) -> None:
    assert leaks_in(text) == kinds


def logged(logger: str, level: int, text: str) -> list[str]:
    """What a watch of its own makes of one record."""
    watch = Watch()
    watch.handle(logging.LogRecord(logger, level, "", 0, "%s", (text,), None))
    return watch.found


def test_the_programs_own_loggers_must_be_clean_before_masking() -> None:
    assert logged("storage.outbox", logging.DEBUG, f"{FIRST_ID}") != []


def test_a_librarys_line_is_read_as_the_program_lets_it_through() -> None:
    assert logged("aiohttp.server", logging.ERROR, f"/bot{TOKEN}/getMe") == []
    assert logged("aiohttp.server", logging.ERROR, f"cannot answer {CANARY}") != []


def test_the_watch_of_this_run_listens() -> None:
    before = WATCH.seen
    logging.getLogger("storage.anything").debug("nothing about anybody")
    assert WATCH.seen == before + 1


@pytest.mark.parametrize("spelling", spellings(FIRST_ID))
def test_an_id_is_found_in_a_file_however_it_is_spelled(tmp_path: Path, spelling: bytes) -> None:
    (tmp_path / "some.db-wal").write_bytes(b"\0page" + spelling + b"\0rest")
    (tmp_path / "other").write_bytes(b"\0page\0rest")
    assert files_with(spellings(FIRST_ID), tmp_path) == {"some.db-wal"}
