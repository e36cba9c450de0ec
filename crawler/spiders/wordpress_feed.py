"""A WordPress through its feeds: posts page by page, the comments of each post, later the site's newest of both.

A feed shows few comments: where a post has more, the rest is read on its page. Not for sites whose interface answers.
"""

import asyncio
import logging
from abc import abstractmethod
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response

from core.errors import SourceChanged, TingfengError
from core.mention import Kind, Mention, mention_id
from crawler import seen_thread
from crawler.extract.article import language_of
from crawler.extract.feed import Entry, read_feed
from crawler.extract.tree import on_own_host
from crawler.items import Reading, Rejected, identity
from crawler.page import Page
from crawler.platforms import wordpress
from crawler.platforms.wordpress import Comment, Post
from crawler.platforms.wordpress_page import read_comments_on
from crawler.recheck import Checked
from crawler.seen_thread import SeenThread
from crawler.spiders.base import GONE, Output, SourceSpider, Step
from crawler.visit import Visit

_LOG: Final = logging.getLogger(__name__)

# Guess: a post with more pages of comments than this is a guest book.
MOST_COMMENT_PAGES: Final = 20


@dataclass(slots=True, kw_only=True)
class Feed:
    """One way through the pages of a feed. is_deep: to its end, else as far as it brings news.

    by_change: the order is that of the last edits. only_comments: the posts are read elsewhere.
    """

    address: str
    page: int = 1
    is_deep: bool = False
    by_change: bool = False
    only_comments: bool = False
    seen: set[str] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class Replies:
    """The comments of one post. count: as the feed says. asked: the pages of its list so far."""

    post: str
    count: int
    asked: set[str] = field(default_factory=set)


