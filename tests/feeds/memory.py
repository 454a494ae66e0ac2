"""A source whose documents tests read one after the other, remembered as a caller should."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.entries import Entry, FeedDocument
from feeds.decide import Decision, Known, decide

NOW = datetime(2026, 11, 21, 10, 40, tzinfo=UTC)
LONG = "a text long enough to be recognised by itself wherever it may turn up again, number "


@dataclass
class Source:
    """Remembers as a caller should: every set of keys of every item, oldest first."""

    known: list[Known] = field(default_factory=list)
    guid_reused: bool = False
    seen: bool = False
    told: list[Entry] = field(default_factory=list)

    def poll(self, *entries: Entry, since: datetime | None = None) -> Decision:
        """Read a document of ``entries`` and remember what it brought."""
        document = FeedDocument(home="https://a.example/", entries=entries)
        decision = decide(
            self.known,
            document,
            first_sight=not self.seen,
            guid_reused=self.guid_reused,
            since=since,
        )
        for arrival in (*decision.already_there, *decision.new, *decision.old):
            item = max((row.item for row in self.known), default=0) + 1
            self.known.append(Known(item, arrival.keys))
        for sighting in (*decision.changed, *decision.same):
            if sighting.rekeyed:
                self.known.append(Known(sighting.item, sighting.keys))
        self.guid_reused, self.seen = decision.guid_reused, True
        self.told += [arrival.entry for arrival in decision.new]
        return decision


def entry(number: int, **changes: Any) -> Entry:
    """An ordinary item."""
    ordinary = Entry(
        guid=f"guid-{number}",
        link=f"https://a.example/{number}",
        title=f"Title {number}",
        summary=LONG + str(number),
        published=NOW - timedelta(hours=number),
    )
    return replace(ordinary, **changes)


def started(*entries: Entry) -> Source:
    """A source whose first document held ``entries``."""
    source = Source()
    source.poll(*entries)
    return source
