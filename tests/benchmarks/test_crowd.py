"""People whom the benchmark invents are stored as the program stores them."""

from pathlib import Path

from benchmarks.delivery.crowd import KEYS, gather, places_of, url_of
from benchmarks.delivery.peers import FIRST_CHAT
from bot.domain.privacy import TelegramId
from bot.i18n import LANGUAGES
from storage import subscribers
from storage.db import connect


async def test_a_crowd_is_found_by_those_who_write_to_it(tmp_path: Path) -> None:
    path = tmp_path / "crowd.db"
    places = await gather(path, {"few": 3, "many": 20})
    assert await places_of(path) == places
    db = connect(url_of(path), KEYS)
    try:
        async with db.tx(write=False) as tx:
            sizes = [await subscribers.count(tx, [places[slug]]) for slug in ("few", "many")]
            people = [
                await subscribers.get(tx, TelegramId(FIRST_CHAT + n)) for n in range(sum(sizes))
            ]
    finally:
        await db.close()
    assert sizes == [3, 20]
    known = [person for person in people if person is not None]
    assert [person.chat.reveal() - FIRST_CHAT for person in known] == list(range(23))
    assert {person.settings.language for person in known} == set(LANGUAGES)
    assert [person.follows for person in known[2:4]] == [{places["few"]}, {places["many"]}]
