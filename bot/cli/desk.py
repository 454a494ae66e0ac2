"""The configured database, as the deeds behind a command work with it while the bot runs."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from bot import config as settings
from bot.cli.setup import opened
from bot.config import Config
from bot.services.atlas import Atlas
from storage import migrate
from storage.crypto import load_key
from storage.db import Database

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Desk:
    """What a deed works with."""

    db: Database
    atlas: Atlas
    config: Config
    now: datetime


def run(
    config: Path,
    deed: Callable[Concatenate[Desk, P], Awaitable[T]],
    *args: P.args,
    **options: P.kwargs,
) -> T:
    """Carry out a deed on the configured database; ``DatabaseOlder`` when `migrate` has to run."""

    async def carry() -> T:
        loaded = settings.load(config)
        keys = load_key(loaded.storage.key_file)
        await migrate.check(loaded.storage.url)
        db = await opened(loaded, keys)
        try:
            atlas = Atlas(db)
            await atlas.load()
            return await deed(Desk(db, atlas, loaded, datetime.now(UTC)), *args, **options)
        finally:
            await db.close()

    return asyncio.run(carry())
