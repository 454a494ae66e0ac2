"""The table of methods: name, function, and what a call costs of the rate budget."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.calls import Call
from sandbox.world import World

Run = Callable[[World, Call], Any]
Cost = Callable[[Call], int]


@dataclass(frozen=True, slots=True)
class Method:
    """One method; `run` returns the result or an awaitable of it, and raises ApiError."""

    name: str
    run: Run
    cost: Cost


TABLE: dict[str, Method] = {}


def method(name: str, *, cost: int | Cost = 0) -> Callable[[Run], Run]:
    """Register a function under a method's name."""

    def register(run: Run) -> Run:
        count: Cost = cost if callable(cost) else lambda _: cost
        TABLE[name.lower()] = Method(name, run, count)
        return run

    return register
