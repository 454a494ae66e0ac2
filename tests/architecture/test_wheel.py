"""What is installed from a wheel is complete: it migrates, speaks and shows its page."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from storage.migrate import head
from tests.architecture.tree import ROOT, tracked

DATA = {".po", ".geojson", ".toml", ".mako", ".html", ".css", ".js"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without a network."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_it_has_every_file_that_the_program_reads(wheel: Path) -> None:
    packages = {"bot", "handlers", "feeds", "storage", "sandbox"}
    wanted = {
        path.relative_to(ROOT).as_posix()
        for path in tracked()
        if path.relative_to(ROOT).parts[0] in packages and path.suffix in DATA | {".py"}
    }
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert wanted - names == set()
    assert not any(name.startswith(("tests/", "benchmarks/", "docs/")) for name in names)


def test_it_migrates_from_where_it_is_installed(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    environ = {k: v for k, v in os.environ.items() if not k.startswith("TOCSIN_")}
    environ |= {"PYTHONPATH": str(site), "TOCSIN_TELEGRAM__TOKEN": "123456789:" + "a" * 35}
    command = [sys.executable, "-P", "-m", "bot", "migrate"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert f"the schema is now {head()}" in done.stdout
