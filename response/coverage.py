"""Which platforms the figures stand on, and when a source was not read: shown beside every figure (覆盖范围).

A platform is covered when a source in use reads it, or when an import or a push brought something of it lately.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from core.access import Action, Person, require
from core.mention import SHANGHAI, Platform, Time
from crawler import crawl_log, gap, sources
from crawler.gap import Gap
from crawler.health import State
from crawler.sources import Source
from index.base import Dimension
from index.query import EVERYTHING
from response.services import Services

# The baseline of crawler.health.
LATELY: Final = timedelta(days=28)
TROUBLED: Final = (State.SILENT, State.BROKEN, State.BLOCKED, State.FAILING)
DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """One platform. sources: in use, of which working. last_read_at: a success of any of them.

    mentions: of the last 28 days.
    """

    platform: Platform
    sources: int
    working: int
    last_read_at: Time | None
    mentions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """missing: platforms that nothing is read from. troubled: names of sources in use that do not work."""

    covered: tuple[Covered, ...]
    missing: tuple[Platform, ...]
    troubled: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayGap:
    """What is missing of a Shanghai day. hours: the longest time one source was not read. sources: their names."""

    hours: float
    sources: tuple[str, ...]


def coverage(services: Services, person: Person) -> Coverage:
    """How far the figures reach now. Platform.OTHER is none that could be missing."""
    require(person, Action.READ_MENTIONS)
    now = services.now()
    with services.database.read() as connection:
        used = [source for source in sources.list_all(connection, person) if source.enabled]
        read_at = crawl_log.last_successes(connection)
    lately = EVERYTHING.where(since=now - LATELY, until=now)
    found = {bucket.keys[0]: bucket.count for bucket in services.index.aggregate(lately, by=[Dimension.PLATFORM])}
    each = [_covered(platform, used, read_at, found.get(platform, 0)) for platform in Platform]
    return Coverage(
        covered=tuple(one for one in each if one.sources or one.mentions),
        missing=tuple(
            one.platform for one in each if not (one.sources or one.mentions) and one.platform is not Platform.OTHER
        ),
        troubled=tuple(source.name for source in used if source.health in TROUBLED),
    )


def gaps(
    services: Services, person: Person, *, since: datetime, until: datetime, sources: Sequence[str] = ()
) -> tuple[Gap, ...]:
    """When a source was not read and what it said then may be missing, oldest first."""
    with services.database.read() as connection:
        return gap.between(connection, person, since=since, until=min(until, services.now()), sources=sources)


def by_day(found: Iterable[Gap], *, until: datetime) -> Mapping[date, DayGap]:
    """Gaps cut at midnight in Shanghai; one that lasts is cut at ``until``."""
    hours: dict[date, dict[str, float]] = {}
    for each in found:
        moment, end = each.began_at.astimezone(SHANGHAI), (each.ended_at or until)
        while moment < end:
            midnight = datetime.combine(moment.date() + DAY, datetime.min.time(), SHANGHAI)
            of_day = hours.setdefault(moment.date(), {})
            of_day[each.source] = of_day.get(each.source, 0.0) + (min(midnight, end) - moment) / HOUR
            moment = midnight
    return {
        day: DayGap(hours=round(max(of_day.values()), 1), sources=tuple(sorted(of_day)))
        for day, of_day in hours.items()
    }


def _covered(platform: Platform, used: Sequence[Source], read_at: Mapping[str, datetime], mentions: int) -> Covered:
    own = [source for source in used if source.platform is platform]
    return Covered(
        platform=platform,
        sources=len(own),
        working=sum(source.health not in TROUBLED for source in own),
        last_read_at=max((read_at[source.name] for source in own if source.name in read_at), default=None),
        mentions=mentions,
    )
