"""What polling remembers between rounds: who is being asked, and polls still to be written down."""

import logging
from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.sources import SourceId
from bot.services.reading import host_of
from storage import polls
from storage.db import Database
from storage.polls import Poll, Quiet

BATCH = 250
"""Polls that brought nothing are written together, so many at most."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Books:
    """In memory only: after a crash a poll that brought nothing is made once more.

    A source is ``open`` from when it is taken until what came of it is written; one that could not
    be written waits until ``later``, so that a full disk does not make us ask again and again.
    """

    open: set[SourceId] = field(default_factory=set)
    asking: set[str] = field(default_factory=set)
    quiet: dict[SourceId, Quiet] = field(default_factory=dict)
    later: dict[SourceId, datetime] = field(default_factory=dict)

    def take(self, due: Iterable[Poll], now: datetime) -> list[tuple[str, list[Poll]]]:
        """What may be asked now, host by host: nobody gets two requests at a time."""
        self.later = {id: until for id, until in self.later.items() if until > now}
        hosts: dict[str, list[Poll]] = {}
        for poll in due:
            host = host_of(poll.address)
            if host in self.asking or poll.source in self.open or poll.source in self.later:
                continue
            self.open.add(poll.source)
            hosts.setdefault(host, []).append(poll)
        self.asking.update(hosts)
        return list(hosts.items())

    def done(self, host: str, asked: Iterable[Poll], *, failed: Set[SourceId]) -> None:
        """Everybody at this host was asked. What is still to be written stays open."""
        self.asking.discard(host)
        self.open.difference_update(
            p.source for p in asked if p.source not in self.quiet and p.source not in failed
        )

    def give_up(self, taken: Iterable[tuple[str, list[Poll]]]) -> None:
        """A round was broken off: everybody may be asked again."""
        for host, group in taken:
            self.asking.discard(host)
            self.open.difference_update(poll.source for poll in group)

    async def write(self, db: Database, now: datetime, *, patience: timedelta) -> None:
        """Write what gathered in one transaction; what cannot be written is forgotten."""
        quiet, self.quiet = self.quiet, {}
        if not quiet:
            return
        try:
            async with db.tx() as tx:
                await polls.save_quiet(tx, quiet.values())
        except Exception as problem:
            log.warning("%d polls could not be written: %s", len(quiet), type(problem).__name__)
            self.later |= dict.fromkeys(quiet, now + patience)
        finally:
            self.open.difference_update(quiet)
