"""The mention record: one shape in the inbox, the API, imports, exports and the index.

A mention is one text at one place (post, comment, article, ticket; 信息). ``text`` is kept as published,
without markup and never normalised; offsets are code points, end exclusive. Times are aware UTC.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Annotated, Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import PlainSerializer, TypeAdapter, ValidationError, field_serializer

from core.database import refusal, storable, unstorable
from core.errors import InvalidInput
from core.normalise import canonical_url
from core.validation import sentence

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
# Printed times carry +08:00 for every year; the zone itself had summer time until 1991.
PRINTED_ZONE: Final = timezone(timedelta(hours=8))
# Guess: the web has no mention outside these years; beyond them calendars overflow.
YEARS: Final = range(1970, 2200)


def shanghai_text(moment: datetime) -> str:
    """ISO 8601 with +08:00: how every time is printed."""
    return moment.astimezone(PRINTED_ZONE).isoformat()


Time = Annotated[datetime, PlainSerializer(shanghai_text, return_type=str, when_used="json")]
# A 63-bit integer is text for JSON clients, whose numbers end at 2^53.
OrderKey = Annotated[int, PlainSerializer(str, return_type=str, when_used="json")]


class Kind(StrEnum):
    """What sort of text it is."""

    POST = "post"
    REPLY = "reply"
    ARTICLE = "article"
    COMMENT = "comment"
    REVIEW = "review"
    TICKET = "ticket"
    REPORT = "report"

    @property
    def has_page(self) -> bool:
        """Whether it is read on a page of its own; a reply stands on the page of its thread."""
        return self in (Kind.POST, Kind.ARTICLE, Kind.REVIEW, Kind.REPORT)


class Platform(StrEnum):
    """The kind of medium (平台)."""

    NEWS = "news"
    FORUM = "forum"
    WEIBO = "weibo"
    WECHAT = "wechat"
    VIDEO = "video"
    BLOG = "blog"
    QA = "qa"
    REVIEW = "review"
    COMPLAINT = "complaint"
    HOTLINE = "hotline"
    STORE = "store"
    HOTLIST = "hotlist"
    OTHER = "other"


class Tier(StrEnum):
    """Weight of a source; the list is the user's own. S: central media, C: everybody."""

    S = "S"
    A = "A"
    B = "B"
    C = "C"


class DatePrecision(StrEnum):
    """How exact ``published_at`` is; a day is printed as ``YYYY-MM-DD``."""

    SECOND = "second"
    MINUTE = "minute"
    DAY = "day"

    @property
    def fineness(self) -> int:
        """Greater is more exact."""
        return ("day", "minute", "second").index(self)


class Status(StrEnum):
    """live, changed (edited at the source), deleted, excluded (matched, then ruled out)."""

    LIVE = "live"
    CHANGED = "changed"
    DELETED = "deleted"
    EXCLUDED = "excluded"


