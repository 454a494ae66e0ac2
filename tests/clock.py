"""A clock that tests move by hand."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Call it for the time; ``move`` it forward."""

    def __init__(self, start: datetime = datetime(2026, 11, 21, 10, 40, tzinfo=UTC)) -> None:
        self.now = start

    def __call__(self) -> datetime:
        """The present, aware UTC."""
        return self.now

    def move(self, by: timedelta | None = None, *, to: datetime | None = None) -> datetime:
        """Go forward by a span, or to an instant."""
        self.now = to if to is not None else self.now + (by or timedelta())
        return self.now
