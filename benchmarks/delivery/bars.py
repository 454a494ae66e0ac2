"""The figures that are asked for, how each is judged, and how they are printed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

T = TypeVar("T")


class Bound(StrEnum):
    """On which side of a bar a figure has to be."""

    LEAST = "at least"
    MOST = "at most"


@dataclass(frozen=True, slots=True)
class Bar:
    """One figure of a part of the benchmark. ``bar`` is ``None`` for what is only reported."""

    part: str
    key: str
    what: str
    bar: float | None = None
    bound: Bound = Bound.LEAST
    unit: str = ""

    def holds(self, value: float | None) -> bool | None:
        """Whether a figure is good enough; a missing one is not. ``None`` without a bar."""
        if self.bar is None:
            return None
        if value is None:
            return False
        return value >= self.bar if self.bound is Bound.LEAST else value <= self.bar


BARS = (
    Bar("speed", "vs_aiogram", "messages/s, ours with durable receipts : aiogram", 1.0, unit="×"),
    Bar("speed", "vs_ptb", "the same : python-telegram-bot's own client", 6.0, unit="×"),
    Bar("speed", "cpu_vs_aiogram", "CPU per message, ours : aiogram", 1.0, Bound.MOST, "×"),
    Bar("speed", "socket_limit", "messages/s, ours : a bare socket", unit="×"),
    Bar("pace", "use_25", "use of 25/s, a strict window of 30/s far away", 0.99),
    Bar("pace", "use_30", "use of 30/s, the same window", 0.95),
    Bar("pace", "use_1000", "use of 1000/s, a strict window of 1000/s far away", 0.97),
    Bar("pace", "refused_429", "refusals in those three runs", 0, Bound.MOST),
    Bar("walk", "accept_ms", "accept a publication to everybody", 100, Bound.MOST, "ms"),
    Bar(
        "walk",
        "writer_hold_ms",
        "longest hold of the writer while it is walked",
        50,
        Bound.MOST,
        "ms",
    ),
    Bar("walk", "walk_mb", "memory growth while it is walked", 50, Bound.MOST, "MB"),
    Bar("walk", "growth", "CPU per recipient, everybody : 1,000", 1.2, Bound.MOST, "×"),
    Bar(
        "lanes",
        "overtake_p99_ms",
        "an alert passes the backlog, less one slot",
        50,
        Bound.MOST,
        "ms",
    ),
    Bar(
        "lanes",
        "reply_ratio",
        "a reply beside the backlog, less one slot : idle",
        1.3,
        Bound.MOST,
        "×",
    ),
)
"""In the order in which they are printed."""

Facts = Mapping[str, float | int | str]
"""What was measured on the way to a figure."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one part of the benchmark found."""

    figures: Mapping[str, float]
    facts: Facts


def verdict(bar: Bar, value: float | None) -> str:
    """One word for the table."""
    return {True: "ok", False: "short", None: ""}[bar.holds(value)]


def table(figures: Mapping[str, float | None], facts: Facts) -> Iterator[str]:
    """The lines of the table: figures that were asked for, then what they were made of."""
    yield f"{'key':<16} {'figure':>10}    {'bar':<10} {'':<6} what"
    for bar in BARS:
        if bar.key in figures:
            value = figures[bar.key]
            shown = "none" if value is None else _shown(value)
            sign = "≥" if bar.bound is Bound.LEAST else "≤"
            edge = "" if bar.bar is None else f"{sign} {_shown(bar.bar)}"
            word = verdict(bar, value)
            yield f"{bar.key:<16} {shown:>10} {bar.unit:<2} {edge:<10} {word:<6} {bar.what}"
    yield ""
    for name, fact in facts.items():
        yield f"{name:<28} {fact if isinstance(fact, str) else _shown(fact):>12}"


def record(figures: Mapping[str, float | None], facts: Facts) -> dict[str, Any]:
    """The same for programs."""
    return {
        "benchmark": "delivery",
        "figures": {
            bar.key: {
                "value": _rounded(figures[bar.key]),
                "bar": bar.bar,
                "bound": None if bar.bar is None else bar.bound.value,
                "pass": bar.holds(figures[bar.key]),
            }
            for bar in BARS
            if bar.key in figures
        },
        "facts": {name: _rounded(fact) for name, fact in facts.items()},
    }


def _rounded(value: T) -> T | float:
    return round(value, 4) if isinstance(value, float) else value


def _shown(value: float) -> str:
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"
