"""The real WordPress (`python -m tests.servers --wordpress`): its five sites read side by side, then what is new.

One test, because crawls and WordPress' answers are slow and the second half changes what the first half reads.
"""

import base64
import html
import json
import re
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pytest

from core import inbox
from core.mention import Kind, Mention, Platform, Status
from tests.conftest import external_url
from tests.integration.crawl_site import Crawls
from tests.wordpress_content import PROTECTED, PUBLIC, Comment, Post

# Any address of a site will do.
ADDRESSES: Final = {
    "接口": "/",
    "动态地址": "/plain/?p=101",
    "要登录": "/closed/",
    "关掉": "/silent/2024/03/post-110/",
    "摘要": "/excerpts/",
}
BY_FEED: Final = ("要登录", "关掉", "摘要")
APPROVED: Final = {
    comment.id: (comment, post)
    for post in PUBLIC
    if not post.password
    for comment in post.comments
    if comment.approved == "1"
}


class Editor:
    """Writes through the interface of the first site; undoes all of it at the end."""

    def __init__(self, url: str) -> None:
        self._root = f"{url}/wp-json/wp/v2"
        self._undo: list[tuple[str, str, dict[str, Any]]] = []

    def ask(self, method: str, route: str, **values: Any) -> dict[str, Any]:
        headers = {
            "Authorization": "Basic " + base64.b64encode(b"admin:admin").decode(),
            "Content-Type": "application/json",
        }
        request = urllib.request.Request(f"{self._root}/{route}", json.dumps(values).encode(), headers, method=method)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def create(self, route: str, **values: Any) -> int:
        made = int(self.ask("POST", route, **values)["id"])
        self._undo.append(("DELETE", f"{route}/{made}?force=true", {}))
        return made

    def change(self, route: str, *, before: dict[str, Any], **values: Any) -> None:
        self.ask("POST", route, **values)
        self._undo.append(("POST", route, before))

    def undo(self) -> None:
        for method, route, values in reversed(self._undo):
            self.ask(method, route, **values)


@contextmanager
def editing(url: str) -> Iterator[Editor]:
    editor = Editor(url)
    try:
        yield editor
    finally:
        editor.undo()


def stored(crawls: Crawls, name: str) -> list[Mention]:
    with crawls.database.read() as connection:
        return [mention for mention in inbox.scan(connection, limit=10_000) if mention.source == name]


def number_of(mention: Mention) -> int:
    pattern = r"comment-(\d+)$" if mention.kind is Kind.COMMENT else r"(?:post-|p=)(\d+)/?$"
    found = re.search(pattern, mention.url)
    assert found, mention.url
    return int(found[1])


def similarity(one: str, other: str) -> float:
    """F1 of 4-character shingles, blanks left out."""
    bags = [Counter(text[at : at + 4] for at in range(max(1, len(text) - 3))) for text in map(squeezed, (one, other))]
    return 2 * (bags[0] & bags[1]).total() / (bags[0].total() + bags[1].total())


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def check_post(mention: Mention, post: Post, *, by_page: bool) -> None:
    assert (mention.kind, mention.platform, mention.parent_id) == (Kind.ARTICLE, Platform.BLOG, None)
    assert mention.title == html.unescape(post.title)
    assert mention.author == post.author
    assert mention.published_at == post.date
    assert mention.language == ("en" if post.title.startswith("Road") else "zh")
    if not by_page:
        assert squeezed(mention.text) == squeezed(post.text)


def check_comment(mention: Mention, comment: Comment, answered: Mention, post: Mention) -> None:
    assert mention.text == html.unescape(comment.text)
    assert mention.author == comment.author
    assert mention.published_at is not None
    assert mention.published_at.replace(second=0) == comment.date.replace(second=0)
    assert (mention.parent_id, mention.thread_id, mention.title) == (answered.id, post.thread_id, "")


