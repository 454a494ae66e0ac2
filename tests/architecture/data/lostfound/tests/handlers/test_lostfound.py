"""Found things, in five languages, on both databases."""

import pytest

from bot.app import features
from bot.i18n import LANGUAGES, translator
from bot.services.lostfound import LostFound
from handlers.lostfound import LostFoundHandlers
from storage.db import Database
from tests.clock import Clock
from tests.dialogue import open_dialogue

FINDER, LOSER = 7_001, 7_002


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_what_one_finds_another_can_ask_for(db: Database, clock: Clock, lang: str) -> None:
    town = await open_dialogue(db, clock, [LostFoundHandlers(LostFound(db, clock))])
    finder, loser = town.person(FINDER, lang), town.person(LOSER, lang)
    await loser.say("/lost")
    assert loser.text == translator(lang)("lostfound-none")
    await finder.say("/found   a red scarf, at the fountain")
    await loser.say("/lost")
    title, scarf = loser.text.split("\n")
    assert title == translator(lang).count("lostfound-title", 1)
    assert scarf == "a red scarf, at the fountain"


async def test_nothing_and_too_much_are_refused(sqlite: Database, clock: Clock) -> None:
    town = await open_dialogue(sqlite, clock, [LostFoundHandlers(LostFound(sqlite, clock))])
    finder = town.person(FINDER)
    await finder.say("/found")
    assert finder.text == translator("en")("lostfound-empty")
    await finder.say("/found " + "x" * 201)
    assert finder.text == translator("en")("lostfound-long", longest=200)


def test_the_composition_root_knows_the_noun() -> None:
    assert "LostFoundHandlers" in features.__code__.co_names
