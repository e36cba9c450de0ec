"""The only place that asks the machine for the time. Everything else is given ``now``."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Now = Callable[[], datetime]


def system_clock(offset_seconds: float = 0.0) -> Now:
    """Aware UTC time of the machine, shifted: child processes get the clock as an offset."""
    offset = timedelta(seconds=offset_seconds)

    def now() -> datetime:
        return datetime.now(UTC) + offset  # noqa: TID251  # the one sanctioned place

    return now
