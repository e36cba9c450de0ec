"""What a source is, and how it is read from YAML or from the API. Strict: an unknown key is an error.

A source file is one commented YAML, either one source or a list under ``sources:``::

    name: 晨报要闻
    kind: listing                  # feed, sitemap, json, listing (list page → pages), discuz, forum, wordpress, hotlist
    url: https://news.example/list
    platform: news
    interval_minutes: 10
    selectors:
      item: ul.news li             # CSS, or XPath beginning with / ./ or (
      link: a
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from core import plain_yaml
from core.database import refusal, unstorable
from core.errors import ConfigurationError, InvalidInput
from core.mention import Kind, Platform, Tier, Time
from core.normalise import canonical_url
from core.settings import Settings
from core.validation import sentence
from crawler import walled
from crawler.extract.mapping import read_mapping
from crawler.extract.selectors import NAMES, Selectors, read_selectors
from crawler.health import State
from crawler.tier import Tiers, starting_list, tier_of


class SourceKind(StrEnum):
    """One spider per kind."""

    FEED = "feed"
    LISTING = "listing"
    DISCUZ = "discuz"
    FORUM = "forum"
    SITEMAP = "sitemap"
    JSON = "json"
    WORDPRESS = "wordpress"
    HOTLIST = "hotlist"


FORUM_KINDS: Final = (SourceKind.DISCUZ, SourceKind.FORUM)


class FullText(StrEnum):
    """Where the text of a feed entry comes from."""

    PAGE = "page"
    FEED = "feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A site or feed that yields mentions; 来源. The fields from ``last_started_at`` on are its health, read only.

    crawl_delay_seconds, interval_minutes: None means the setting. max_pages: list pages followed in one crawl; of a
    sitemap, the pages behind it. full_text: for feeds. origin: the page behind an RSSHub route, whose robots.txt
    counts. json: which value is which, for JSON interfaces. owner: who answers for it here. purpose, legal_basis,
    terms_note: why we read it, on what ground and on what terms (合规说明). weight: of its mentions against those of
    other sources.
    """

    name: str
    kind: SourceKind
    url: str
    platform: Platform = Platform.OTHER
    tier: Tier = Tier.C
    mention_kind: Kind = Kind.ARTICLE
    region: str | None = None
    selectors: dict[str, Any] = field(default_factory=dict)  # Any: decoded JSON; read_selectors checks it
    full_text: FullText = FullText.PAGE
    origin: str | None = None
    json: dict[str, Any] = field(default_factory=dict)  # Any: as above; read_mapping checks it
    crawl_delay_seconds: float | None = None
    allow_private: bool = False
    interval_minutes: int | None = None
    max_pages: int = 5
    enabled: bool = True
    owner: str = ""
    purpose: str = ""
    legal_basis: str = ""
    terms_note: str = ""
    weight: float = 1.0
    last_started_at: Time | None = None
    last_finished_at: Time | None = None
    last_error_code: str | None = None
    last_error_message: str = ""
    last_count_items: int = 0
    last_count_new: int = 0
    next_due_at: Time | None = None
    consecutive_failures: int = 0
    robots_verdict: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    health: State = State.NEW
    health_message: str = ""
    news_per_day: float | None = None
    progress_pages: int = 0
    progress_mentions: int = 0
    progress_waiting: int = 0


_FIELDS: Final = tuple(item.name for item in fields(Source))
KEYS: Final = _FIELDS[: _FIELDS.index("last_started_at")]
_ADAPTER: Final = TypeAdapter(Source)

# Guess: what a person can read in a list, and a limit on what one crawl may ask of a site.
LONGEST_NAME: Final = 100
MOST_PAGES: Final = 1000
HEAVIEST: Final = 100
LONGEST_DELAY_SECONDS: Final = 3600
# Guess: list pages of a large board, or of an interface; a crawl stops by itself where a page brings nothing new.
FORUM_PAGES: Final = 200
JSON_PAGES: Final = 200
# Guess: what a site takes in one crawl; the rest of a sitemap comes with the next ones.
SITEMAP_PAGES: Final = 1000
MOST_SITEMAP_PAGES: Final = 50_000
LONGEST_INTERVAL_MINUTES: Final = 7 * 24 * 60


