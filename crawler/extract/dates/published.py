"""A publication time, and how far it may lie from now."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from core.mention import PRINTED_ZONE, DatePrecision, shanghai_text

# Guess: no page of the web is older, so an older date is something else on the page.
EARLIEST: Final = datetime(1990, 1, 1, tzinfo=PRINTED_ZONE)
# Guess: clocks and time zones of sites are wrong by up to a day; what lies further ahead is no publication.
LEEWAY: Final = timedelta(days=1)
# Guess: where a date leaves its year or week open, only a clock that is a little fast may move it ahead of now.
SKEW: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Published:
    """at: aware, UTC. precision: what the page really said; a day is midnight in China, a minute has no seconds."""

    at: datetime
    precision: DatePrecision

    @property
    def printed(self) -> str:
        """ISO 8601 with +08:00; a day as YYYY-MM-DD. Reading it again gives the same time."""
        text = shanghai_text(self.at)
        return text[:10] if self.precision is DatePrecision.DAY else text


def published(moment: datetime, precision: DatePrecision, *, latest: datetime) -> Published | None:
    """None before EARLIEST or after ``latest``."""
    return cut(moment, precision) if EARLIEST <= moment <= latest else None


def cut(moment: datetime, precision: DatePrecision) -> Published:
    """Leave away what is finer than the precision."""
    here = moment.astimezone(PRINTED_ZONE).replace(microsecond=0)
    if precision is not DatePrecision.SECOND:
        here = here.replace(second=0)
    if precision is DatePrecision.DAY:
        here = here.replace(hour=0, minute=0)
    return Published(here.astimezone(UTC), precision)
