"""The operator's commands: what they write, what they say, how they end."""

import errno
import re
import sqlite3
import stat
from pathlib import Path

import pytest

from bot.cli import commands
from bot.cli.only_copy import AnotherCopy, only_copy
from bot.cli.trouble import MEANINGS, Exit, trouble_of
from storage import installation
from storage.db import Database, StorageUnavailable
from storage.migrate import head
from tests.cli.conftest import TOKEN, Server, Shell

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}\b")


@pytest.fixture
def founded(shell: Shell, server: Server) -> Shell:
    """A folder in which `tocsin init` was run."""
    done = shell("init", "--yes", "--api-url", server.api, typed=server.token + "\n")
    assert done.exit_code == Exit.OK, done.stderr
    return shell


def mode(path: Path) -> int:
    """Permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


def test_init_makes_everything_for_the_owner_alone_and_prints_a_code(
    shell: Shell, server: Server
) -> None:
    done = shell("init", "--yes", "--api-url", server.api, typed=server.token + "\n")
    assert done.exit_code == Exit.OK, done.stderr
    assert {mode(shell.folder / name) for name in ("config.toml", "secret.key")} == {0o600}
    assert mode(shell.folder / "data") == 0o700
    assert mode(shell.folder / "data" / "tocsin.db") == 0o600
    assert CODE.search(done.stdout)
    assert "?start=s_" in done.stdout
    assert server.token not in done.output
    assert shell("check-config").exit_code == Exit.OK


def test_what_init_wrote_is_annotated_and_read_back(founded: Shell, server: Server) -> None:
    text = (founded.folder / "config.toml").read_text("utf-8")
    assert f'\napi_url = "{server.api}"\n' in text
    assert "# How long one request for updates waits" in text


def test_init_leaves_an_existing_configuration_alone(shell: Shell) -> None:
    path = shell.write("mine")
    done = shell("init", "--yes", "--offline", typed=TOKEN + "\n")
    assert done.exit_code == Exit.USAGE
    assert "Nothing was changed" in done.stderr
    assert path.read_text() == "mine"


def test_init_says_that_a_token_is_refused_and_writes_nothing(shell: Shell, server: Server) -> None:
    done = shell("init", "--yes", "--api-url", server.api, typed=TOKEN + "\n")
    assert done.exit_code == Exit.TELEGRAM
    assert "does not accept" in done.stderr
    assert TOKEN not in done.output
    assert list(shell.folder.iterdir()) == []


def test_init_says_that_there_is_no_network(shell: Shell) -> None:
    done = shell("init", "--yes", "--api-url", "http://127.0.0.1:9", typed=TOKEN + "\n")
    assert done.exit_code == Exit.TELEGRAM
    assert "cannot be reached" in done.stderr
    assert "--offline" in done.stderr


def test_init_without_a_network_sets_up_all_the_same_when_told_so(shell: Shell) -> None:
    done = shell("init", "--yes", "--offline", typed=TOKEN + "\n")
    assert done.exit_code == Exit.OK, done.stderr
    assert CODE.search(done.stdout)


def test_init_reports_all_wrong_answers_before_it_makes_anything(shell: Shell) -> None:
    args = ("--default-language", "xx", "--places", "atlantis")
    done = shell("init", "--offline", *args, typed="bad\n")
    assert done.exit_code == Exit.CONFIGURATION
    for key in ("telegram.token", "bot.default_language", "bot.places"):
        assert key in done.stderr
    assert list(shell.folder.iterdir()) == []


def test_init_can_keep_the_token_in_a_file_of_its_own(shell: Shell) -> None:
    token_file = shell.folder / "token"
    token_file.write_text(TOKEN)
    done = shell("init", "--yes", "--offline", "--token-file", str(token_file))
    assert done.exit_code == Exit.OK, done.stderr
    assert TOKEN not in (shell.folder / "config.toml").read_text("utf-8")
    assert shell("check-config").exit_code == Exit.OK


def test_a_token_file_that_is_not_there_is_said_to_be_so(shell: Shell) -> None:
    done = shell("init", "--yes", "--offline", "--token-file", "missing")
    assert done.exit_code == Exit.USAGE
    assert "does not exist" in done.stderr
    assert list(shell.folder.iterdir()) == []


def test_a_second_code_replaces_the_first(founded: Shell) -> None:
    first, second = founded("staff-code"), founded("staff-code")
    assert CODE.findall(first.stdout) != CODE.findall(second.stdout)
    assert second.exit_code == Exit.OK


def test_check_config_lists_every_mistake(shell: Shell) -> None:
    shell.write("[bot]\nplaces = 3\n[delivery]\nrate = 2\n")
    done = shell("check-config")
    assert done.exit_code == Exit.CONFIGURATION
    assert "3 mistakes" in done.stderr
    assert done.stderr.count("\n  - ") == 2


def test_a_missing_configuration_names_the_way_to_make_one(shell: Shell) -> None:
    done = shell("run")
    assert done.exit_code == Exit.CONFIGURATION
    assert "tocsin init" in done.stderr


def test_migrate_is_idempotent_and_check_agrees(founded: Shell) -> None:
    assert f"{head()} already" in founded("migrate").stdout
    assert founded("migrate", "--check").exit_code == Exit.OK


def test_a_database_newer_than_the_program_is_refused_untouched(founded: Shell) -> None:
    database = founded.folder / "data" / "tocsin.db"
    connection = sqlite3.connect(database)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    copy = database.with_name(f"tocsin.db.schema-{head()}.bak")
    copy.touch()
    for command in ("run", "migrate", "staff-code"):
        done = founded(command)
        assert done.exit_code == Exit.DATABASE
        assert "newer Tocsin" in done.stderr
        assert f"`cp {copy} {database}`" in done.stderr


def test_a_lost_key_file_is_explained(founded: Shell) -> None:
    (founded.folder / "secret.key").unlink()
    done = founded("staff-code")
    assert done.exit_code == Exit.KEY
    assert "put the file back" in done.stderr
    assert "Traceback" not in done.output


def test_another_databases_key_is_noticed(founded: Shell) -> None:
    key = founded.folder / "secret.key"
    key.write_text("00" * 32)
    done = founded("staff-code")
    assert done.exit_code == Exit.KEY
    assert "does not belong to this database" in done.stderr


def test_a_second_copy_is_refused(founded: Shell) -> None:
    with only_copy(founded.folder / "data"):
        done = founded("run")
    assert done.exit_code == Exit.BUSY
    assert "already running" in done.stderr


def test_the_lock_is_free_again_after_its_holder(tmp_path: Path) -> None:
    with only_copy(tmp_path):
        pass
    with only_copy(tmp_path), pytest.raises(AnotherCopy), only_copy(tmp_path):
        pass


def test_run_hands_the_settings_to_the_bot(founded: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    handed = []

    async def run(config: object) -> None:
        handed.append(config)

    monkeypatch.setattr("bot.app.run", run)
    assert founded("run").exit_code == Exit.OK
    assert len(handed) == 1


def test_an_unforeseen_fault_shows_no_trace_unless_asked(
    founded: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run(_config: object) -> None:
        raise LookupError("of something")

    monkeypatch.setattr("bot.app.run", run)
    done = founded("run")
    assert done.exit_code == Exit.UNEXPECTED
    assert "LookupError in test_commands.py" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Traceback" in founded("run", TOCSIN_DEBUG="1").stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), Exit.DISK),
        (StorageUnavailable("database or disk is full"), Exit.DISK),
        (StorageUnavailable("attempt to write a readonly database"), Exit.DISK),
        (PermissionError(errno.EACCES, "Permission denied"), Exit.DISK),
        (OSError(errno.EADDRINUSE, "Address already in use"), Exit.BUSY),
        (StorageUnavailable("database is locked"), Exit.BUSY),
        (StorageUnavailable("connection refused"), Exit.DATABASE),
        (ZeroDivisionError(), Exit.UNEXPECTED),
    ],
)
def test_troubles_end_with_their_own_code(error: Exception, code: Exit) -> None:
    found = trouble_of(error)
    assert found.exit is code
    assert found.what.endswith(".")
    assert found.todo
    assert trouble_of(ExceptionGroup("several", [error])).exit is code


async def test_a_disk_that_fills_up_is_told_from_other_failures(sqlite: Database) -> None:
    async def write() -> None:
        async with sqlite.tx() as tx:
            await tx.connection.exec_driver_sql("PRAGMA max_page_count = 1")
            for number in range(200):
                await installation.remember(tx, f"fact {number}", "x" * 200)

    with pytest.raises(StorageUnavailable) as full:
        await write()
    assert trouble_of(full.value).exit is Exit.DISK


def test_troubles_of_the_telegram_library_are_told_apart() -> None:
    from telegram.error import Conflict, InvalidToken, NetworkError

    assert trouble_of(InvalidToken()).exit is Exit.TELEGRAM
    assert trouble_of(NetworkError("x")).exit is Exit.TELEGRAM
    assert trouble_of(Conflict("x")).exit is Exit.BUSY


def test_every_exit_code_is_documented() -> None:
    page = (ROOT / "docs" / "exit-codes.md").read_text("utf-8")
    for code in Exit:
        assert f"| {code.value} | {MEANINGS[code]} |" in page


def test_help_teaches_with_examples(shell: Shell) -> None:
    for command in commands.app.registered_commands:
        assert command.callback is not None
        name = (command.name or command.callback.__name__).replace("_", "-")
        done = shell(name, "--help")
        assert done.exit_code == Exit.OK
        assert name == "version" or "Example" in done.stdout


def test_secrets_have_no_option(shell: Shell) -> None:
    assert shell("init", "--token", TOKEN).exit_code == Exit.USAGE


def test_version_names_what_is_installed(shell: Shell) -> None:
    done = shell("version")
    assert f"schema {head()}" in done.stdout
    assert "SQLite" in done.stdout
