"""A finding: one unusual observation with its reason, its numbers and the query that shows its mentions."""

from dataclasses import dataclass
from enum import StrEnum

from alerts.level import Level
from core.mention import Time


class FindingReason(StrEnum):
    """NEGATIVE_BURST: against the baseline. NEGATIVE_BURST_LEARNING: against fixed thresholds (基线建立中)."""

    NEGATIVE_BURST = "negative_burst"
    NEGATIVE_BURST_LEARNING = "negative_burst_learning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule saw in one window.

    count, count_negative: mentions in [window_start, window_end). expected: the usual count of such a window,
    None while the baseline is being learned. share_negative: 0-1, each author counted at most twice. story: the
    one that most negatives belong to. query: an ``index.query`` expression. explanation: Chinese, with numbers.
    samples: mention ids, newest first.
    """

    rule_id: str
    brand: str
    reason: FindingReason
    level: Level
    story: str | None = None
    count: int
    count_negative: int
    expected: float | None
    share_negative: float
    window_start: Time
    window_end: Time
    query: str
    explanation: str
    samples: tuple[str, ...] = ()
