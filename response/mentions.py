"""Mentions (信息) as the doors show them: search, facets, trend, export, always masked; and the one way to see more.

Masks keep every length, so that highlights and reasons stay in their places. The original text leaves through
``reveal`` only: by role, with a reason, and with an audit row.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Final

from core import audit, evidence, inbox, report, ticket
from core.access import Action, Person, require
from core.errors import InvalidInput, NotFound
from core.evidence import Evidence
from core.mention import Analysis, BrandMatch, Label, Mention, Reason, SentimentResult
from core.personal import mask
from core.report import Report
from core.ticket import Ticket
from crawler import hotlist
from crawler.hotlist import Stay
from index import trends
from index.base import Bucket, Dimension, Hit, SearchPage, checked_limit
from index.query import Query, parse
from response import history
from response.entered import required
from response.history import History
from response.services import Services

# Guess: nobody reads a curve of more days; the bound keeps a mistyped year from filling the memory.
LONGEST_TREND: Final = timedelta(days=3 * 366)
LONGEST_REASON: Final = 500

Values = str | Sequence[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What narrows a search besides its text. since is inclusive, until exclusive; several values mean one of them."""

    brand: Values = None
    source: Values = None
    platform: Values = None
    sentiment: Values = None
    story: Values = None
    status: Values = None
    since: datetime | None = None
    until: datetime | None = None


