"""How the sample web is registered as sources: the same records a user would write in a source file."""

from typing import Final

from app.demo.site_forum import ARCHIVE, BOARDS
from app.demo.site_news import FEED, INDEX

# Loopback is refused and a delay is kept for every other source.
_COMMON: Final[dict[str, object]] = {"crawl_delay_seconds": 0, "allow_private": True, "interval_minutes": 1}
_FORUM: Final[dict[str, object]] = {"platform": "forum", "tier": "C", "mention_kind": "post"}
_NEWS: Final[dict[str, object]] = {"platform": "news", "tier": "B", "mention_kind": "article"}

_BOARD_SELECTORS: Final[dict[str, object]] = {
    "item": "li.topic",
    "link": "a.title::attr(href)",
    "next_page": "a.next::attr(href)",
    "on_list": False,
    "title": "h1.title::text",
    "text": "div.text::text",
    "author": "b.author::text",
    "published_at": "time.published::attr(datetime)",
    "native_id": "//article/@data-id",
}
_ARCHIVE_SELECTORS: Final[dict[str, object]] = {
    "item": "article.post",
    "link": "a.title::attr(href)",
    "next_page": "a.next::attr(href)",
    "on_list": True,
    "title": "a.title::text",
    "text": "div.text::text",
    "author": "span.author::text",
    "published_at": "time.published::attr(datetime)",
    "native_id": "./@data-id",
}
_INDEX_SELECTORS: Final[dict[str, object]] = {
    "item": "li.story",
    "link": "a.title::attr(href)",
    "next_page": "a.next::attr(href)",
    "on_list": False,
    "title": "h1.title::text",
    "text": "div.content p::text",
    "author": "span.author::text",
    "published_at": "time.published::attr(datetime)",
}


def source_definitions(base_url: str) -> list[dict[str, object]]:
    """Return the source records of the sample web; feed and index of the news name the same articles on purpose."""
    boards = [
        _listing(f"青柠车友论坛 {name}（演示）", base_url + pattern.format(1), _FORUM, _BOARD_SELECTORS)
        for pattern, name in BOARDS.values()
    ]
    return [
        *boards,
        _listing("青柠车友论坛 往期帖子（演示）", base_url + ARCHIVE.format(1), _FORUM, _ARCHIVE_SELECTORS),
        {
            "name": "朝汐新闻 订阅（演示）",
            "kind": "feed",
            "url": base_url + FEED,
            "full_text": "feed",
            **_NEWS,
            **_COMMON,
        },
        _listing("朝汐新闻 首页（演示）", base_url + INDEX, _NEWS, _INDEX_SELECTORS),
    ]


def _listing(name: str, url: str, medium: dict[str, object], selectors: dict[str, object]) -> dict[str, object]:
    shape: dict[str, object] = {"name": name, "kind": "listing", "url": url, "max_pages": 20}
    return {**shape, **medium, **_COMMON, "selectors": dict(selectors)}
