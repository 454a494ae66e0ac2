"""One turn: what an update causes to be said, gathered and committed with the update itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from bot.views.message import Task, Toast, encode
from storage import forms, outbox
from storage.db import Tx
from storage.forms import Form


@dataclass(slots=True)
class Turn:
    """Collects the replies of one update. They are queued in the transaction that finishes it,

    so a crash in between repeats the whole turn and never half of it; ``cause`` keeps a repeat
    from queueing anything twice.
    """

    cause: str
    now: datetime
    _said: list[tuple[TelegramId, Task]] = field(default_factory=list)
    _form: Form | None = None
    _form_of: TelegramId | None = None
    crashed: Exception | None = None
    """Set when handling failed so badly that nothing of this turn may be committed."""

    def say(self, to: TelegramId, task: Task) -> None:
        """Queue a task in the reply lane."""
        self._said.append((to, task))

    def answered(self, query: str) -> bool:
        """Whether a button press has its answer already."""
        return any(getattr(task, "query", None) == query for _, task in self._said)

    def keep_form(self, person: TelegramId, form: Form | None) -> None:
        """Enter a form, keep its next answer, or (``None``) leave it."""
        self._form_of, self._form = person, form

    async def commit(self, tx: Tx) -> int:
        """Write everything; returns how many tasks are new in the outbox."""
        if self._form_of is not None:
            if self._form is None:
                await forms.drop(tx, self._form_of)
            else:
                await forms.save(tx, self._form_of, self._form, self.now)
        queued = 0
        for n, (to, task) in enumerate(self._said):
            queued += await outbox.add(
                tx,
                lane=Lane.REPLY,
                chat=to,
                task=encode(task),
                now=self.now,
                cause=f"{self.cause}:{n}",
                paced=not isinstance(task, Toast),
            )
        return queued


_current: ContextVar[Turn] = ContextVar("turn")


@contextmanager
def taking(turn: Turn) -> Iterator[Turn]:
    """Make ``turn`` the current one while an update is handled."""
    token = _current.set(turn)
    try:
        yield turn
    finally:
        _current.reset(token)


def current() -> Turn:
    """The turn of the update being handled."""
    return _current.get()
