"""The server of the benchmark of delivery, in a process of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.common.programs import asked, serving
from benchmarks.delivery.stub import Options


@dataclass(frozen=True, slots=True)
class Stub:
    """A running server."""

    url: str

    def report(self) -> dict[str, Any]:
        """What arrived: see ``stub.Ledger.report``."""
        return asked(f"{self.url}/control/report")


@contextmanager
def stub(options: Options | None = None) -> Iterator[Stub]:
    """A server for the length of the block."""
    with serving("benchmarks.delivery.stub", asdict(options or Options())) as port:
        yield Stub(f"http://127.0.0.1:{port}")
