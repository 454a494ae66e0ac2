"""A first look at a feed that somebody proposes: read once, nothing stored."""

from dataclasses import replace

from bot.domain.lookalike import lookalike
from bot.domain.sources import Found, SourceKnown
from bot.services.intake import headline
from bot.services.reading import Read, host_of, read
from feeds.addresses import Address, Wrong
from feeds.clean import cut
from feeds.domains import registrable
from feeds.failures import BadAddress
from feeds.fetch import Fetcher
from feeds.parse import Parser
from storage import sources
from storage.db import Database

_SHOWN = 3
_LONGEST_TITLE = 100
_LONGEST_HEADLINE = 160


async def look(db: Database, fetcher: Fetcher, parser: Parser, address: Address) -> Found:
    """Read what somebody wants to propose.

    Raises ``feeds.failures.FeedRefused``, or ``SourceKnown`` where the feed was proposed before.
    """
    answer = await read(fetcher, parser, address.url)
    assert isinstance(answer, Read)
    pinned = answer.fetched.moved or address.url
    if len(pinned) > sources.LONGEST_ADDRESS:
        raise BadAddress(reason=Wrong.LENGTH)
    async with db.tx(write=False) as tx:
        if await sources.known(tx, pinned):
            raise SourceKnown
        reason = await sources.rejection(tx, pinned)
        like = lookalike(answer.domain, await sources.pinned(tx)) or ""
    return replace(found_in(answer, pinned), rejected=reason, lookalike=like)


def found_in(answer: Read, pinned: str) -> Found:
    """What a document shows to whoever decides about its source, to be pinned at ``pinned``."""
    document = answer.document
    titles = (cut(headline(entry), longest=_LONGEST_HEADLINE) for entry in document.entries)
    return Found(
        address=pinned,
        read_at=answer.fetched.address,
        domain=answer.domain,
        title=cut(document.title, longest=_LONGEST_TITLE) or registrable(host_of(pinned)),
        language=document.language or "",
        items=document.items_in_document or len(document.entries),
        latest=tuple(title for title in titles if title)[:_SHOWN],
        digest=answer.fetched.validators.body_hash.hex(),
    )
