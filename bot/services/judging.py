"""What is known of an arriving text before anybody sees it: flags, impact, whom it concerns."""

from collections.abc import Set
from dataclasses import dataclass

from bot.domain.districts import DistrictId
from bot.domain.entries import Entry, FeedDocument
from bot.domain.items import Flag
from bot.domain.routes import districts_of
from bot.domain.sources import Source
from feeds import personal
from feeds.impact import impacts

_LONGEST_TAG = 40


@dataclass(frozen=True, slots=True)
class Judged:
    """Words only count: nobody has looked at it yet."""

    flags: frozenset[Flag]
    impact: bool
    districts: Set[DistrictId]


def judge(source: Source, *, title: str, summary: str, language: str) -> Judged:
    """Judge a text of a source."""
    text = f"{title}\n{summary}"
    return Judged(
        flags=personal.flags(text, own_names(source)),
        impact=bool(impacts(text, language)),
        districts=districts_of(source.routes, text),
    )


def own_names(source: Source) -> frozenset[str]:
    """What a medium calls its own accounts: its domain, its name."""
    return frozenset({source.domain.split(".")[0], source.title} - {""})


def language_of(source: Source, entry: Entry, document: FeedDocument) -> str:
    """The language of an item. What moderators say of a source stands above what its feed says,

    which publishers forget to change; an item that differs from its feed was marked on purpose.
    """
    marked = entry.language if entry.language != document.language else None
    return (marked or source.language or document.language or "")[:_LONGEST_TAG]