def from_definition(values: Mapping[str, object], tiers: Tiers | None = None) -> Source:
    """Read one source. tiers: of hosts, where the source names none. Raises ConfigurationError naming the bad key."""
    if unknown := sorted(str(key) for key in values if key not in KEYS):
        raise ConfigurationError(f"来源配置有不认识的键 {unknown[0]}；可用：{'、'.join(KEYS)}", key=unknown[0])
    try:
        source = _ADAPTER.validate_python(_defaults(values, tiers or starting_list()) | dict(values))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = str(first["loc"][0]) if first["loc"] else "name"
        raise ConfigurationError(f"来源配置 {key} 有误：{sentence(first)}", key=key) from error
    return checked(source)


def _defaults(values: Mapping[str, object], tiers: Tiers) -> dict[str, object]:
    """What may be left out and depends on the rest: name and tier by the host, a forum to its last list page."""
    found: dict[str, object] = {}
    with suppress(ValueError):  # not an address, which is told later
        if host := urlsplit(str(values.get("url", "")).strip()).hostname:
            found |= {"name": host, "tier": tier_of(host, tiers)}
    if values.get("kind") in FORUM_KINDS:
        found |= {"platform": Platform.FORUM, "max_pages": FORUM_PAGES}
    if values.get("kind") == SourceKind.SITEMAP:
        found["max_pages"] = SITEMAP_PAGES
    if values.get("kind") == SourceKind.JSON:
        found["max_pages"] = JSON_PAGES
    if values.get("kind") == SourceKind.WORDPRESS:
        found |= {"platform": Platform.BLOG, "max_pages": FORUM_PAGES}
    if values.get("kind") == SourceKind.HOTLIST:
        found |= {"platform": Platform.HOTLIST}
    return found


def definition(source: Source) -> dict[str, Any]:  # Any: JSON-ready values of several types
    """The keys a person sets, JSON-ready; ``from_definition`` reads them back."""
    values = asdict(source)
    return {key: str(values[key]) if isinstance(values[key], StrEnum) else values[key] for key in KEYS}


def read_file(path: Path) -> tuple[Source, ...]:
    """Read a source file. Raises ConfigurationError with the line of a YAML mistake."""
    try:
        return from_yaml(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"来源文件 {path.name} 无法读取（应为 UTF-8 文本）") from error


def from_yaml(text: str) -> tuple[Source, ...]:
    """Read one source, or several under ``sources:``. Raises ConfigurationError."""
    values = plain_yaml.load(text, "来源文件")
    if (place := unstorable(values)) is not None:
        raise ConfigurationError(refusal(f"来源文件的 {place}"))
    if not isinstance(values, Mapping):
        raise ConfigurationError("来源文件应是一个来源，或 sources: 下的列表")
    found = values.get("sources", [values])
    if not isinstance(found, list) or not all(isinstance(item, Mapping) for item in found):
        raise ConfigurationError("sources: 下面应是来源的列表", key="sources")
    return tuple(from_definition(item) for item in found)


def selectors_of(source: Source) -> Selectors:
    """The source's selectors, checked and typed."""
    return read_selectors(source.selectors)


def interval_of(settings: Settings, source: Source) -> timedelta:
    """Time from one crawl to the next while all is well."""
    return timedelta(minutes=source.interval_minutes or settings.crawl_interval_minutes)


def delay_seconds(settings: Settings, source: Source) -> float:
    """A site of one's own is asked as fast as its source says; others never faster than our setting."""
    if source.crawl_delay_seconds is None:
        return settings.crawl_delay_seconds
    if source.allow_private:
        return source.crawl_delay_seconds
    return max(source.crawl_delay_seconds, settings.crawl_delay_seconds)


