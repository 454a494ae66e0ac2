"""`tocsin outbox`: what the operator sees and does, on either database, beside a running bot."""

import asyncio
import io
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from rich.console import Console
from typer.testing import Result

from bot.cli import backlog as doing
from bot.cli import console
from bot.cli.trouble import Exit
from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from bot.domain.publications import Hold, PublicationId
from bot.services.atlas import Atlas
from bot.views.message import Message, Say, encode
from storage import backlog, outbox, publications
from storage.crypto import create_key, load_key
from storage.db import connect
from storage.migrate import upgrade
from storage.outbox import Stage
from tests.cli.conftest import TOKEN, Shell
from tests.clock import Clock
from tests.conftest import KINDS
from tests.mailroom import Mailroom, open_mailroom
from tests.team import Places

SECRET = "the text of a private reply"
PERSON = 777_123_456
NOBODY = PublicationId(0)
T = TypeVar("T")


@dataclass(slots=True)
class Operator:
    """An installation with one publication on its way, and the command line beside it."""

    shell: Shell
    url: str
    key: Path
    clock: Clock
    id: PublicationId = NOBODY
    places: Places | None = None

    def __call__(self, *args: str, typed: str = "") -> Result:
        return self.shell("outbox", *args, typed=typed)

    def inside(self, deed: Callable[[Mailroom], Coroutine[Any, Any, T]]) -> T:
        """Do something as the bot would."""

        async def run() -> T:
            db = connect(self.url, load_key(self.key))
            try:
                if self.places is None:
                    room = await open_mailroom(db, self.clock)
                    self.places = room.places
                else:
                    room = Mailroom(db, self.clock, Atlas(db), self.places)
                    await room.atlas.load()
                return await deed(room)
            finally:
                await db.close()

        return asyncio.run(run())

    def held(self) -> Hold | None:
        """Why the publication waits."""
        return self.inside(lambda room: room.publication(self.id)).held

    def hold(self, why: Hold) -> None:
        """Somebody holds it."""

        async def hold(room: Mailroom) -> None:
            async with room.db.tx() as tx:
                await publications.hold(tx, self.id, why)

        self.inside(hold)

    def rows(self, count: int, stage: Stage, first: int = 10_000) -> None:
        """Rows of the publication."""
        self.inside(lambda room: room.rows(self.id, count, stage, first=first))

    def stages(self) -> list[str]:
        """The stages of its rows."""
        return self.inside(lambda room: room.stages(self.id))

    def walked(self) -> bool:
        """Whether nobody further is written to."""

        async def read(room: Mailroom) -> bool:
            async with room.db.tx(write=False) as tx:
                recent = await publications.lately(tx, self.clock(), limit=9)
            return next(one.walked for one in recent if one.publication.id == self.id)

        return self.inside(read)


@pytest.fixture
def operator(shell: Shell) -> Operator:
    """On SQLite."""
    url = f"sqlite+aiosqlite:///{shell.folder / 'data' / 'tocsin.db'}"
    return founded(shell, url, "")


@pytest.fixture(params=KINDS)
def anywhere(request: pytest.FixtureRequest, shell: Shell) -> Operator:
    """On each database."""
    if request.param == "sqlite":
        sqlite: Operator = request.getfixturevalue("operator")
        return sqlite
    url = request.getfixturevalue("empty_postgres_url")
    return founded(shell, url, f'[storage]\nurl = "{url}"\n')


def founded(shell: Shell, url: str, storage: str) -> Operator:
    """Configuration, key, schema, 150 followers, a private reply and a publication."""
    key = shell.folder / "secret.key"
    create_key(key)
    (shell.folder / "data").mkdir(mode=0o700)
    shell.write(f'[telegram]\ntoken = "{TOKEN}"\n{storage}')
    asyncio.run(upgrade(url))
    made = Operator(shell, url, key, Clock(datetime.now(UTC)))

    async def begin(room: Mailroom) -> PublicationId:
        await room.followers(150, room.places.quarter)
        async with room.db.tx() as tx:
            task = encode(Say(Message(SECRET)))
            chat = TelegramId(PERSON)
            await outbox.add(tx, lane=Lane.REPLY, chat=chat, task=task, now=room.clock())
        return await room.publish()

    made.id = made.inside(begin)
    return made


def ended(done: Result, code: Exit = Exit.OK) -> str:
    """What a command said, after it ended as expected. Never about a person."""
    assert done.exit_code == code, done.output
    assert SECRET not in done.output
    assert str(PERSON) not in done.output
    assert "Traceback" not in done.output
    return done.stdout + done.stderr


