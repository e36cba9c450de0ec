"""The numbers of the overview page (总览) and of its API, computed once for both.

Each number about mentions carries the query that opens exactly these mentions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from alerts import alert
from alerts.level import Level
from core import inbox
from core.access import Action, Person, require
from core.inbox import Backlog
from core.mention import SHANGHAI, Sentiment, Time
from crawler import sources
from crawler.sources import Source
from index.base import MentionIndex
from index.query import EVERYTHING, Query
from response import incident_record
from response.coverage import TROUBLED
from response.services import Services

# Today and the six Shanghai days before it.
WEEK: Final = timedelta(days=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A count of mentions and the search expression that finds them."""

    count: int
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCounts:
    """Sources in use. failing: in trouble of any kind. waiting: no run has ended yet."""

    enabled: int
    failing: int
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """How things stand at ``at``. share_negative: 0-1 of the week's mentions, None when there are none.

    today, week: since midnight in Shanghai, and since midnight six days before. alerts: open ones by level, the
    highest first, every level present. incidents: those that are not closed.
    """

    at: Time
    today: Figure
    week: Figure
    week_negative: Figure
    share_negative: float | None
    alerts: Mapping[Level, int]
    incidents: int
    backlog: Backlog
    sources: SourceCounts


def overview(services: Services, person: Person, *, brand: str | None = None) -> Overview:
    """Count everything anew. brand: only its mentions and alerts."""
    require(person, Action.READ_MENTIONS)
    require(person, Action.READ_INCIDENTS)
    now = services.now()
    midnight = now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    about = EVERYTHING.where(brand=brand)
    today = _figure(services.index, about.where(since=midnight, until=now))
    in_week = about.where(since=midnight - WEEK, until=now)
    week = _figure(services.index, in_week)
    negative = _figure(services.index, in_week.where(sentiment=Sentiment.NEGATIVE))
    with services.database.read() as connection:
        return Overview(
            at=now,
            today=today,
            week=week,
            week_negative=negative,
            share_negative=negative.count / week.count if week.count else None,
            alerts=_by_level([each.level for each in alert.list_open(connection, person, brand=brand)]),
            incidents=incident_record.count_unfinished(connection),
            backlog=inbox.backlog(connection),
            sources=_source_counts(sources.list_all(connection, person)),
        )


def _figure(index: MentionIndex, query: Query) -> Figure:
    return Figure(count=sum(bucket.count for bucket in index.aggregate(query)), query=str(query))


def _by_level(levels: Sequence[Level]) -> Mapping[Level, int]:
    return {level: levels.count(level) for level in sorted(Level, key=lambda level: -level.rank)}


def _source_counts(known: Sequence[Source]) -> SourceCounts:
    used = [source for source in known if source.enabled]
    return SourceCounts(
        enabled=len(used),
        failing=sum(source.health in TROUBLED for source in used),
        waiting=sum(source.last_finished_at is None for source in used),
    )
