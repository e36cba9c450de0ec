"""From fields to the mention record. The id depends on the address alone, never on the source that saw it."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from core.errors import InvalidInput, SourceChanged, TingfengError
from core.intake import admit
from core.mention import Engagement, Kind, Mention, as_utc, mention_id
from core.normalise import canonical_url
from crawler.definition import Source
from crawler.extract.dates import Published

_NUMBER: Final = re.compile(r"\d+")
_WORD: Final = re.compile(r"\d+|[^\W\d_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read of one mention. declared: the page's rel=canonical as written, may be empty.

    kind: None means that of the source. parent_id (a mention's), thread_id, floor: where it is part of a conversation.
    """

    url: str
    declared: str = ""
    native_id: str | None = None
    title: str = ""
    text: str = ""
    author: str = ""
    author_id: str | None = None
    published: Published | None = None
    charset: str | None = None
    language: str = ""
    kind: Kind | None = None
    parent_id: str | None = None
    thread_id: str | None = None
    floor: int | None = None
    engagement: Engagement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """What could not become a mention; goes to quarantine. raw: the address, for the person who looks."""

    raw: str
    error: TingfengError


def build(reading: Reading, source: Source, *, seen_at: datetime, author_key: str | None = None) -> Mention:
    """Make the mention. author_key: when given, only keyed hashes of the author's name and id are kept.

    Raises SourceChanged when there is neither title nor text, InvalidInput for an identifier that cannot be stored.
    """
    if not reading.title and not reading.text:
        raise SourceChanged("网页上没有找到标题和正文，结构可能已变化", url=reading.url)
    address = identity(reading.url, reading.declared)
    published = reading.published if reading.published and _is_within_years(reading.published.at) else None
    mention = Mention(
        id=mention_id(address, reading.native_id),
        url=reading.url,
        canonical_url=address,
        native_id=reading.native_id,
        seen_by=(source.name,),
        kind=reading.kind or source.mention_kind,
        platform=source.platform,
        source=source.name,
        tier=source.tier,
        region=source.region,
        title=reading.title,
        text=reading.text,
        language=reading.language or "zh",
        charset=reading.charset,
        author=reading.author or None,
        author_id=reading.author_id,
        published_at=published.at if published else None,
        date_precision=published.precision if published else None,
        seen_at=seen_at,
        parent_id=reading.parent_id,
        thread_id=reading.thread_id,
        floor=reading.floor,
        engagement=reading.engagement or Engagement(),
    )
    return admit(mention, author_key=author_key)


def identity(url: str, declared: str = "") -> str:
    """The canonical address of a page: its own, or the one it declares where that names the same page.

    A declaration counts on the same host only, never a front page, never a parent folder of the page, and never
    when it drops a number of the page's own address: a site that declares one address for all its pages must not
    fold them into one mention.
    """
    own = canonical_url(url)
    try:
        other = canonical_url(declared, url) if declared.strip() else own
    except InvalidInput:
        return own
    return other if _names_the_same(own, other) else own


def _is_within_years(moment: datetime) -> bool:
    """A time that no store can print must not cost the mention."""
    try:
        return bool(as_utc(moment))
    except InvalidInput:
        return False


def _names_the_same(own: str, other: str) -> bool:
    here, there = urlsplit(own), urlsplit(other)
    if here.netloc != there.netloc or there.path in ("", "/"):
        return False
    if here.path != there.path and here.path.startswith(there.path.rstrip("/") + "/"):
        return False
    return _marks(own) <= set(_WORD.findall(other))


def _marks(url: str) -> set[str]:
    """What tells the page from its neighbours: its numbers; without any, the words of its last segment and query."""
    parts = urlsplit(url)
    numbers = set(_NUMBER.findall(f"{parts.path}?{parts.query}"))
    return numbers or set(_WORD.findall(parts.path.rpartition("/")[2] + "?" + re.sub(r"\w+=", "=", parts.query)))
