"""WordPress: posts and the comments on them, from its REST interface, or from its feeds where that is closed.

What was read is kept as two states, one for posts and one for comments: a later crawl asks for what is newer, and
goes on through older pages only where the site tells of more than that explains (scheduled posts, late approvals).
Pages (关于我们) are no mentions; of a post behind a password the title is one, its text is nobody's to read.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from core.errors import SourceChanged, SourceError, SourceRefused, SourceUnreachable, TingfengError
from core.mention import mention_id
from crawler.extract.tree import on_own_host
from crawler.failures import DOWNLOAD_ERRORS
from crawler.items import identity
from crawler.pace import NoTimeLeft
from crawler.page import Page, read_page
from crawler.platforms import wordpress
from crawler.platforms.wordpress import COMMENTS, POSTS, Comment, Post
from crawler.seen_thread import SeenThread
from crawler.spiders.base import Output, Step, header
from crawler.spiders.forum import WALL_REST
from crawler.spiders.wordpress_feed import Feed, WordpressFeedSpider
from crawler.visit import Visit

_LOG: Final = logging.getLogger(__name__)

# Source: WordPress allows at most 100; some sites allow less, or run out of memory before.
SIZES: Final = (100, 20, 10)
# Guess: more than a site publishes between two crawls.
NEWS_SIZE: Final = 20
BAD_REQUEST: Final = 400
# Guess: writers of a large site.
MOST_NAMES: Final = 50


@dataclass(slots=True)
class Listing:
    """One way through the posts or comments, newest first. until, before: the newest and the total of the last way.

    fresh: how many on the pages so far were not stored.
    """

    root: str
    route: str
    size: int = SIZES[0]
    page: int = 1
    pages: int = 0
    by_change: bool = True
    until: datetime | None = None
    before: int | None = None
    newest: datetime | None = None
    total: int | None = None
    fresh: int = 0

    @property
    def address(self) -> str:
        """Of its current page."""
        return wordpress.listing(self.root, self.route, size=self.size, page=self.page, by_change=self.by_change)

    def is_caught_up(self, oldest: datetime | None) -> bool:
        """Whether the rest was read the last time. oldest: on the current page.

        More in all than before, and not by what is new on the pages so far: it stands further back.
        """
        if self.until is None or oldest is None or oldest >= self.until:
            return False
        return self.total is None or self.before is None or self.total - self.before <= self.fresh


class WordpressSpider(WordpressFeedSpider):
    """The interface where it answers; each way that fails leads to the next."""

    def __init__(self, visit: Visit, **arguments: Any) -> None:  # Any: Scrapy's own arguments
        super().__init__(visit, **arguments)
        self._ways: list[Request] = []
        self._failed: list[tuple[Request, TingfengError]] = []
        self._is_found = False
        self._asks_for_comments = False
        self._names: dict[str, str] = {}

    async def start(self) -> AsyncIterator[Any]:  # Any: Scrapy's signature
        """What answered the last time, else the source's address."""
        keys = [self.key("posts"), self.key("comments")]
        states = await asyncio.to_thread(self.states, keys)
        posts, comments = (states.get(key) for key in keys)
        if posts is None:
            yield self.request(self.visit.source.url, Step.LIST)
        elif POSTS not in posts.url:
            yield self.resumed_feed(posts)
        else:
            yield self._resumed(posts)
            if comments is not None:
                self._asks_for_comments = True
                if request := self._resumed_comments(comments):
                    yield request

    async def read_list(self, page: Page, response: Response) -> AsyncIterator[Output]:
        """Raises SourceChanged where an answer is not what this way gives."""
        listing: Listing | None = response.meta.get("listing")
        if listing is not None:
            things = self._read_listing(page, response, listing)
        elif "feed" in response.meta:
            things = self.read_any_feed(page, response)
        else:
            self._find_ways(page, response)
            things = _each(self._next_way())
        async for thing in things:
            yield thing

    def give_up(self, request: Request, error: TingfengError) -> Iterator[Output]:
        """Ask for less, go another way, or fail."""
        listing: Listing | None = request.meta.get("listing")
        if listing is None:
            yield from super().give_up(request, error)
        elif listing.page > 1 and error.details.get("status") == BAD_REQUEST:
            yield self._listed(listing, is_complete=True)  # beyond the last page
        elif smaller := _smaller(listing, error):
            yield self._ask(smaller)
        elif listing.page > 1 or (listing.until and error.retryable):
            yield from super().give_up(request, error)
        elif listing.route == POSTS:
            yield from self.way_failed(request, error)
        else:
            _LOG.info("%s: comments at %s: %s", self.visit.source.name, request.url, error.code)
            folder = wordpress.folder_of(listing.root)
            yield self.first_feed(wordpress.feeds("", folder, folder)["?" in listing.root], only_comments=True)

    def way_failed(self, request: Request, error: TingfengError) -> Iterator[Output]:
        """The next way; what answered before and does not any more is looked for again."""
        feed: Feed | None = request.meta.get("feed")
        if feed is not None and feed.only_comments:
            _LOG.info("%s: no comments to be had: %s", self.visit.source.name, error.code)
            yield replace(self.feed_state(feed, is_complete=True), url="")
        elif self._is_found:
            self._failed.append((request, error))
            yield from self._next_way()
        elif error.retryable:
            self.visit.outcome.fail(error)
        else:
            yield self.request(self.visit.source.url, Step.LIST)

    def _find_ways(self, page: Page, response: Response) -> None:
        self._is_found, self._ways = True, []
        links = b", ".join(response.headers.getlist("Link")).decode("latin-1")
        root = wordpress.interface(page.text, links, page.url)
        roots = [root] if root else [f"{folder}?rest_route=/" for folder in wordpress.folders(page.text, page.url)]
        if root and (own := on_own_host(root, page.url)) and own != root:
            roots.append(own)  # a site behind a proxy may print its inner host
        for each in roots:
            self._ways.append(self._ask(Listing(root=each, route=POSTS)))
            feeds = wordpress.feeds(page.text, page.url, wordpress.folder_of(each))
            self._ways.extend(self.first_feed(feed) for feed in feeds)

    def _next_way(self) -> Iterator[Output]:
        if self._ways:
            yield self._ways.pop(0)
            return
        tried = "、".join(f"{urlsplit(request.url).path}（{_short(error)}）" for request, error in self._failed)
        errors = [error for _, error in self._failed]
        kind: type[SourceError] = SourceChanged
        if any(error.retryable for error in errors):
            kind = SourceUnreachable
        elif all(isinstance(error, SourceRefused) for error in errors):
            kind = SourceRefused
        said = f"没有找到 WordPress 的接口和订阅，试过：{tried}；请检查网址，或改用 kind: listing、sitemap"
        self.visit.outcome.fail(kind(said, url=self.visit.source.url))

    def _ask(self, listing: Listing) -> Request:
        return self.request(listing.address, Step.LIST, listing=listing)

    def _resumed(self, state: SeenThread) -> Request:
        """From the top as far as to what was read, or from the page where the last crawl was cut short."""
        root, route, size, page, by_change = wordpress.place(state.url)
        listing = Listing(root=root, route=route, size=size, page=page, by_change=by_change)
        if state.is_complete:
            listing.size, listing.page = min(size, NEWS_SIZE), 1
            listing.until, listing.before = state.last_post_at, state.replies
        else:
            listing.newest, listing.total = state.last_post_at, state.replies
        return self._ask(listing)

    def _resumed_comments(self, state: SeenThread) -> Request | None:
        """None where there were none to be had a short while ago."""
        if COMMENTS in state.url:
            return self._resumed(state)
        if state.url:
            return self.resumed_feed(state, only_comments=True)
        self._asks_for_comments = self.visit.now() - state.read_at < WALL_REST
        return None

    async def _read_listing(self, page: Page, response: Response, listing: Listing) -> AsyncIterator[Output]:
        self.folder = wordpress.folder_of(listing.root)
        read = wordpress.read_posts if listing.route == POSTS else wordpress.read_comments
        items: Sequence[Post | Comment] = await asyncio.to_thread(read, page.text, page.url, self.visit.now())
        items = [await self._signed(item) if isinstance(item, Post) else item for item in items]
        things, fresh = await self.news_of(items, page.charset)
        for thing in things:
            yield thing
        if listing.route == POSTS and not self._asks_for_comments:
            self._asks_for_comments = True
            yield self._ask(Listing(root=listing.root, route=COMMENTS))
        stamps = [stamp for item in items if (stamp := _stamp(item, listing))]
        listing.newest = max([*stamps, *([listing.newest] if listing.newest else [])], default=None)
        if listing.total is None:  # later pages may count what came meanwhile, which is not read
            listing.total = _figure(response, "X-WP-Total")
        listing.fresh += fresh
        pages = _figure(response, "X-WP-TotalPages")
        is_last = listing.page >= pages if pages is not None else len(items) < listing.size
        if is_last or listing.is_caught_up(min(stamps, default=None)):
            yield self._listed(listing, is_complete=True)
            return
        listing.page += 1
        listing.pages += 1
        yield self._listed(listing, is_complete=False)
        if listing.pages < self.visit.page_limit:
            yield self._ask(listing)

    async def _signed(self, post: Post) -> Post:
        """With the author's name, from the post's page where the interface tells strangers no names."""
        if post.author or post.author_id is None:
            return post
        if post.author_id not in self._names and len(self._names) < MOST_NAMES:
            if await asyncio.to_thread(self._known, [mention_id(identity(post.url))]):
                return post
            self._names[post.author_id] = await self._author_on(post.url)
        return replace(post, author=self._names.get(post.author_id, ""))

    async def _author_on(self, url: str) -> str:
        self.visit.outcome.pages += 1
        try:
            request = Request(url, callback=NO_CALLBACK, dont_filter=True)
            page = read_page(await self.crawler.engine.download_async(request))
            return (await self.read_article(page))[1].author
        except (*DOWNLOAD_ERRORS, NoTimeLeft) as error:
            _LOG.info("%s: no author at %s: %s", self.visit.source.name, url, type(error).__name__)
            return ""

    def _listed(self, listing: Listing, *, is_complete: bool) -> SeenThread:
        return SeenThread(
            source=self.visit.source.name,
            key=self.key("posts" if listing.route == POSTS else "comments"),
            url=listing.address,
            replies=listing.total,
            last_post_at=listing.newest or listing.until,
            is_complete=is_complete,
            read_at=self.visit.now(),
        )


async def _each(things: Iterator[Output]) -> AsyncIterator[Output]:
    for thing in things:
        yield thing


def _stamp(item: Post | Comment, listing: Listing) -> datetime | None:
    if isinstance(item, Post) and listing.by_change and item.modified:
        return item.modified
    return item.published.at if item.published else None


def _smaller(listing: Listing, error: TingfengError) -> Listing | None:
    """The same place in smaller pages, or by date: what a site may want instead of what it refused."""
    status = error.details.get("status")
    if status != BAD_REQUEST and not error.retryable:
        return None
    for size in SIZES:
        if size < listing.size:
            return replace(listing, size=size, page=(listing.page - 1) * listing.size // size + 1)
    if status == BAD_REQUEST and listing.route == POSTS and listing.by_change:
        return replace(listing, by_change=False)
    return None


def _figure(response: Response, name: str) -> int | None:
    value = header(response, name) or ""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None


def _short(error: TingfengError) -> str:
    status = error.details.get("status")
    return f"状态 {status}" if status else error.message