NO_FILTERS: Final = Filters()


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionDetail(Mention):
    """A mention with what belongs to it: ticket, who reported it, their pictures, its edits, its stays on hot lists."""

    ticket: Ticket | None = None
    reports: tuple[Report, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    history: History = field(default_factory=History)
    hotlists: tuple[Stay, ...] = ()


def search(
    services: Services,
    person: Person,
    text: str = "",
    filters: Filters = NO_FILTERS,
    *,
    limit: int = 20,
    cursor: str | None = None,
) -> SearchPage:
    """One page, the newest first. Raises InvalidQuery, InvalidInput."""
    require(person, Action.READ_MENTIONS)
    page = services.index.search(query(services, text, filters), limit=limit, cursor=cursor)
    return replace(page, hits=tuple(_masked_hit(hit) for hit in page.hits))


def get(services: Services, person: Person, mention_id: str) -> Mention:
    """One mention, also a deleted or excluded one. Raises NotFound."""
    require(person, Action.READ_MENTIONS)
    mention = services.index.get(mention_id)
    if mention is None:  # it may wait for analysis: who has just brought it shall see it
        with services.database.read() as connection:
            mention = inbox.get(connection, mention_id)
    if mention is None:
        raise NotFound("没有这条信息", mention=mention_id)
    return masked(mention)


def detail(services: Services, person: Person, mention_id: str) -> MentionDetail:
    """One mention with all that belongs to it, masked. Raises NotFound."""
    mention = get(services, person, mention_id)
    with services.database.read() as connection:
        return MentionDetail(
            **{each.name: getattr(mention, each.name) for each in fields(mention)},
            ticket=ticket.shown(connection, mention_id),
            reports=report.of_mention(connection, mention_id),
            evidence=evidence.of_mention(connection, mention_id),
            hotlists=hotlist.of_mention(connection, mention_id),
            history=history.of_mention(connection, mention_id),
        )


def facets(
    services: Services,
    person: Person,
    text: str = "",
    filters: Filters = NO_FILTERS,
    *,
    by: Sequence[Dimension],
    limit: int = 20,
) -> tuple[Bucket, ...]:
    """Count what a search would find by one or more dimensions. Raises InvalidQuery, InvalidInput."""
    require(person, Action.READ_MENTIONS)
    buckets = services.index.aggregate(query(services, text, filters), by=by, limit=checked_limit(limit))
    return tuple(replace(bucket, keys=_masked_keys(bucket.keys, by)) for bucket in buckets)


def trend(
    services: Services,
    person: Person,
    text: str = "",
    filters: Filters = NO_FILTERS,
    *,
    since: datetime,
    until: datetime,
) -> tuple[trends.Day, ...]:
    """Totals by sentiment for each Shanghai day from ``since`` to ``until``. Raises InvalidQuery, InvalidInput."""
    require(person, Action.READ_MENTIONS)
    if not timedelta(0) < until - since <= LONGEST_TREND:
        raise InvalidInput(f"起止时间有误：结束须晚于开始，最长 {LONGEST_TREND.days} 天", field="until")
    return trends.daily(services.index, query(services, text, filters), since=since, until=until)


def export(services: Services, person: Person, text: str = "", filters: Filters = NO_FILTERS) -> Iterator[Mention]:
    """Everything a search would find, oldest first; access and text are checked before the first one is asked for."""
    require(person, Action.READ_MENTIONS)
    return map(masked, services.index.scan(query(services, text, filters)))


def reveal(services: Services, person: Person, mention_id: str, reason: str) -> Mention:
    """The mention as published, with its personal data. Raises InvalidInput without a reason, NotFound."""
    require(person, Action.REVEAL_PERSONAL)
    reason = required(reason, "reason", "查看原文的理由", longest=LONGEST_REASON)
    with services.database.write() as connection:
        mention = inbox.get(connection, mention_id)
        if mention is None:
            raise NotFound("没有这条信息", mention=mention_id)
        subject = f"mention:{mention_id}"
        audit.record(
            connection, person=person, action="mention.revealed", subject=subject, now=services.now(), note=reason
        )
    return mention


def query(services: Services, text: str, filters: Filters) -> Query:
    """Join text and filters into one query. Raises InvalidQuery, InvalidInput."""
    return parse(text, now=services.now()).where(
        brand=filters.brand,
        source=filters.source,
        platform=filters.platform,
        sentiment=filters.sentiment,
        story=filters.story,
        status=filters.status,
        since=filters.since,
        until=filters.until,
    )


def masked(mention: Mention) -> Mention:
    """Cover personal data wherever the mention repeats its text: title, text, author, and the words of reasons."""
    covered = replace(
        mention,
        title=mask(mention.title),
        text=mask(mention.text),
        author=mask(mention.author) if mention.author else mention.author,
    )
    if mention.analysis is None or (covered.title, covered.text) == (mention.title, mention.text):
        return covered
    return replace(covered, analysis=_masked_analysis(mention.analysis, mention, covered))


def _masked_keys(keys: Sequence[str], by: Sequence[Dimension]) -> tuple[str, ...]:
    """Only names that authors gave themselves; ids and times must stay usable in a query."""
    return tuple(mask(key) if each is Dimension.AUTHOR else key for key, each in zip(keys, by, strict=True))


def _masked_hit(hit: Hit) -> Hit:
    return replace(hit, mention=masked(hit.mention))


def _masked_analysis(analysis: Analysis, original: Mention, covered: Mention) -> Analysis:
    def words_of(reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
        return tuple(_masked_reason(reason, covered) for reason in reasons)

    def sentiment(result: SentimentResult) -> SentimentResult:
        return replace(result, reasons=words_of(result.reasons))

    def labels(given: tuple[Label, ...]) -> tuple[Label, ...]:
        return tuple(replace(label, reasons=words_of(label.reasons)) for label in given)

    def brand(match: BrandMatch) -> BrandMatch:
        return replace(match, spans=words_of(match.spans))

    return replace(
        analysis,
        sentiment=sentiment(analysis.sentiment),
        brands=tuple(brand(match) for match in analysis.brands),
        targets=tuple(replace(target, sentiment=sentiment(target.sentiment)) for target in analysis.targets),
        aspects=labels(analysis.aspects),
        risks=labels(analysis.risks),
        intents=labels(analysis.intents),
        events=labels(analysis.events),
        keywords=tuple(each for each in analysis.keywords if not _was_covered(each.word, original, covered)),
    )


def _masked_reason(reason: Reason, covered: Mention) -> Reason:
    if reason.start == reason.end:  # a reason without a place
        return replace(reason, words=mask(reason.words))
    part = covered.title if reason.part == "title" else covered.text
    return replace(reason, words=part[reason.start : reason.end])


def _was_covered(word: str, original: Mention, covered: Mention) -> bool:
    """Tell whether a keyword stands in the original and nowhere in the masked text."""
    return word in f"{original.title}\n{original.text}" and word not in f"{covered.title}\n{covered.text}"
