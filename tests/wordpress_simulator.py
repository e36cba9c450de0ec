"""Answers as WordPress does, as far as a reader sees it, for what the tests' real one is too small or kind."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from tests.integration.crawl_site import Answer, Site, article

START: Final = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
FEED_SIZE: Final = 10


@dataclass(frozen=True, kw_only=True)
class Said:
    """A post, or a comment on ``post``. is_hidden: counted, but not shown."""

    number: int
    text: str
    date: datetime
    modified: datetime
    post: int = 0
    is_hidden: bool = False


def posts(count: int) -> list[Said]:
    dates = [START + timedelta(hours=number) for number in range(1, count + 1)]
    return [
        Said(number=number, text=f"第{number}篇的正文。", date=date, modified=date)
        for number, date in enumerate(dates, 1)
    ]


def comments(count: int, *, on: Sequence[int]) -> list[Said]:
    """Numbers from 5001, in turn on these posts."""
    dates = [START + timedelta(days=20, minutes=number) for number in range(count)]
    return [
        Said(number=5001 + place, text=f"评论{place}", date=date, modified=date, post=on[place % len(on)])
        for place, date in enumerate(dates)
    ]


@dataclass
class Rules:
    """closed: status of addresses that begin so. most: per page of the interface. refuses: an order it does not know.

    is_nameless: the interface tells no names of authors, only pages do.
    """

    closed: dict[str, int] = field(default_factory=dict)
    most: int = 100
    refuses: str = ""
    is_nameless: bool = False


class Wordpress(Site):
    """Change ``posts``, ``comments`` and ``rules`` between two crawls."""

    def __init__(self, written: list[Said], answers: list[Said], **rules: Any) -> None:
        super().__init__()
        self.posts, self.comments, self.rules = written, answers, Rules(**rules)

    def next_answer(self, path: str) -> Answer:
        parts, asked = urlsplit(path), {key: found[0] for key, found in parse_qs(urlsplit(path).query).items()}
        for beginning, status in self.rules.closed.items():
            if path.startswith(beginning):
                return Answer(b"no", status=status)
        if parts.path.startswith("/wp-json/"):
            return self._interface(parts.path, asked)
        return self._feed_at(parts.path, asked) if parts.path.endswith("/feed/") else self._page(parts.path)

    def _interface(self, path: str, asked: dict[str, str]) -> Answer:
        if path.endswith("/posts"):
            return self._listed([self._as_post(post) for post in self._ordered(self.posts, asked)], asked)
        found = self._ordered(self.comments, asked)
        return self._listed([None if each.is_hidden else self._as_comment(each) for each in found], asked)

    def _feed_at(self, path: str, asked: dict[str, str]) -> Answer:
        page = int(asked.get("paged", "1"))
        if path == "/feed/":
            found = self._ordered(self.posts, asked)[(page - 1) * FEED_SIZE : page * FEED_SIZE]
            return _feed([self._item(post) for post in found]) if found else Answer(b"end", status=404)
        own = [comment for comment in self.comments if path in ("/comments/feed/", f"/p{comment.post}/feed/")]
        return _feed([self._answer(comment) for comment in self._ordered(own, {})[:FEED_SIZE]])

    def _page(self, path: str) -> Answer:
        if path == "/":
            declared = f'<link rel="https://api.w.org/" href="{self.url("/wp-json/")}">'
            return Answer(f"<html><head>{declared}</head><body>首页</body></html>".encode())
        for post in self.posts:
            if path == f"/p{post.number}/":
                html = article(f"第{post.number}篇", f"<p>{post.text}</p>" * 5)
                return Answer(html.replace("<div class='body'>", "<p>作者：林小满</p><div class='body'>").encode())
        return Answer(b"not here", status=404)

    def edit(self, number: int, **values: Any) -> None:
        self.posts = [replace(post, **values) if post.number == number else post for post in self.posts]

    def _ordered(self, said: list[Said], asked: dict[str, str]) -> list[Said]:
        by_change = asked.get("orderby") == "modified"
        return sorted(said, key=lambda each: (each.modified if by_change else each.date, each.number), reverse=True)

    def _listed(self, records: list[dict[str, Any] | None], asked: dict[str, str]) -> Answer:
        size, page = int(asked.get("per_page", "10")), int(asked.get("page", "1"))
        pages = -(-len(records) // size)
        if size > self.rules.most or asked.get("orderby") == self.rules.refuses or page > max(pages, 1):
            return Answer(b'{"code":"rest_invalid_param","data":{"status":400}}', status=400)
        shown = [record for record in records[(page - 1) * size : page * size] if record]
        headers = {"X-WP-Total": str(len(records)), "X-WP-TotalPages": str(pages)}
        return Answer(json.dumps(shown).encode(), content_type="application/json", headers=headers)

    def _as_post(self, post: Said) -> dict[str, Any]:
        embedded = [{"code": "rest_no_route"} if self.rules.is_nameless else {"name": "林小满"}]
        return {
            "id": post.number,
            "date_gmt": post.date.strftime("%Y-%m-%dT%H:%M:%S"),
            "modified_gmt": post.modified.strftime("%Y-%m-%dT%H:%M:%S"),
            "link": self.url(f"/p{post.number}/"),
            "title": {"rendered": f"第{post.number}篇"},
            "content": {"rendered": f"<p>{post.text}</p>", "protected": False},
            "author": 7,
            "_embedded": {"author": embedded},
        }

    def _as_comment(self, comment: Said) -> dict[str, Any]:
        return {
            "id": comment.number,
            "parent": 0,
            "author": 0,
            "author_name": "读者",
            "date_gmt": comment.date.strftime("%Y-%m-%dT%H:%M:%S"),
            "link": self.url(f"/p{comment.post}/#comment-{comment.number}"),
            "content": {"rendered": f"<p>{comment.text}</p>"},
        }

    def _item(self, post: Said) -> str:
        link, count = self.url(f"/p{post.number}/"), sum(comment.post == post.number for comment in self.comments)
        feed = f"<wfw:commentRss>{link}feed/</wfw:commentRss><slash:comments>{count}</slash:comments>"
        return _element(f"第{post.number}篇", link, "林小满", post, feed)

    def _answer(self, comment: Said) -> str:
        return _element("评论", self.url(f"/p{comment.post}/#comment-{comment.number}"), "读者", comment)


def _element(title: str, link: str, author: str, said: Said, more: str = "") -> str:
    text = escape(f"<p>{said.text}</p>")
    return (
        f"<item><title>{title}</title><link>{link}</link><dc:creator>{author}</dc:creator>"
        f"<pubDate>{format_datetime(said.date)}</pubDate><content:encoded>{text}</content:encoded>{more}</item>"
    )


def _feed(items: list[str]) -> Answer:
    names = {
        "content": "http://purl.org/rss/1.0/modules/content/",
        "dc": "http://purl.org/dc/elements/1.1/",
        "wfw": "http://wellformedweb.org/CommentAPI/",
        "slash": "http://purl.org/rss/1.0/modules/slash/",
    }
    spaces = " ".join(f'xmlns:{name}="{address}"' for name, address in names.items())
    body = f'<rss version="2.0" {spaces}><channel><title>站</title>{"".join(items)}</channel></rss>'
    return Answer(body.encode(), content_type="application/rss+xml")
