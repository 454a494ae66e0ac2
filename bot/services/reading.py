"""Reading a feed: fetched by the guard, parsed in a child, outside any transaction."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.entries import FeedDocument
from bot.domain.sources import Source, SourceId
from feeds.domains import registrable, seen_as
from feeds.fetch import Fetched, Fetcher, Unchanged
from feeds.headers import Validators
from feeds.parse import Parser
from feeds.split import MARK_BYTES


@dataclass(frozen=True, slots=True)
class Read:
    """A document, and the answer it came in."""

    fetched: Fetched
    document: FeedDocument

    @property
    def domain(self) -> str:
        """The registered domain that the document came from in the end."""
        return domain_of(self.fetched.address)


class Marks:
    """The marks of the entries that the last document of each source held, packed.

    Only so that they need not be read again: the database knows what they were taken as, and what
    it does not know is read whole. Lost with the process.
    """

    def __init__(self) -> None:
        self._packed: dict[SourceId, bytes] = {}

    def of(self, source: SourceId) -> frozenset[bytes]:
        """The marks of a source, none when nothing is known."""
        packed = self._packed.get(source, b"")
        return frozenset(packed[at : at + MARK_BYTES] for at in range(0, len(packed), MARK_BYTES))

    def keep(self, source: SourceId, marks: Iterable[bytes]) -> None:
        """Remember these instead of the last ones."""
        self._packed[source] = b"".join(marks)

    def forget(self, source: SourceId) -> None:
        """Read the next document whole."""
        self._packed.pop(source, None)


async def read(
    fetcher: Fetcher,
    parser: Parser,
    address: str,
    known: Validators | None = None,
    *,
    seen: frozenset[bytes] = frozenset(),
) -> Read | Unchanged:
    """Read a feed, or learn that it is unchanged; raises ``feeds.failures.FeedRefused``.

    Entries whose marks are in ``seen`` are only named.
    """
    answer = await fetcher.fetch(address, known=known or Validators())
    if isinstance(answer, Unchanged):
        return answer
    return await parsed(parser, answer, seen=seen)


async def parsed(parser: Parser, answer: Fetched, *, seen: frozenset[bytes] = frozenset()) -> Read:
    """Read what was fetched."""
    document = await parser.parse(
        answer.body, content_type=answer.content_type, address=answer.address, seen=seen
    )
    return Read(answer, document)


def host_of(address: str) -> str:
    """The host of an address that was vetted before, in punycode."""
    authority = address.split("/", 3)[2]
    host, colon, port = authority.rpartition(":")
    return (host if colon and port.isdigit() else authority).strip("[]")


def domain_of(address: str) -> str:
    """The registered domain of an address that was vetted before."""
    return registrable(host_of(address))


def domain_seen(address: str, source: Source) -> str:
    """The registered domain of where ``source`` was found, told as it was pinned."""
    return seen_as(host_of(address), pinned=source.domain, home=host_of(source.address))
