"""What an answer shows besides a document: it may say nothing new and still come from elsewhere."""

import pytest

from bot.domain.sources import Hold
from bot.services.answers import Answers
from bot.services.reading import Marks
from feeds.failures import Hints
from feeds.fetch import Unchanged
from feeds.headers import Validators
from feeds.rhythm import Rhythm
from storage import polls
from tests.newsroom import Newsroom


@pytest.mark.parametrize(
    ("address", "hold"),
    [
        ("http://127.0.0.1/another/path", None),
        ("http://news.example.net/rss", Hold.DOMAIN),
    ],
)
async def test_an_unchanged_answer_from_another_domain_holds_the_source(
    room: Newsroom, address: str, hold: Hold | None
) -> None:
    """A redirect that is said to be for today only leads there, and the feed there is the same."""
    source = await room.vetted()
    answers = Answers(room.db, room.atlas, room.clock, Rhythm(), Marks())
    answer = Unchanged(Validators(), Hints(), address)
    async with room.db.tx(write=False) as tx:
        poll = await polls.get(tx, source.id)
    assert poll is not None
    assert (answers.quiet(poll, answer, room.clock()) is None) is (hold is not None)
    assert await answers.take({source.id: answer}) == set()
    assert (await room.source(source.id)).hold is hold
