"""Whom and what rows about news refer to."""

import pytest

from bot.domain.privacy import TelegramId
from bot.domain.sources import Found, SourceId
from bot.domain.staff import Staff
from storage import sources, staff
from storage.db import Database
from tests.clock import Clock


@pytest.fixture
async def editor(db: Database) -> Staff:
    """Somebody of staff."""
    async with db.tx() as tx:
        await staff.add(tx, TelegramId(7), alias="Lynx", lang="en", inviter=None, held=[])
        found = await staff.by_person(tx, TelegramId(7))
    assert found is not None
    return found


@pytest.fixture
async def source(db: Database, clock: Clock, editor: Staff) -> SourceId:
    """A nominated source."""
    address = "https://news.example.org/rss"
    found = Found(address, address, "example.org", "The Courier", "en", 3)
    async with db.tx() as tx:
        added = await sources.add(
            tx, found, districts=frozenset(), by=editor.id, agreed=(editor.id,), now=clock()
        )
    return added.id