class WordpressFeedSpider(SourceSpider):
    """Subclasses say where the feed is, and what follows when there is none (``way_failed``)."""

    def __init__(self, visit: Visit, **arguments: Any) -> None:  # Any: Scrapy's own arguments
        super().__init__(visit, **arguments)
        self.folder = visit.source.url

    def key(self, name: str) -> str:
        """Of a state; another address under the same name is another site."""
        return f"{name}:{mention_id(identity(self.visit.source.url))}"

    def states(self, keys: Sequence[str]) -> dict[str, SeenThread]:
        """Blocking."""
        with self.visit.database.read() as connection:
            return seen_thread.find(connection, self.visit.source.name, keys)

    @abstractmethod
    def way_failed(self, request: Request, error: TingfengError) -> Iterator[Output]:
        """The feed's first page cannot be read."""

    def first_feed(self, address: str, *, only_comments: bool = False) -> Request:
        """Read a feed that was not read before."""
        return self._page(Feed(address=address, is_deep=True, only_comments=only_comments))

    def resumed_feed(self, state: SeenThread, *, only_comments: bool = False) -> Request:
        """Go on where the last crawl was cut short, else see what is new."""
        address, number = wordpress.feed_place(state.url)
        feed = Feed(address=address, page=number, is_deep=not state.is_complete, only_comments=only_comments)
        if feed.is_deep:
            return self._page(feed)
        return self.request(wordpress.feed_of_comments(address), Step.LIST, feed=feed, is_of_comments=True)

    async def read_any_feed(self, page: Page, response: Response) -> AsyncIterator[Output]:
        """Posts, or the site's newest comments. Raises SourceChanged where it is no such feed."""
        feed: Feed = response.meta["feed"]
        if response.meta.get("is_of_comments"):
            things = self._read_newest_comments(page, feed)
        else:
            things = self._read_posts(page, response, feed)
        async for thing in things:
            yield thing

    async def read_again(self, page: Page, before: Mention) -> AsyncIterator[Output]:
        """Whether a post is still there; edits come with the lists."""
        yield Checked(mention_id=before.id)

    async def read_behind(self, page: Page, response: Response) -> AsyncIterator[Output]:
        """A post whose feed has an excerpt only, the feed of a post's comments, or the list of them."""
        replies: Replies | None = response.meta.get("replies")
        if replies is None:
            yield await self._from_page(page, response.meta["entry"])
        elif response.meta.get("is_list"):
            async for thing in self._read_list(page, replies):
                yield thing
        else:
            comments = await self._comments_in(page)
            for thing in (await self.news_of(comments, page.charset))[0]:
                yield thing
            yield self._list(replies) if len(comments) < replies.count else self._counted_state(replies)

    def give_up(self, request: Request, error: TingfengError) -> Iterator[Output]:
        """A feed ends with a page that is not there; a post's comments may be read on its page instead."""
        feed: Feed | None = request.meta.get("feed")
        replies: Replies | None = request.meta.get("replies")
        entry: Entry | None = request.meta.get("entry")
        if feed is not None:
            yield from self._feed_failed(feed, request, error)
        elif replies is not None and not error.retryable:
            _LOG.info("%s: comments at %s: %s", self.visit.source.name, request.url, error.code)
            yield self._counted_state(replies) if request.meta.get("is_list") else self._list(replies)
        elif entry is not None and entry.text and not error.retryable:
            mention = self.post_mention(replace(wordpress.from_entry(entry), text=entry.text))
            yield from [mention] if mention else []
        else:
            yield from super().give_up(request, error)

    def post_mention(self, post: Post, charset: str | None = None) -> Mention | None:
        """None where the post says nothing."""
        if not (post.title or post.text):
            return None
        return self.mention(
            Reading(
                url=post.url,
                title=post.title,
                text=post.text,
                author=post.author,
                author_id=post.author_id,
                published=post.published,
                charset=charset,
                language=language_of(post.text or post.title),
                thread_id=mention_id(identity(post.url)),
            )
        )

    def comment_mention(self, comment: Comment, charset: str | None = None) -> Mention | None:
        """Below its post, or below the comment it answers; None without words of its own."""
        if not comment.text:
            return None
        thread = mention_id(identity(comment.url))
        made = self.mention(
            Reading(
                url=f"{comment.url}#comment-{comment.number}",
                native_id=self._native_id(comment.number),
                text=comment.text,
                author=comment.author,
                author_id=comment.author_id,
                published=comment.published,
                charset=charset,
                language=language_of(comment.text),
                kind=Kind.COMMENT,
                thread_id=thread,
            )
        )
        answered = mention_id(made.canonical_url, self._native_id(comment.parent)) if comment.parent else None
        return replace(made, parent_id=answered or thread)

    async def news_of(self, items: Sequence[Post | Comment], charset: str | None) -> tuple[list[Output], int]:
        """What of these is new or edited, and how many are not stored yet."""
        made: list[Mention] = []
        outputs: list[Output] = []
        for item in items:
            try:
                mention = self._mention_of(item, charset)
            except TingfengError as error:
                outputs.append(Rejected(raw=item.url, error=error))
                continue
            made.extend([mention] if mention is not None else [])
        known = await self.known(list(dict.fromkeys(mention.id for mention in made)))
        outputs.extend(thing for mention in made for thing in self.news(mention, known.get(mention.id)))
        return outputs, sum(mention.id not in known for mention in made)

    def _mention_of(self, item: Post | Comment, charset: str | None) -> Mention | None:
        return self.post_mention(item, charset) if isinstance(item, Post) else self.comment_mention(item, charset)

    def _native_id(self, number: int) -> str:
        """Of one site: several may share a host, in folders or on ports."""
        parts = urlsplit(self.folder)
        return f"{f':{parts.port}' if parts.port else ''}{parts.path}comment-{number}"

    def _page(self, feed: Feed) -> Request:
        more = {"orderby": "modified"} if feed.by_change else {}
        return self.request(wordpress.paged(feed.address, feed.page, **more), Step.LIST, feed=feed)

    async def _read_newest_comments(self, page: Page, feed: Feed) -> AsyncIterator[Output]:
        """All of them new: there may be more than the feed shows, and the posts' own counts tell where."""
        self.folder = wordpress.folder_of(feed.address)
        comments = await self._comments_in(page)
        things, fresh = await self.news_of(comments, page.charset)
        for thing in things:
            yield thing
        feed.is_deep = bool(comments) and fresh == len(comments)
        for thing in self._after_comments(feed):
            yield thing

    def _after_comments(self, feed: Feed) -> Iterator[Output]:
        if feed.only_comments and not feed.is_deep:
            yield self.feed_state(feed, is_complete=True)
            return
        request = self._page(feed)
        validators = {"If-None-Match": self.visit.source.etag, "If-Modified-Since": self.visit.source.last_modified}
        for name, value in validators.items():
            if value and not (feed.is_deep or feed.only_comments):
                request.headers[name] = value
        yield request

    async def _comments_in(self, page: Page) -> Sequence[Comment]:
        return await asyncio.to_thread(wordpress.read_feed_of_comments, page.text, page.url, self.visit.now())

    async def _read_posts(self, page: Page, response: Response, feed: Feed) -> AsyncIterator[Output]:
        self.folder = wordpress.folder_of(feed.address)
        entries = (await asyncio.to_thread(read_feed, page.text, page.url, now=self.visit.now())).entries
        if feed.page == 1 and entries and all("#comment-" in entry.link for entry in entries):
            raise SourceChanged("这是评论的订阅，不是文章的", url=page.url)
        if feed.page == 1 and not feed.by_change:
            self.keep_validators(response)
        fresh = [entry for entry in entries if entry.url not in feed.seen]
        feed.seen.update(entry.url for entry in fresh)
        news = False
        if not feed.only_comments:
            things = await self._posts(fresh, page)
            news = bool(things)
            for thing in things:
                yield thing
        for request in await self._counted(fresh):
            yield request
        for thing in self._following(feed, is_more=bool(fresh) and (feed.is_deep or news)):
            yield thing

    def _following(self, feed: Feed, *, is_more: bool) -> Iterator[Output]:
        if feed.page == 1 and not (feed.is_deep or feed.by_change):
            yield self._page(replace(feed, by_change=True, seen=set()))
        following = replace(feed, page=feed.page + 1)
        goes_on = is_more and feed.page < self.visit.page_limit
        if not feed.by_change:
            yield self.feed_state(following if is_more else feed, is_complete=not is_more)
        if goes_on:
            yield self._page(following)

    async def _posts(self, entries: Sequence[Entry], page: Page) -> list[Output]:
        """What is whole in the feed, and requests for the rest."""
        posts = {entry.url: wordpress.from_entry(entry) for entry in entries}
        whole = [post for post in posts.values() if post.text or post.is_locked]
        things, _ = await self.news_of(whole, page.charset)
        left = [entry for entry in entries if not (posts[entry.url].text or posts[entry.url].is_locked)]
        unknown, seen = await self.sift([entry.url for entry in left])
        by_url = {entry.url: entry for entry in left}
        return [*things, *seen, *(self.request(url, Step.PAGE, entry=by_url[url]) for url in unknown)]

    async def _counted(self, entries: Sequence[Entry]) -> list[Request]:
        """The comments of posts whose count is another than when they were read."""
        told = {f"replies:{mention_id(identity(entry.url))}": entry for entry in entries if entry.replies}
        states = await asyncio.to_thread(self.states, list(told))
        requests = []
        for key, entry in told.items():
            before = states[key].replies if key in states else None
            if entry.replies is None or entry.replies == before or wordpress.from_entry(entry).is_locked:
                continue
            replies = Replies(post=entry.url, count=entry.replies)
            address = on_own_host(entry.replies_url, entry.url)
            requests.append(self.request(address, Step.PAGE, replies=replies) if address else self._list(replies))
        return requests

    def _list(self, replies: Replies, address: str | None = None) -> Request:
        replies.asked.add(address or replies.post)
        return self.request(address or replies.post, Step.PAGE, replies=replies, is_list=True)

    async def _read_list(self, page: Page, replies: Replies) -> AsyncIterator[Output]:
        comments, pages = await asyncio.to_thread(read_comments_on, page.text, page.url, self.visit.now())
        things, _ = await self.news_of(comments, page.charset)
        for thing in things:
            yield thing
        left = [link for link in pages if link not in replies.asked][: MOST_COMMENT_PAGES - len(replies.asked)]
        for link in left:
            yield self._list(replies, link)
        yield self._counted_state(replies)

    async def _from_page(self, page: Page, entry: Entry) -> Mention:
        """The feed knows title, author and time; the page has the text. Raises SourceChanged."""
        if wordpress.is_locked(page.text):
            locked = replace(wordpress.from_entry(entry), title=wordpress.unlocked_title(entry.title))
            return self._sure(locked, page)
        _, article = await self.read_article(page)
        post = wordpress.from_entry(entry)
        return self._sure(replace(post, text=article.text or entry.text, author=post.author or article.author), page)

    def _sure(self, post: Post, page: Page) -> Mention:
        mention = self.post_mention(post, page.charset)
        if mention is None:
            raise SourceChanged("网页上没有找到标题和正文，结构可能已变化", url=page.url)
        return mention

    def _feed_failed(self, feed: Feed, request: Request, error: TingfengError) -> Iterator[Output]:
        if request.meta.get("is_of_comments"):
            _LOG.info("%s: no feed of comments: %s", self.visit.source.name, error.code)
            if error.retryable:
                yield from super().give_up(request, error)
            else:
                yield from self._after_comments(feed)
        elif feed.by_change:
            _LOG.info("%s: no feed by change: %s", self.visit.source.name, error.code)
        elif feed.page > 1 and error.details.get("status") in GONE:
            yield self.feed_state(feed, is_complete=True)
        elif feed.page > 1:
            yield from super().give_up(request, error)
        else:
            yield from self.way_failed(request, error)

    def feed_state(self, feed: Feed, *, is_complete: bool) -> SeenThread:
        """How far the feed was read."""
        return SeenThread(
            source=self.visit.source.name,
            key=self.key("comments" if feed.only_comments else "posts"),
            url=feed.address if is_complete else wordpress.paged(feed.address, feed.page),
            is_complete=is_complete,
            read_at=self.visit.now(),
        )

    def _counted_state(self, replies: Replies) -> SeenThread:
        return SeenThread(
            source=self.visit.source.name,
            key=f"replies:{mention_id(identity(replies.post))}",
            url=replies.post,
            replies=replies.count,
            read_at=self.visit.now(),
        )
