"""How much is measured. The figures count in full; quick is for trying the benchmark itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Sizes of all parts."""

    rounds: int = 5
    sources: int = 1_000
    sweeps: int = 5
    """How often all sources are polled in one measurement."""
    changed_sources: int = 150
    naive_sources: int = 1_000
    naive_rounds: int = 3
    growth_rounds: int = 3
    few: int = 100
    many: int = 10_000
    arrivals: int = 100
    mutated: int = 10_000


FULL = Scale()
QUICK = Scale(
    rounds=1,
    naive_rounds=1,
    growth_rounds=1,
    sources=100,
    sweeps=2,
    changed_sources=30,
    naive_sources=40,
    many=500,
    arrivals=10,
    mutated=200,
)
