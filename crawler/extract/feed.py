"""Read RSS and Atom. The bytes never reach a function that would open an address or a file they name."""

import io
import re
import xml.sax
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import feedparser

from core.errors import InvalidInput, SourceChanged
from core.normalise import canonical_url
from crawler.extract import dates
from crawler.extract.dates import Published
from crawler.extract.fragment import plain

# XML 1.0 cannot hold these; feeds do.
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_DECLARATION: Final = re.compile(r"^\s*<\?xml[^>]*\?>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry; text is its content or summary, whichever is longer, without markup.

    link: as written. content: with markup; empty where the feed gives a summary only. replies, replies_url: how many
    comments it has and the feed of them, where the feed says.
    """

    url: str
    title: str = ""
    text: str = ""
    author: str = ""
    published: Published | None = None
    link: str = ""
    content: str = ""
    replies: int | None = None
    replies_url: str = ""


def read_feed(text: str, url: str, *, now: datetime) -> tuple[Entry, ...]:
    """Entries with a usable link, in feed order, each address once. Raises SourceChanged unless it is a feed."""
    entries: dict[str, Entry] = {}
    for entry in read_entries(text, url, now=now):
        entries.setdefault(entry.url, entry)
    return tuple(entries.values())


def read_entries(text: str, url: str, *, now: datetime) -> tuple[Entry, ...]:
    """As ``read_feed``, but each entry counts: several may speak of one page. Raises SourceChanged."""
    try:
        parsed = feedparser.parse(
            io.BytesIO(_DECLARATION.sub("", _CONTROLS.sub(" ", text)).encode("utf-8", "replace")),
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
    found = (_entry(values, url, now) for values in parsed.entries)
    return tuple(entry for entry in found if entry is not None)


def _entry(values: Mapping[str, Any], base: str, now: datetime) -> Entry | None:  # Any: feedparser's dictionary
    try:
        url = canonical_url(_text(values, "link"), base)
    except InvalidInput:
        return None
    if not _text(values, "link").strip():
        return None
    return Entry(
        url=url,
        title=plain(_text(values, "title")),
        text=plain(_body(values)),
        author=plain(_text(values, "author")),
        published=dates.parse(_text(values, "published"), now=now) or dates.parse(_text(values, "updated"), now=now),
        link=_text(values, "link"),
        content=max(_contents(values), key=len, default=""),
        replies=int(count) if (count := _text(values, "slash_comments").strip()).isdecimal() else None,
        replies_url=_text(values, "wfw_commentrss"),
    )


def _text(values: Mapping[str, Any], key: str) -> str:  # Any: as above
    found = values.get(key)
    return found if isinstance(found, str) else ""


def _body(values: Mapping[str, Any]) -> str:  # Any: as above
    return max([_text(values, "summary"), *_contents(values)], key=len)


def _contents(values: Mapping[str, Any]) -> list[str]:  # Any: as above
    return [_text(part, "value") for part in values.get("content", ()) if isinstance(part, Mapping)]
