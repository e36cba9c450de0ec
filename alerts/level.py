"""Levels 蓝黄橙红 and the counts that reach them. A level rises by findings and never falls by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
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
class Volume:
    """Mentions of one period. factor: count divided by the usual count, None while the baseline is being learned."""

    count: int
    factor: float | None
    share_negative: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BurstThreshold:
    """All three must hold: mentions, times the usual count, negative share (0-1). is_hourly: in 60 minutes only."""

    level: Level
    count: int
    factor: float
    share_negative: float
    is_hourly: bool


# Source: docs/decisions/003, levels, the rows about volume, from published practice; every number is a setting
# there. Highest first: the first that matches wins. Classes, media tiers and hot lists have rules of their own.
BURST_THRESHOLDS: Final[Sequence[BurstThreshold]] = (
    BurstThreshold(level=Level.RED, count=100, factor=6, share_negative=0.6, is_hourly=True),
    BurstThreshold(level=Level.ORANGE, count=30, factor=6, share_negative=0.5, is_hourly=True),
    BurstThreshold(level=Level.YELLOW, count=10, factor=3, share_negative=0.4, is_hourly=False),
)
# What the thresholds of orange and red count, whatever window a rule has.
LEVEL_PERIOD: Final = timedelta(minutes=60)

# Without a baseline there is no factor: twice the count has to do ("conservative fixed thresholds", C.2).
# Guess: measured by replaying a brand's first 14 days against its later baseline.
LEARNING_FACTOR: Final = 2


def burst_level(*, window: Volume, hour: Volume) -> Level:
    """Return the highest level the counts reach; blue is what every negative burst has.

    window: what the rule looks at. hour: the last 60 minutes. Orange and red tell how fast something spreads: only
    the hour counts, so that the same stream has the same level under rules of any window. Yellow may be reached in
    the rule's own window too: a slow burst is told, and is no emergency.
    Source: docs/decisions/003, levels: orange and red are counts "in 60 minutes", yellow names no period.
    """
    for threshold in BURST_THRESHOLDS:
        if any(_reaches(volume, threshold) for volume in ([hour] if threshold.is_hourly else [hour, window])):
            return threshold.level
    return Level.BLUE


def _reaches(volume: Volume, threshold: BurstThreshold) -> bool:
    if volume.share_negative < threshold.share_negative:
        return False
    if volume.factor is None:
        return volume.count >= threshold.count * LEARNING_FACTOR
    return volume.count >= threshold.count and volume.factor >= threshold.factor
