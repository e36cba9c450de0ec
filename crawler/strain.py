"""How hard a host has it, told by its answers: errors, and answers slower than its own usual ones."""

from collections import deque
from statistics import median
from typing import Final

# Guess: enough answers to know what is usual, few enough to learn it anew when a site becomes slower for good.
REMEMBERED: Final = 30
FEWEST: Final = 5
SLOW: Final = 2.0
# Guess: faster answers differ by chance alone.
NEVER_SLOW_SECONDS: Final = 0.25
GROWTH: Final = 2.0
# Guess: back to normal after about four good answers for each doubling, so that trouble is not tried out at once.
RELIEF: Final = 0.84
MOST: Final = 20.0


class Strain:
    """factor: by how much the delay is multiplied, from 1 (no trouble) to MOST."""

    def __init__(self) -> None:
        self.factor = 1.0
        self._latencies: deque[float] = deque(maxlen=REMEMBERED)

    def note(self, latency_seconds: float | None, *, has_failed: bool) -> None:
        """Take in an answer; latency_seconds: None where none came."""
        is_bad = has_failed or (latency_seconds is not None and self._is_slow(latency_seconds))
        if latency_seconds is not None and not has_failed:
            self._latencies.append(latency_seconds)
        self.factor = min(self.factor * GROWTH, MOST) if is_bad else max(self.factor * RELIEF, 1.0)

    def _is_slow(self, latency_seconds: float) -> bool:
        if len(self._latencies) < FEWEST or latency_seconds < NEVER_SLOW_SECONDS:
            return False
        return latency_seconds > SLOW * median(self._latencies)
