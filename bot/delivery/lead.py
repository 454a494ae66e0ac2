"""How long before its instant a message is taken, so that it leaves then and no later."""

from dataclasses import dataclass

LONGEST = 0.06
"""Seconds at most: what is taken is already durable, and may be sent twice after a crash."""
_SLOW, _QUICK = 8, 4


@dataclass(slots=True)
class Lead:
    """Learns from how long rounds take, in seconds: their mean and how far from it they lie."""

    mean: float = 0.0
    spread: float = 0.0

    def took(self, seconds: float) -> None:
        """A round took so long; no single one counts for more than the longest lead."""
        error = min(seconds, LONGEST) - self.mean
        self.mean += error / _SLOW
        self.spread += (abs(error) - self.spread) / _QUICK

    @property
    def seconds(self) -> float:
        """Time for two rounds, since one may have just begun, and for what they vary by."""
        return min(LONGEST, 2 * (self.mean + self.spread))
