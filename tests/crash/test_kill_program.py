"""kill -9 of the program as operators run it, while it is used: `python -m bot run`."""

import asyncio
import os
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from bot.domain.publications import Audience, Kind, Want
from bot.domain.subscribers import Settings
from bot.i18n import LANGUAGES, translator
from bot.services.districts import PLACES, import_places
from bot.services.publications import Draft, accept
from bot.views.message import Message
from storage import districts, subscribers
from storage.crypto import create_key
from storage.db import Database, connect
from storage.migrate import upgrade
from tests.conftest import NEEDS_POSTGRES
from tests.crash.outside import Outside, open_rows, sandbox, sound
from tests.delivery.house import now
from tests.leaks import CANARY, FIRST_ID, leaks_in

ROOT = Path(__file__).parents[2]
KILLS = 4
PEOPLE = 200
IN_FLIGHT = 100
"""Messages on their way at a time, half a second at 200/s: as many may arrive twice per kill."""
PERIOD = 8.0
"""Seconds in which everybody's commands arrive."""
SEED = 20261122
ALERT = f"alert {CANARY}"
ANSWERS = {"/privacy": "privacy-title", "/risks": "risks-title"}
"""Commands, and how their answers begin."""


@dataclass(frozen=True, slots=True)
class Program:
    """An installation in a folder."""

    folder: Path
    url: str

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """`tocsin run`, killed without a warning at the end of the block."""
        environ = {k: v for k, v in os.environ.items() if not k.startswith("TOCSIN_")}
        with (self.folder / "log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "run"),
                cwd=self.folder,
                env=environ | {"PYTHONPATH": str(ROOT)},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            yield
            assert process.returncode is None, self.log[-2000:]
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    @property
    def log(self) -> str:
        """All that it wrote, at level debug."""
        return (self.folder / "log").read_text("utf-8")


async def install(folder: Path, box: Outside, url: str) -> tuple[Program, Database]:
    """What `tocsin init` leaves, with a faster pace."""
    config = folder / "config.toml"
    config.write_text(
        f'[telegram]\ntoken = "{box.token}"\napi_url = "{box.api}"\n'
        f'[storage]\nurl = "{url}"\nkey_file = "secret.key"\n[bot]\nplaces = ["minsk"]\n'
        '[delivery]\nrate_per_second = 200\nallow_paid_broadcast = true\n[log]\nlevel = "debug"\n',
        "utf-8",
    )
    config.chmod(0o600)
    await upgrade(url)
    db = connect(url, create_key(folder / "secret.key"))
    await import_places(db, [PLACES / "minsk.geojson"])
    return Program(folder, url), db


async def follow_and_publish(db: Database, people: list[int]) -> None:
    """Everybody follows a district, and an alert about it is accepted."""
    async with db.tx() as tx:
        place = next(d for d in (await districts.load(tx)).all.values() if d.slug == "kastr").id
        for person in people:
            await subscribers.save(tx, TelegramId(person), Settings(seen="en"))
            await subscribers.follow(tx, TelegramId(person), place)
        audience = Audience(frozenset({place}), Want.CHANGES)
        texts = {lang: Message(ALERT) for lang in LANGUAGES}
        soon = now() + timedelta(days=1)
        draft = Draft(Kind.RALLY, "rally:1", "AAAA-AAAA", Lane.ALERT, audience, texts, soon)
        await accept(tx, draft, now())


async def ask(box: Outside, people: list[int]) -> None:
    """Everybody asks two things, slowly enough to meet every kill."""
    for command in ANSWERS:
        for person in people:
            await box.ask("POST", f"people/{person}/text", {"text": command})
            await asyncio.sleep(PERIOD / len(people) / len(ANSWERS))


def first_lines(sent: Counter[tuple[int, str]]) -> Counter[tuple[int, str]]:
    """How often each chat got a message that begins so."""
    found: Counter[tuple[int, str]] = Counter()
    for (chat, text), times in sent.items():
        found[chat, text.partition("\n")[0]] += times
    return found


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=NEEDS_POSTGRES)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'tocsin.db'}"
    made: str = request.getfixturevalue("empty_postgres_url")
    return made


async def test_the_program_loses_nothing_when_it_is_killed(url: str, tmp_path: Path) -> None:
    chance, broken, people = random.Random(SEED), 0, [FIRST_ID + n for n in range(PEOPLE)]
    async with sandbox() as box:
        program, db = await install(tmp_path, box, url)
        for person in people:
            await box.ask("POST", "people", {"id": person, "name": f"P {CANARY}"})
            await box.ask("POST", f"people/{person}/start", {})
        await follow_and_publish(db, people)
        asking = asyncio.create_task(ask(box, people))  # noqa: TID251  # awaited below
        for _ in range(KILLS):
            async with program.running():
                await asyncio.sleep(chance.uniform(1.5, 3.5))
            broken += url.startswith("sqlite") and not sound(tmp_path / "tocsin.db")
        async with program.running(), asyncio.timeout(240):
            await asking
            while await box.pending() or await open_rows(db):
                await asyncio.sleep(0.2)
        sent = first_lines(await box.sent())
    await db.close()
    t = translator("en")
    known = {ALERT, *(t(key) for key in ANSWERS.values())}
    assert {(chat, line) for chat in people for line in known} - set(sent) == set()
    greeted = Counter(chat for chat, line in sent if line not in known)
    assert greeted == dict.fromkeys(people, 1)
    assert broken == 0
    assert sent.total() - len(sent) <= IN_FLIGHT * KILLS
    assert max(sent.values()) <= 3
    assert leaks_in(program.log) == set()
    assert "Traceback" not in program.log
    assert " ERROR " not in program.log
