"""Publications that Telegram refuses to everybody: they are held before a million are refused."""

from collections import Counter, OrderedDict
from dataclasses import dataclass, field

from bot.delivery.settle import Attempt
from bot.domain.outbox import Outcome
from bot.domain.publications import PublicationId

HOPELESS = 5
"""So many refusals of a publication, and nobody who got it: nobody will."""
RECENT = 1000
"""Publications of which it is known that they reached somebody."""


@dataclass(slots=True)
class Refusals:
    """Counted since the start of the program."""

    _counts: Counter[PublicationId] = field(default_factory=Counter)
    _arrived: OrderedDict[PublicationId, None] = field(default_factory=OrderedDict)

    def learn(self, attempt: Attempt) -> None:
        """What came of one copy."""
        id, verdict = attempt.parcel.publication, attempt.verdict
        if id is None or verdict is None:
            return
        if id in self._arrived:
            return
        if verdict.outcome is Outcome.SENT:
            self._arrived[id] = None
            self._counts.pop(id, None)
            if len(self._arrived) > RECENT:
                self._arrived.popitem(last=False)
        elif verdict.outcome is Outcome.REFUSED:
            self._counts[id] += 1

    def hopeless(self) -> list[PublicationId]:
        """Publications to be held now; each is named once."""
        found = [id for id, count in self._counts.items() if count >= HOPELESS]
        for id in found:
            del self._counts[id]
        return found
