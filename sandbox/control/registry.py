"""The table of the control API's addresses."""

from collections.abc import Callable

from sandbox.ask import Ask
from sandbox.types import Json

Answer = Callable[[Ask], Json]
TABLE: list[tuple[str, str, Answer]] = []


def answers(verb: str, path: str) -> Callable[[Answer], Answer]:
    """Register a function for a verb and a path under /control."""

    def register(run: Answer) -> Answer:
        TABLE.append((verb, f"/control/{path}", run))
        return run

    return register
