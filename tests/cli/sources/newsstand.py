"""An installation with sources for tests of `tocsin source`, and a publisher that it may read."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from typer.testing import Result

from bot.cli.trouble import Exit
from bot.domain.privacy import TelegramId
from bot.domain.sources import Source
from bot.domain.staff import Grant, Role, Staff
from bot.services.atlas import Atlas
from bot.services.districts import import_places
from bot.services.sources import Sources
from bot.views.message import Say, decode
from feeds.fetch import Fetcher
from feeds.parse import Parser
from storage import items, outbox, sources, staff
from storage.crypto import create_key, load_key
from storage.db import Database, connect
from storage.migrate import upgrade
from tests.cli.conftest import TOKEN, Shell
from tests.clock import Clock
from tests.publisher import Publisher, rss, stories
from tests.vetting import vet

MINSK = Path(__file__).parents[3] / "bot" / "places" / "minsk.geojson"
ANNA, BORIS = 777_123_456, 777_123_457
T = TypeVar("T")


@dataclass(slots=True)
class Newsstand:
    """The command line beside an installation. What moderators are told waits to be taken."""

    shell: Shell
    url: str
    key: Path
    publisher: Publisher

    def __call__(self, *args: str, **environ: str) -> Result:
        return self.shell("source", *args, **environ)

    def said(self, *args: str, code: Exit = Exit.OK) -> str:
        """What a command said, after it ended as expected."""
        done = self(*args)
        assert done.exit_code == code, done.output
        assert "Traceback" not in done.output
        assert str(ANNA) not in done.output
        return done.stdout + done.stderr

    def inside(self, deed: Callable[[Database], Coroutine[Any, Any, T]]) -> T:
        """Do something as the bot would."""

        async def run() -> T:
            db = connect(self.url, load_key(self.key))
            try:
                return await deed(db)
            finally:
                await db.close()

        return asyncio.run(run())

    def sources(self) -> list[Source]:
        """As stored, in the order in which they were proposed."""

        async def read(db: Database) -> list[Source]:
            async with db.tx(write=False) as tx:
                found = await sources.page(tx, offset=0, limit=10_000)
            return sorted(found, key=lambda one: one.id)

        return self.inside(read)

    def queued(self) -> int:
        """How many items wait for moderators."""

        async def read(db: Database) -> int:
            async with db.tx(write=False) as tx:
                return len(await items.queued(tx, datetime.now(UTC), limit=1000))

        return self.inside(read)

    def vet(self, number: int) -> None:
        """Two moderators vet a source, and it is read for the first time."""

        async def vet(db: Database) -> None:
            atlas = Atlas(db)
            await atlas.load()
            async with (
                Fetcher(user_agent="tests", allow=self.publisher.allow) as fetcher,
                Parser(children=1) as parser,
            ):
                clock = Clock(datetime.now(UTC))
                service = Sources(db, atlas, clock, fetcher, parser)
                async with db.tx(write=False) as tx:
                    people = [await staff.by_person(tx, TelegramId(one)) for one in (ANNA, BORIS)]
                for by in people:
                    assert by is not None
                    await vetted(service, db, by, number)

        self.inside(vet)

    def told(self) -> list[str]:
        """Take what was queued for moderators."""

        async def take(db: Database) -> list[str]:
            async with db.tx() as tx:
                rows = (await tx.execute(outbox.table.select().order_by(outbox.table.c.id))).all()
                await tx.execute(outbox.table.delete())
                tasks = [decode(tx.keys.open(row.task, aad=b"task" + row.tag)) for row in rows]
            return [task.message.text for task in tasks if isinstance(task, Say)]

        return self.inside(take)


async def vetted(service: Sources, db: Database, by: Staff, number: int) -> None:
    """One moderator agrees to vet."""
    async with db.tx(write=False) as tx:
        found = next(s for s in await sources.page(tx, offset=0, limit=99) if s.id == number)
    await vet(service, by, found.id)


def opened(shell: Shell, url: str, storage: str, publisher: Publisher) -> Newsstand:
    """Configuration, key, schema, districts of Minsk, two moderators of different branches."""
    key = shell.folder / "secret.key"
    create_key(key)
    (shell.folder / "data").mkdir(mode=0o700)
    shell.write(
        f'[telegram]\ntoken = "{TOKEN}"\n{storage}'
        f'[feeds]\ncontact = "mail@example.org"\nallow = ["{publisher.allow[0]}"]\n'
    )
    asyncio.run(upgrade(url))
    made = Newsstand(shell, url, key, publisher)

    async def begin(db: Database) -> None:
        await import_places(db, [MINSK])
        async with db.tx() as tx:
            first, news = TelegramId(777_000_001), [Grant(Role.NEWS)]
            held = [Grant(Role.CUSTODIAN)]
            await staff.add(tx, first, alias="Root", lang="en", inviter=None, held=held)
            root = await staff.by_person(tx, first)
            for chat, alias in ((ANNA, "Lynx"), (BORIS, "Heron")):
                await staff.add(
                    tx, TelegramId(chat), alias=alias, lang="en", inviter=root, held=news
                )

    made.inside(begin)
    return made


@contextmanager
def in_a_thread() -> Iterator[Publisher]:
    """A publisher that answers while the command line has the main thread."""
    publisher, ready, stop = Publisher(), threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with publisher:
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(10)
        yield publisher
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def served(stand: Newsstand, path: str = "/feed", title: str = "The Courier") -> str:
    """Three stories at a path."""
    return stand.publisher.put(path, rss(stories(1, 2, 3), title=title))
