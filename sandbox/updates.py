"""The stream of updates: kept a day, delivered at least once, to one poller."""

import asyncio
import contextlib
from dataclasses import dataclass, field

from sandbox.clock import Clock
from sandbox.errors import SECOND_POLLER, ApiError
from sandbox.types import Json

DAY = 86_400
LONGEST_POLL = 50
# Without `allowed_updates` everything comes except these.
ASKED_FOR = ("chat_member", "message_reaction", "message_reaction_count")


@dataclass(slots=True)
class Pending:
    """One update that waits to be confirmed."""

    id: int
    kind: str
    body: Json
    created: float


@dataclass(slots=True)
class Webhook:
    """Where updates are posted instead, and how that went."""

    url: str
    secret: str = ""
    max_connections: int = 40
    error: tuple[int, str] | None = None


@dataclass(slots=True)
class Updates:
    """The queue and its one reader."""

    clock: Clock
    first_id: int = 100_000_001
    queue: list[Pending] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)
    webhook: Webhook | None = None
    last_poll: float | None = None
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _poller: "asyncio.Future[None] | None" = None

    def add(self, kind: str, body: Json) -> int | None:
        """Queue an update unless the bot did not ask for this kind; return its id."""
        wanted = kind in self.allowed if self.allowed else kind not in ASKED_FOR
        return self.inject({kind: body}) if wanted else None

    def inject(self, update: Json) -> int:
        """Queue any object as an update, wanted or not."""
        number = self.first_id
        self.first_id += 1
        kind = next(iter(update), "")
        self.queue.append(Pending(number, kind, {"update_id": number, **update}, self.clock.now()))
        self.arrived.set()
        self._end_poll()
        return number

    def confirm(self, offset: int) -> None:
        """Forget what the offset confirms: ids below it, or all but the last -offset."""
        self._age()
        if offset > 0:
            self.queue = [item for item in self.queue if item.id >= offset]
        elif offset < 0:
            self.queue = self.queue[offset:]

    def _age(self) -> None:
        oldest = self.clock.now() - DAY
        self.queue = [item for item in self.queue if item.created > oldest]

    def first(self, limit: int) -> list[Json]:
        """Return the oldest unconfirmed updates."""
        return [item.body for item in self.queue[:limit]]

    async def poll(self, *, offset: int, limit: int, timeout: float) -> list[Json]:
        """Wait for updates as getUpdates does; a newer poll ends this one with a 409."""
        self._end_poll(ApiError(*SECOND_POLLER))
        self.last_poll = self.clock.now()
        self.confirm(offset)
        if not self.queue and timeout > 0:
            self._poller = asyncio.get_running_loop().create_future()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._poller, min(timeout, LONGEST_POLL))
        return self.first(limit)

    def _end_poll(self, error: ApiError | None = None) -> None:
        if self._poller is None or self._poller.done():
            return
        if error is None:
            self._poller.set_result(None)
        else:
            self._poller.set_exception(error)

    @property
    def polling(self) -> bool:
        """Whether somebody waits right now."""
        return self._poller is not None and not self._poller.done()

    def stop(self) -> None:
        """Let a waiting poll go, as when the server shuts down."""
        self._end_poll(ApiError(502, "Bad Gateway"))

    def json(self) -> Json:
        """Return the control API's view."""
        return {
            "pending": len(self.queue),
            "webhook": self.webhook.url if self.webhook else None,
            "polling": self.polling,
            "last_poll": self.last_poll,
        }