def test_list_shows_what_is_on_its_way_and_the_rows_by_lane(anywhere: Operator) -> None:
    anywhere.rows(3, Stage.FAILED)
    said = ended(anywhere("list"))
    assert "ABCD-EFGH" in said
    assert "hundreds" in said
    assert "150" not in said
    assert "Waits for its turn." in said or "Is being sent." in said
    rows = {line.split()[0]: line.split()[1:] for line in said.splitlines() if line.strip()}
    assert rows["rows"] == [stage.value for stage in Stage]
    assert rows["reply"] == ["1", "0", "0", "0", "0"]
    assert rows["news"] == ["0", "0", "0", "3", "0"]


def test_list_of_an_empty_outbox_says_so(operator: Operator) -> None:
    async def finish(room: Mailroom) -> None:
        await room.walked(operator.id, done=True)

    operator.inside(finish)
    assert "No publication is on its way." in ended(operator("list"))


def test_show_tells_everything_of_one_publication_but_people(operator: Operator) -> None:
    operator.rows(2, Stage.UNKNOWN)
    operator.rows(1, Stage.FAILED, first=20_000)
    operator.hold(Hold.REFUSED)
    said = ended(operator("show", "1"))
    for part in (
        "Publication 1 · news · ABCD-EFGH",
        "A headline",
        "Telegram refuses its text or picture",
        "be 19",
        "1 failed, 2 unknown",
        "tocsin outbox retry 1 --failed",
        "drop 1 --unknown",
        "tocsin outbox resume 1",
    ):
        assert part in said, said


@pytest.mark.parametrize("command", ["show", "hold", "resume", "retry", "drop"])
def test_a_publication_that_is_not_there_is_said_to_be_so(operator: Operator, command: str) -> None:
    said = ended(operator(command, "99"), Exit.USAGE)
    assert "There is no publication 99." in said
    assert "outbox list" in said


@pytest.mark.parametrize("command", ["hold", "resume"])
@pytest.mark.parametrize("args", [(), ("1", "--all")])
def test_one_or_all_has_to_be_chosen(
    operator: Operator, command: str, args: tuple[str, ...]
) -> None:
    ended(operator(command, *args), Exit.USAGE)


def test_one_publication_is_held_and_goes_on(anywhere: Operator) -> None:
    said = ended(anywhere("hold", "1"))
    assert "publication 1 is held" in said
    assert "tocsin outbox resume 1" in said
    assert anywhere.held() is Hold.OPERATOR
    assert "held already" in ended(anywhere("hold", "1"))
    anywhere.rows(2, Stage.HELD)
    assert "2 rows that were held" in ended(anywhere("resume", "1"))
    assert anywhere.held() is None
    assert anywhere.stages() == ["waiting", "waiting"]
    assert "is not held" in ended(anywhere("resume", "1"), Exit.USAGE)


def test_rows_left_behind_by_an_interrupted_resume_are_let_go(operator: Operator) -> None:
    operator.rows(1, Stage.HELD)
    ended(operator("resume", "1"))
    assert operator.stages() == ["waiting"]


@pytest.mark.parametrize("why", [Hold.STAFF, Hold.MASKED])
def test_what_staff_stopped_only_staff_lets_go_on(operator: Operator, why: Hold) -> None:
    operator.hold(why)
    assert "waits already" in ended(operator("hold", "1"), Exit.USAGE)
    assert "Two of staff" in ended(operator("resume", "1"), Exit.USAGE)
    assert operator.held() is why


def test_what_telegram_refused_the_operator_lets_go_on(operator: Operator) -> None:
    operator.hold(Hold.REFUSED)
    ended(operator("resume", "1"))
    assert operator.held() is None


def test_everything_is_held_and_goes_on(anywhere: Operator) -> None:
    async def held(room: Mailroom) -> bool:
        async with room.db.tx(write=False) as tx:
            return await backlog.all_held(tx)

    assert "everything but replies is now held" in ended(anywhere("hold", "--all"))
    assert anywhere.inside(held)
    assert "held already" in ended(anywhere("hold", "--all"))
    assert "everything but replies is held" in ended(anywhere("list"))
    assert "everything goes on" in ended(anywhere("resume", "--all"))
    assert not anywhere.inside(held)
    assert "nothing was held as a whole" in ended(anywhere("resume", "--all"))


