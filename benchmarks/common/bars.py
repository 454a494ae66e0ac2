"""The figures that are asked for, how each is judged, and how they are printed."""

from collections.abc import Iterator, Mapping, Sequence
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


def table(bars: Sequence[Bar], figures: Mapping[str, float | None], facts: Facts) -> Iterator[str]:
    """The lines of the table: figures that were asked for, then what they were made of."""
    yield f"{'key':<16} {'figure':>10}    {'bar':<10} {'':<6} what"
    for bar in bars:
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


def record(
    benchmark: str, bars: Sequence[Bar], figures: Mapping[str, float | None], facts: Facts
) -> dict[str, Any]:
    """The same for programs."""
    return {
        "benchmark": benchmark,
        "figures": {
            bar.key: {
                "value": _rounded(figures[bar.key]),
                "bar": bar.bar,
                "bound": None if bar.bar is None else bar.bound.value,
                "pass": bar.holds(figures[bar.key]),
            }
            for bar in bars
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
