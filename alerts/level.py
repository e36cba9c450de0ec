"""Levels 蓝黄橙红 and the counts that reach them. A level rises by findings and never falls by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Level(StrEnum):
    """Lowest first; compare by ``rank``."""

    BLUE = "blue"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"

    @property
    def rank(self) -> int:
        """1 (blue) to 4 (red)."""
        return _RANKS[self]

    @property
    def label(self) -> str:
        return _LABELS[self]


_RANKS: Final = {level: rank for rank, level in enumerate(Level, start=1)}
_LABELS: Final = {Level.BLUE: "蓝", Level.YELLOW: "黄", Level.ORANGE: "橙", Level.RED: "红"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BurstThreshold:
    """All three must hold: mentions in 60 minutes, times the usual count, negative share (0-1)."""

    level: Level
    count: int
    factor: float
    share_negative: float


# Source: docs/decisions/003, levels, the rows about volume, from published practice; every number is a setting
# there. Highest first: the first that matches wins. Classes, media tiers and hot lists have rules of their own.
BURST_THRESHOLDS: Final[Sequence[BurstThreshold]] = (
    BurstThreshold(level=Level.RED, count=100, factor=6, share_negative=0.6),
    BurstThreshold(level=Level.ORANGE, count=30, factor=6, share_negative=0.5),
    BurstThreshold(level=Level.YELLOW, count=10, factor=3, share_negative=0.4),
)

# Without a baseline there is no factor: twice the count has to do ("conservative fixed thresholds", C.2).
# Guess: measured by replaying a brand's first 14 days against its later baseline.
LEARNING_FACTOR: Final = 2


def burst_level(*, count: int, factor: float | None, share_negative: float) -> Level:
    """Return the highest level the counts reach; blue is what every negative burst has.

    factor: count divided by the usual count; None while the baseline is being learned.
    """
    for threshold in BURST_THRESHOLDS:
        if share_negative < threshold.share_negative:
            continue
        if factor is None and count >= threshold.count * LEARNING_FACTOR:
            return threshold.level
        if factor is not None and count >= threshold.count and factor >= threshold.factor:
            return threshold.level
    return Level.BLUE