def test_what_was_set_aside_is_sent_again(anywhere: Operator) -> None:
    anywhere.rows(2, Stage.UNKNOWN)
    anywhere.rows(3, Stage.FAILED, first=20_000)
    assert "3 rows of publication 1" in ended(anywhere("retry", "1", "--failed"))
    assert anywhere.stages() == ["unknown"] * 2 + ["waiting"] * 3
    assert "2 rows of publication 1" in ended(anywhere("retry", "1"))
    assert anywhere.stages() == ["waiting"] * 5
    assert "no such rows" in ended(anywhere("retry", "1"), Exit.USAGE)


def test_a_replaced_publication_is_not_sent_again(operator: Operator) -> None:
    operator.rows(1, Stage.UNKNOWN)
    operator.inside(lambda room: room.publish())
    assert "must not leave" in ended(operator("retry", "1"), Exit.USAGE)
    assert operator.stages() == ["unknown"]


def test_what_no_longer_matters_is_not_sent_again(operator: Operator) -> None:
    operator.clock.move(timedelta(days=-3))
    operator.id = operator.inside(lambda room: room.publish(subject="item:2"))
    operator.rows(1, Stage.FAILED)
    assert "no longer matters" in ended(operator("retry", str(operator.id)), Exit.USAGE)


def test_rows_set_aside_are_removed_after_a_question(operator: Operator) -> None:
    operator.rows(2, Stage.UNKNOWN)
    operator.rows(1, Stage.FAILED, first=20_000)
    assert "Nothing was changed" in ended(operator("drop", "1", typed="n\n"), Exit.USAGE)
    assert "--yes" in ended(operator("drop", "1"), Exit.USAGE)
    assert len(operator.stages()) == 3
    said = ended(operator("drop", "1", "--failed", typed="y\n"))
    assert "Remove 1 row of publication 1 (ABCD-EFGH)?" in said
    assert operator.stages() == ["unknown", "unknown"]
    assert "2 rows" in ended(operator("drop", "1", "--yes"))
    assert operator.stages() == []
    assert not operator.walked()


def test_dropping_all_of_a_publication_ends_it(anywhere: Operator) -> None:
    anywhere.rows(2, Stage.WAITING)
    anywhere.rows(1, Stage.SENDING, first=20_000)
    said = ended(anywhere("drop", "1", "--all", typed="y\n"))
    assert "stop it for good" in said
    assert "2 rows of publication 1 removed" in said
    assert anywhere.stages() == ["sending"]  # what is on its way settles by itself
    assert anywhere.walked()
    assert "Ended for good" in ended(anywhere("show", "1"))


def test_all_and_a_part_of_it_are_not_dropped_at_once(operator: Operator) -> None:
    ended(operator("drop", "1", "--all", "--failed"), Exit.USAGE)
    assert not operator.walked()


def test_a_database_that_has_to_be_brought_up_to_date_is_left_alone(shell: Shell) -> None:
    create_key(shell.folder / "secret.key")
    shell.write(f'[telegram]\ntoken = "{TOKEN}"\n')
    said = ended(shell("outbox", "list"), Exit.DATABASE)
    assert "tocsin migrate" in said


def test_many_rows_go_in_steps_and_the_way_is_shown(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = Console(file=io.StringIO(), force_terminal=True, width=100)
    monkeypatch.setattr(console, "err", shown)
    monkeypatch.setattr(console, "PATIENCE", 0.0)
    monkeypatch.setattr(doing, "COURTESY", 0.0)
    monkeypatch.setattr(backlog, "STEP", 5)
    operator.rows(12, Stage.FAILED)
    assert "12 rows" in ended(operator("retry", "1"))
    assert operator.stages() == ["waiting"] * 12
    assert isinstance(shown.file, io.StringIO)
    assert "putting back" in shown.file.getvalue()


def test_a_quick_deed_shows_no_bar(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Console(file=io.StringIO(), force_terminal=True, width=100)
    monkeypatch.setattr(console, "err", shown)
    monkeypatch.setattr(console, "PATIENCE", 3600.0)
    operator.rows(2, Stage.FAILED)
    ended(operator("retry", "1"))
    assert isinstance(shown.file, io.StringIO)
    assert shown.file.getvalue() == ""


def test_every_command_teaches_with_an_example(shell: Shell) -> None:
    for command in ("list", "show", "hold", "resume", "retry", "drop"):
        assert "Example" in shell("outbox", command, "--help").stdout