def checked(source: Source) -> Source:
    """Trim and check a source as a whole. Raises ConfigurationError."""
    origin = (source.origin or "").strip() or None
    source = replace(source, name=source.name.strip(), url=source.url.strip(), origin=origin)
    if not source.name or len(source.name) > LONGEST_NAME or not source.name.isprintable():
        raise ConfigurationError(f"来源 name 应为 1 到 {LONGEST_NAME} 个可见字符", key="name")
    _check_address(source, "url", source.url)
    if source.origin is not None:
        _check_address(source, "origin", source.origin)
    _check_range("crawl_delay_seconds", source.crawl_delay_seconds, 0, LONGEST_DELAY_SECONDS)
    _check_range("interval_minutes", source.interval_minutes, 1, LONGEST_INTERVAL_MINUTES)
    _check_range("weight", source.weight, 0, HEAVIEST)
    most_pages = MOST_SITEMAP_PAGES if source.kind is SourceKind.SITEMAP else MOST_PAGES
    _check_range("max_pages", source.max_pages, 1, most_pages)
    _check_selectors(source.kind, selectors_of(source))
    _check_place("origin", source.origin, source.kind, SourceKind.FEED, SourceKind.HOTLIST)
    _check_place("json", source.json, source.kind, SourceKind.JSON, SourceKind.HOTLIST)
    read_mapping(source.json)
    return source


def _check_address(source: Source, key: str, url: str) -> None:
    try:
        reason = walled.refusal(canonical_url(url))
    except InvalidInput as error:
        raise ConfigurationError(f"来源「{source.name}」的 {key} 有误：{error.message}", key=key) from error
    if reason:
        raise ConfigurationError(f"来源「{source.name}」的 {key} 不能采集：{reason}", key=key)


def _check_place(key: str, value: object, kind: SourceKind, *places: SourceKind) -> None:
    if value and kind not in places:
        raise ConfigurationError(f"{kind} 来源不使用 {key}，它只用于 {'、'.join(places)}", key=key)


def _check_range(key: str, value: float | None, low: float, high: float) -> None:
    if value is not None and not low <= value <= high:
        raise ConfigurationError(f"来源配置 {key} 应在 {low} 到 {high} 之间", key=key)


_ON_PAGES: Final = ("title", "text", "author", "published_at", "native_id")
_SELECTORS: Final[Mapping[SourceKind, Sequence[str]]] = {
    SourceKind.LISTING: [name for name in NAMES if name != "heat"],
    SourceKind.FEED: _ON_PAGES,
    SourceKind.SITEMAP: _ON_PAGES,
    SourceKind.HOTLIST: ("item", "link", "title", "heat"),
}


def _check_selectors(kind: SourceKind, selectors: Selectors) -> None:
    used = _SELECTORS.get(kind, ())
    if wrong := [key for key in NAMES if key not in used and getattr(selectors, key)]:
        raise ConfigurationError(f"{kind} 来源不使用 selectors.{wrong[0]}", key=wrong[0])
    if kind is SourceKind.HOTLIST and any(getattr(selectors, key) for key in used) and not selectors.item:
        raise ConfigurationError("hotlist 的 selectors 要有 item（榜单上每一条的选择器）", key="item")
    if kind is not SourceKind.LISTING:
        return
    if not selectors.item:
        # The list is found by itself then; what is said of its rows needs the rows.
        if wrong := [key for key in ("link", "next_page", "on_list") if getattr(selectors, key)]:
            raise ConfigurationError(f"selectors.{wrong[0]} 要与 item（列表页上每一条的选择器）一起写", key="item")
        return
    if selectors.on_list and not (selectors.link or selectors.native_id):
        raise ConfigurationError("on_list 时 selectors 要有 link 或 native_id，否则各条无法区分", key="link")
    if selectors.on_list and not (selectors.text or selectors.title):
        raise ConfigurationError("on_list 时 selectors 要有 text 或 title", key="text")