class Sentiment(StrEnum):
    """Three classes (情感)."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Engagement:
    """Counters as the page showed them at ``counted_at``; None where it shows none."""

    likes: int | None = None
    reposts: int | None = None
    comments: int | None = None
    views: int | None = None
    counted_at: Time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a label was given: a span of title or text, the words there, and what they weigh.

    part: "title" or "text". start, end: code points of that part, end exclusive; 0, 0 when the reason has no
    place. weight: share of the decision in [-1, 1]; its sign is the sign of the sentiment.
    """

    part: str = "text"
    start: int = 0
    end: int = 0
    words: str = ""
    weight: float = 0.0
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentimentResult:
    """label, score in [-1, 1], confidence in [0, 1], and the reasons."""

    label: Sentiment
    score: float
    confidence: float = 0.0
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandMatch:
    """A brand found in the mention. ``excluded_by`` names the rule that ruled it out (已排除), else empty."""

    brand: str
    alias: str
    spans: tuple[Reason, ...] = ()
    excluded_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Sentiment towards one brand."""

    brand: str
    sentiment: SentimentResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyword:
    """A word and its weight in this mention."""

    word: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A class out of a rule table (aspect, risk, intent, event) with the spans that made it."""

    name: str
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """What nlp says of one mention. ``fingerprint``: MinHash signature as hex; ``story`` is set by the pipeline."""

    sentiment: SentimentResult
    brands: tuple[BrandMatch, ...] = ()
    targets: tuple[Target, ...] = ()
    aspects: tuple[Label, ...] = ()
    risks: tuple[Label, ...] = ()
    intents: tuple[Label, ...] = ()
    events: tuple[Label, ...] = ()
    keywords: tuple[Keyword, ...] = ()
    fingerprint: str = ""
    story: str | None = None
    engine: str = ""
    lexicon_version: str = ""

    @property
    def brand_names(self) -> tuple[str, ...]:
        """Brands that count, without the excluded ones."""
        return tuple(match.brand for match in self.brands if not match.excluded_by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One text at one place. See DESIGN section 5 for each field."""

    id: str
    url: str
    canonical_url: str
    native_id: str | None = None
    seen_by: tuple[str, ...] = ()
    kind: Kind = Kind.POST
    platform: Platform = Platform.OTHER
    source: str = ""
    tier: Tier = Tier.C
    region: str | None = None
    store: str | None = None
    parent_id: str | None = None
    thread_id: str | None = None
    floor: int | None = None
    title: str = ""
    text: str = ""
    language: str = "zh"
    charset: str | None = None
    author: str | None = None
    author_id: str | None = None
    followers: int | None = None
    published_at: datetime | None = None
    date_precision: DatePrecision | None = None
    seen_at: Time
    indexed_at: Time | None = None
    alerted_at: Time | None = None
    engagement: Engagement = field(default_factory=Engagement)
    revision: int = 0
    status: Status = Status.LIVE
    order_key: OrderKey | None = None
    analysis: Analysis | None = None

    @field_serializer("published_at", when_used="json")
    def _print_published_at(self, value: datetime | None) -> str | None:
        """A day-precise date is printed as a day."""
        if value is None or self.date_precision is not DatePrecision.DAY:
            return shanghai_text(value) if value is not None else None
        return value.astimezone(PRINTED_ZONE).date().isoformat()

    @property
    def order_time(self) -> datetime:
        """``published_at`` if known and not after ``seen_at``, else ``seen_at``."""
        if self.published_at is not None and self.published_at <= self.seen_at:
            return self.published_at
        return self.seen_at

    @property
    def counts_in_bursts(self) -> bool:
        """Only minute-precise mentions seen within 48 hours of publication may raise an alert level."""
        if self.published_at is None or self.date_precision not in (DatePrecision.SECOND, DatePrecision.MINUTE):
            return False
        return self.seen_at - self.published_at <= BURST_AGE


# Source: DESIGN section 5 ("burst windows count minute-precise mentions seen within 48 hours of publication").
BURST_AGE: Final = timedelta(hours=48)

# The fields whose change is a new version of the mention (a counter that moved is not an edit).
CONTENT_FIELDS: Final = ("title", "text", "author", "published_at", "date_precision", "parent_id", "floor", "status")

# Texts are kept with a replacement character for what no store can hold; a name that changed would be another's.
TEXTS: Final = ("title", "text", "author", "region", "store", "language", "charset")
NAMES: Final = (
    "id", "url", "canonical_url", "native_id", "seen_by", "source", "parent_id", "thread_id", "author_id",
)  # fmt: skip

_ADAPTER: Final = TypeAdapter(Mention)
_ANALYSIS: Final = TypeAdapter(Analysis)


def mention_id(canonical_url: str, native_id: str | None = None) -> str:
    """Derive the id from host + the site's own key where it has one, else from the canonical url.

    The source that saw it never enters, so that a feed and a list page that name the same article yield one
    mention. 32 hex digits (128 bits): with 10^9 mentions the chance of one collision is below 10^-20.
    """
    host = (urlsplit(canonical_url).hostname or "").lower()
    key = f"{host}\x1f{native_id}" if native_id else canonical_url
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def address_id(mention: Mention) -> str:
    """The id that its bare address would have; its own where it has no address."""
    return mention_id(canonical_url(mention.url)) if mention.url else mention.id


def to_json(mention: Mention) -> str:
    """One line of JSON, times printed with +08:00."""
    return _ADAPTER.dump_json(mention).decode()


def from_json(line: str | bytes) -> Mention:
    """Read one mention. Raises InvalidInput naming the first bad field."""
    try:
        return cleaned(aware(_ADAPTER.validate_json(line)))
    except ValidationError as error:
        raise _invalid(error) from error


def from_dict(values: Mapping[str, object]) -> Mention:
    """Read one mention from a decoded object. Raises InvalidInput naming the first bad field."""
    try:
        mention = aware(_ADAPTER.validate_python(dict(values)))
    except ValidationError as error:
        raise _invalid(error) from error
    if unstorable(values.get("analysis")) is not None:
        raise InvalidInput(refusal("信息字段 analysis"), field="analysis")
    return cleaned(mention)


def to_dict(mention: Mention) -> dict[str, Any]:
    """JSON-ready values (dates as text): what the API and exports show."""
    values: dict[str, Any] = _ADAPTER.dump_python(mention, mode="json")
    return values


def analysis_to_json(analysis: Analysis) -> str:
    """One line of JSON."""
    return _ANALYSIS.dump_json(analysis).decode()


def analysis_from_json(line: str | bytes) -> Analysis:
    """Read what ``analysis_to_json`` wrote."""
    return _ANALYSIS.validate_json(line)


def content_digest(mention: Mention) -> str:
    """Digest of the content fields: equal digests mean nothing a reader would call an edit."""
    values = "\x1f".join(f"{name}={getattr(mention, name)}" for name in CONTENT_FIELDS)
    return hashlib.sha256(values.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def cleaned(mention: Mention) -> Mention:
    """Replace in texts what no store can hold. Raises InvalidInput for a name with such characters."""
    for name in NAMES:
        if unstorable(getattr(mention, name)) is not None:
            raise InvalidInput(refusal(f"信息字段 {name}"), field=name)
    texts = {name: getattr(mention, name) for name in TEXTS}
    kept: dict[str, Any] = {name: storable(text) if text else text for name, text in texts.items()}
    return mention if kept == texts else replace(mention, **kept)


def aware(mention: Mention) -> Mention:
    """Turn every time into UTC; a time without a zone is read as Shanghai time, the zone of the sites we read."""
    counted_at = mention.engagement.counted_at
    return replace(
        mention,
        published_at=_utc_or_none(mention.published_at),
        seen_at=as_utc(mention.seen_at),
        indexed_at=_utc_or_none(mention.indexed_at),
        alerted_at=_utc_or_none(mention.alerted_at),
        engagement=replace(mention.engagement, counted_at=as_utc(counted_at)) if counted_at else mention.engagement,
    )


def as_utc(value: datetime) -> datetime:
    """Aware UTC; naive values are Shanghai wall time. Raises InvalidInput for a year outside YEARS.

    The year counts as it is printed: what was stored must be readable from its own line.
    """
    try:
        printed = (value if value.tzinfo else value.replace(tzinfo=PRINTED_ZONE)).astimezone(PRINTED_ZONE)
    except OverflowError:
        printed = value
    if printed.year not in YEARS:
        raise InvalidInput(f"年份 {printed.year} 超出范围", year=printed.year)
    return printed.astimezone(UTC)


def _utc_or_none(value: datetime | None) -> datetime | None:
    return as_utc(value) if value is not None else None


def _invalid(error: ValidationError) -> InvalidInput:
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "mention"
    return InvalidInput(f"信息字段 {place} 有误：{sentence(first)}", field=place)
