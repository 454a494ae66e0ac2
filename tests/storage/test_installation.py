"""The database remembers which key seals it."""

import pytest

from storage import installation
from storage.crypto import KeyProblem, Keyring
from storage.db import Database


async def test_a_new_database_takes_the_first_key_and_keeps_to_it(db: Database) -> None:
    async with db.tx() as tx:
        await installation.check_key(tx)
        await installation.check_key(tx)
    other = Database(db.engine, Keyring(bytes(32)))
    async with other.tx() as tx:
        with pytest.raises(KeyProblem, match="does not belong"):
            await installation.check_key(tx)


async def test_what_was_remembered_is_recalled(db: Database) -> None:
    async with db.tx() as tx:
        assert await installation.recall(tx, "profile") is None
        await installation.remember(tx, "profile", "one")
        await installation.remember(tx, "profile", "two")
        assert await installation.recall(tx, "profile") == "two"
