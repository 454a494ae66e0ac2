"""What is stored about a person, shown to them and erased for them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.privacy import TelegramId
from storage import erasure, staff, subscribers
from storage.db import Database
from storage.erasure import Holdings
from storage.subscribers import Subscriber


@dataclass(frozen=True, slots=True)
class Kept:
    """Everything stored about one person."""

    subscriber: Subscriber | None
    held: Holdings
    alias: str = ""
    """Of the staff account; empty without one."""


@dataclass(frozen=True, slots=True)
class Privacy:
    """The rights of a person over what is stored about them."""

    db: Database
    clock: Callable[[], datetime]

    async def kept(self, person: TelegramId) -> Kept:
        """Open everything stored about a person."""
        async with self.db.tx(write=False) as tx:
            account = await staff.by_person(tx, person)
            return Kept(
                subscriber=await subscribers.get(tx, person),
                held=await erasure.holdings(tx, tx.keys.tag(person), self.clock()),
                alias=account.alias if account else "",
            )

    async def forget(self, person: TelegramId) -> bool:
        """Erase a person and leave no remnant in the file; says whether a staff account stays.

        Raises ``StorageUnavailable`` when nothing was erased. Doing it twice does no harm.
        """
        async with self.db.tx() as tx:
            account = await staff.by_person(tx, person)
            await erasure.erase(tx, tx.keys.tag(person), staff=account is not None)
        await erasure.scrub(self.db)
        return account is not None
