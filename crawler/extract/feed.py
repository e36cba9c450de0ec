"""Read RSS, Atom and JSON Feed. The bytes never reach a function that would open an address or a file they name."""

import io
import re
import xml.sax
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import feedparser

from core.errors import InvalidInput, SourceChanged
from core.normalise import canonical_url
from crawler.extract import dates
from crawler.extract.dates import Published
from crawler.extract.json_text import read_json
from crawler.extract.selectors import plain

# XML 1.0 cannot hold these; feeds do.
CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
DECLARATION: Final = re.compile(r"^\s*<\?xml[^>]*\?>")
# Source: RSSHub's templates name it as generator, and in the description of the channel.
_POWERED: Final = re.compile(r"(?:powered|made with love) by rsshub", re.IGNORECASE)
_YEAR: Final = re.compile(r"\d{4}")
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry; text is its content or summary without markup. is_vague: its time is counted from now (3小时前)."""

    url: str
    title: str = ""
    text: str = ""
    author: str = ""
    published: Published | None = None
    is_vague: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Entries with a usable link, in feed order, each address once. next_url: the next page of a paged feed."""

    entries: tuple[Entry, ...] = ()
    next_url: str | None = None
    is_rsshub: bool = False


def read_feed(text: str, url: str, *, now: datetime) -> Feed:
    """Raises SourceChanged unless it is a feed."""
    if text.lstrip().startswith("{"):
        return _json_feed(text, url, now)
    try:
        parsed = feedparser.parse(
            io.BytesIO(DECLARATION.sub("", CONTROLS.sub(" ", text)).encode("utf-8", "replace")),
            response_headers={"content-type": "application/xml; charset=utf-8", "content-location": url},
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except (ValueError, LookupError, TypeError, AssertionError, RecursionError, xml.sax.SAXException) as error:
        raise SourceChanged("返回的内容不是有效的 RSS/Atom，无法读取", url=url) from error
    if not parsed.get("version") and not parsed.entries:
        raise SourceChanged("返回的内容不是有效的 RSS/Atom，请检查来源网址", url=url)
    if parsed.bozo and not parsed.entries:
        raise SourceChanged("RSS/Atom 内容已损坏，没有可读的条目", url=url)
    channel = parsed.feed
    following = [link for link in channel.get("links", ()) if isinstance(link, Mapping) and link.get("rel") == "next"]
    return Feed(
        entries=_once(_entry(values, url, now) for values in parsed.entries),
        next_url=_absolute(_text(following[0], "href"), url) if following else None,
        is_rsshub=_is_rsshub(_text(channel, "generator"), _text(channel, "subtitle")),
    )


def _json_feed(text: str, url: str, now: datetime) -> Feed:
    """Source: JSON Feed 1.1, jsonfeed.org/version/1.1; version 1 has one author instead of a list."""
    values = read_json(text, url)
    items = values.get("items")
    if "jsonfeed.org/version/" not in _text(values, "version") or not isinstance(items, list):
        raise SourceChanged("返回的内容不是 RSS/Atom 或 JSON Feed；其他 JSON 请用 kind: json", url=url)
    return Feed(
        entries=_once(_json_entry(item, values, url, now) for item in items if isinstance(item, Mapping)),
        next_url=_absolute(_text(values, "next_url"), url),
        is_rsshub=_is_rsshub("", _text(values, "description")),
    )


def _json_entry(item: Mapping[str, Any], feed: Mapping[str, Any], base: str, now: datetime) -> Entry | None:
    """Any: decoded JSON."""
    # An id is an address only where it is a whole one.
    links = ((_text(item, "url"), base), (_text(item, "id"), ""), (_text(item, "external_url"), base))
    url = next(filter(None, (_absolute(*link) for link in links)), None)
    if url is None:
        return None
    bodies = (plain(_text(item, "content_html")), _text(item, "content_text").strip(), plain(_text(item, "summary")))
    return _dated(
        Entry(
            url=url,
            title=plain(_text(item, "title")),
            text=next(filter(None, bodies), ""),
            author=next(filter(None, (*_authors(item), *_authors(feed))), ""),
        ),
        (_text(item, "date_published"), _text(item, "date_modified")),
        now,
    )


def _authors(values: Mapping[str, Any]) -> Iterator[str]:  # Any: decoded JSON
    named = values.get("authors")
    for author in [*(named if isinstance(named, list) else ()), values.get("author")]:
        if isinstance(author, Mapping):
            yield _text(author, "name").strip()


def _entry(values: Mapping[str, Any], base: str, now: datetime) -> Entry | None:  # Any: feedparser's dictionary
    url = _absolute(_text(values, "link"), base)
    if url is None:
        return None
    return _dated(
        Entry(
            url=url,
            title=plain(_text(values, "title")),
            text=plain(_body(values)),
            author=plain(_text(values, "author")),
        ),
        (_text(values, "published"), _text(values, "updated")),
        now,
    )


def _dated(entry: Entry, times: Iterable[str], now: datetime) -> Entry:
    """With the first of ``times`` that is one."""
    for text in times:
        if found := dates.parse(text, now=now):
            is_vague = not _YEAR.search(text) and found != dates.parse(text, now=now + _DAY)
            return replace(entry, published=found, is_vague=is_vague)
    return entry


def _once(entries: Iterable[Entry | None]) -> tuple[Entry, ...]:
    found: dict[str, Entry] = {}
    for entry in entries:
        if entry is not None:
            found.setdefault(entry.url, entry)
    return tuple(found.values())


def _is_rsshub(generator: str, description: str) -> bool:
    return "rsshub" in generator.lower() or _POWERED.search(description) is not None


def _absolute(link: str, base: str) -> str | None:
    try:
        return canonical_url(link, base) if link.strip() else None
    except InvalidInput:
        return None


def _text(values: Mapping[str, Any], key: str) -> str:  # Any: as above
    found = values.get(key)
    return found if isinstance(found, str) else ""


def _body(values: Mapping[str, Any]) -> str:  # Any: as above
    parts = [part for part in values.get("content", ()) if isinstance(part, Mapping)]
    return max([_text(values, "summary"), *(_text(part, "value") for part in parts)], key=len)