def check_all(mentions: list[Mention], *, by_page: bool) -> None:
    posts = {number_of(mention): mention for mention in mentions if mention.kind is not Kind.COMMENT}
    comments = {number_of(mention): mention for mention in mentions if mention.kind is Kind.COMMENT}
    assert posts.keys() == {post.id for post in PUBLIC}, "no drafts, no pages, all of the rest"
    assert comments.keys() == APPROVED.keys()
    for post in PUBLIC:
        check_post(posts[post.id], post, by_page=by_page)
    open_posts = [post for post in PUBLIC if not post.password]
    figures = [similarity(posts[post.id].text, post.text) for post in open_posts]
    assert sum(figures) / len(figures) >= 0.98
    for comment, post in APPROVED.values():
        answered = comments[comment.parent] if comment.parent else posts[post.id]
        check_comment(comments[comment.id], comment, answered, posts[post.id])
    assert not [mention for mention in mentions if PROTECTED in mention.title + mention.text]


@dataclass(frozen=True)
class Written:
    """Numbers of what an editor and readers added. late: a comment that was held back for long."""

    post: int
    comment: int
    answer: int
    late: int


def write(editor: Editor) -> Written:
    before = {post.id: post for post in PUBLIC}
    editor.change("posts/103", before={"content": before[103].content}, content="<p>这一篇重新写过。</p>")
    editor.change("posts/102", before={"status": "publish"}, status="draft")
    late = next(comment.id for comment in before[107].comments if comment.author == "待审")
    editor.change(f"comments/{late}", before={"status": "hold"}, status="approved")
    post = editor.create("posts", status="publish", title="新车 & 新价", content="<p>今天刚上市。</p>", slug="post-300")
    comment = editor.create("comments", post=101, content="旧文下的新评论")
    answer = editor.create("comments", post=101, parent=comment, content="再回一句")
    return Written(post, comment, answer, late)


def check_news(mentions: list[Mention], now: datetime, written: Written, *, by_feed: bool) -> int:
    """Returns how many there are."""
    # A feed shows ten comments by date: one that was held back for long stands behind them.
    expected = {written.comment, written.answer} | (set() if by_feed else {written.late})
    news = [mention for mention in mentions if mention.seen_at == now]
    assert {number_of(mention) for mention in news if mention.kind is Kind.COMMENT} == expected
    assert [mention.title for mention in news if mention.kind is not Kind.COMMENT] == ["新车 & 新价"]
    told = {mention.text: mention for mention in news}
    assert told["再回一句"].parent_id == told["旧文下的新评论"].id
    old = next(mention for mention in mentions if mention.id == told["旧文下的新评论"].parent_id)
    assert old.title.startswith("雪山试驾")
    return len(news)


@pytest.mark.external
def test_posts_and_comments_come_once_and_then_what_is_new(crawls: Crawls) -> None:
    url = external_url("TINGFENG_TEST_WORDPRESS_URL")
    for name, path in ADDRESSES.items():
        crawls.add(name, kind="wordpress", url=url + path)
    first = crawls.run(*ADDRESSES).results
    for name, result in first.items():
        assert (result["error_code"], result["failed"], result["is_complete"]) == (None, 0, True), (name, result)
        check_all(stored(crawls, name), by_page=name == "摘要")
    assert first["接口"]["pages"] == 3, "the page that tells of the interface, posts, comments"

    crawls.clock.advance(minutes=10)
    for name, result in crawls.run(*ADDRESSES).results.items():
        assert (result["mentions"], result["new"], result["is_complete"]) == (0, 0, True), (name, result)
        assert result["pages"] == 2, "posts and comments are asked for once each"
        assert result["pages"] <= 0.1 * first[name]["pages"] or name not in BY_FEED

    crawls.clock.advance(minutes=10)
    with editing(url) as editor:
        written = write(editor)
        results = crawls.run(*ADDRESSES).results
    for name, result in results.items():
        mentions = stored(crawls, name)
        count = check_news(mentions, crawls.clock(), written, by_feed=name in BY_FEED)
        # An excerpt does not tell that its text was edited.
        edits = [] if name == "摘要" else ["这一篇重新写过。"]
        assert (result["error_code"], result["failed"], result["new"]) == (None, 0, count), (name, result)
        assert [mention.text for mention in mentions if mention.status is Status.CHANGED] == edits
        posts = [mention for mention in mentions if mention.kind is not Kind.COMMENT]
        assert len(posts) == len(PUBLIC) + 1, "what is taken back stays, nothing is invented"
