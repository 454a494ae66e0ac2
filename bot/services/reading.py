"""Reading a feed: fetched by the guard, parsed in a child, outside any transaction."""

from dataclasses import dataclass

from yarl import URL

from bot.domain.entries import FeedDocument
from bot.domain.sources import registrable
from feeds.fetch import Fetched, Fetcher, Unchanged
from feeds.headers import Validators
from feeds.parse import Parser


@dataclass(frozen=True, slots=True)
class Read:
    """A document, and the answer it came in."""

    fetched: Fetched
    document: FeedDocument

    @property
    def domain(self) -> str:
        """The registered domain that the document came from in the end."""
        return domain_of(self.fetched.address)


async def read(
    fetcher: Fetcher, parser: Parser, address: str, known: Validators | None = None
) -> Read | Unchanged:
    """Read a feed, or learn that it is unchanged; raises ``feeds.failures.FeedRefused``."""
    answer = await fetcher.fetch(address, known=known or Validators())
    if isinstance(answer, Unchanged):
        return answer
    document = await parser.parse(
        answer.body, content_type=answer.content_type, address=answer.address
    )
    return Read(answer, document)


def host_of(address: str) -> str:
    """The host of an address that was vetted before, in punycode."""
    return URL(address, encoded=True).raw_host or ""


def domain_of(address: str) -> str:
    """The registered domain of an address that was vetted before."""
    return registrable(host_of(address))
