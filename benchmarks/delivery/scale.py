"""How much is measured. The figures count in full; quick is for trying the benchmark itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Sizes of all parts. PTB's own client is slow: it sends fewer messages, at the same speed."""

    rounds: int = 7
    messages: int = 20_000
    ptb_messages: int = 2_000
    slow_seconds: float = 60.0
    fast_seconds: float = 20.0
    everybody: int = 1_000_000
    few: int = 1_000
    repeats: int = 20
    alerts: int = 200
    replies: int = 120

    def town(self) -> dict[str, int]:
        """Districts of the large database and how many follow each."""
        few = {f"few{n}": self.few for n in range(self.repeats)}
        alerts = {f"alert{n}": 1 for n in range(self.alerts)}
        return {"warm": self.few, "everybody": self.everybody, **few, **alerts}


FULL = Scale()
QUICK = Scale(
    rounds=1,
    messages=2_000,
    ptb_messages=300,
    slow_seconds=5.0,
    fast_seconds=3.0,
    everybody=20_000,
    repeats=3,
    alerts=20,
    replies=20,
)
