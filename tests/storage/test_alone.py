"""Two copies never work on one database at the same time."""

import pytest

from storage.alone import alone
from storage.crypto import Keyring
from storage.db import StorageUnavailable, connect
from tests.conftest import NEEDS_POSTGRES


@pytest.mark.parametrize("tries", [pytest.param(1, marks=NEEDS_POSTGRES)])
async def test_a_second_copy_is_refused_until_the_first_one_ends(
    postgres_url: str, keys: Keyring, tries: int
) -> None:
    first, second = connect(postgres_url, keys), connect(postgres_url, keys)
    async with alone(first):
        with pytest.raises(StorageUnavailable, match="locked by another copy"):
            await alone(second, tries=tries).__aenter__()
    async with alone(second, tries=tries):
        pass
    await first.close()
    await second.close()
