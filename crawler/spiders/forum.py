"""Boards → threads → floors, each floor a mention of its own. Which software the forum runs is the reader's business.

A thread is asked for only when the list shows news of it, and then from the last page that was read. Invariant: the
state of a thread follows its floors into the same queue, so it never says more than the inbox holds.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from scrapy import Request
from scrapy.http import Response

from core.errors import SourceError, SourceRefused, TingfengError
from core.mention import Kind, Mention, mention_id
from crawler import seen_thread
from crawler.definition import SourceKind
from crawler.extract.forum import ForumReader
from crawler.extract.thread import BoardPage, Floor, ThreadLink, ThreadPage
from crawler.items import Reading, Rejected, identity
from crawler.page import Page
from crawler.platforms import discuz
from crawler.recheck import Checked
from crawler.seen_thread import SeenThread
from crawler.spiders.base import Output, SourceSpider, Step, way_to
from crawler.visit import Visit

_LOG: Final = logging.getLogger(__name__)

# Guess: a crawl that meets an endless thread goes on with the others; the next crawl reads further.
MOST_THREAD_PAGES: Final = 50
# Guess: the largest index of boards that a person would name as one source.
MOST_BOARDS: Final = 200
# Lists without counts and times do not tell where news is: of such threads one in so many is asked again per list.
BLIND_SHARE: Final = 20
# Guess: the posts of a page; a thread with more shows no more of them at once.
FULL_REPLIES: Final = 9
# Guess: a site that closes for an evening shows its wall to every thread; a wall that stays costs one request a day.
WALL_REST: Final = timedelta(days=1)


class Reader(Protocol):
    """What a forum software needs: pure functions from a page to its threads or floors."""

    def thread_key(self, url: str) -> str | None:
        """The key of the thread at this address, where the address alone tells that it is one."""

    def read_board(self, html: str, url: str, now: datetime) -> BoardPage:
        """Raises SourceChanged, SourceRefused."""

    def read_thread(self, html: str, url: str, now: datetime) -> ThreadPage:
        """Raises SourceChanged, SourceRefused."""


@dataclass(slots=True)
class Progress:
    """How far one thread has been read in this crawl. floors: on the pages before the one asked for."""

    link: ThreadLink
    floors: int = 0
    pages: int = 0
    first_id: str | None = None
    native_ids: set[str] = field(default_factory=set)


class ForumSpider(SourceSpider):
    """Follows boards up to the source's max_pages and threads up to MOST_THREAD_PAGES."""

    def __init__(self, visit: Visit, **arguments: Any) -> None:  # Any: Scrapy's own arguments
        super().__init__(visit, **arguments)
        self._reader: Reader = discuz if visit.source.kind is SourceKind.DISCUZ else ForumReader()
        self._keys: set[str] = set()
        self._boards = {visit.source.url}
        # A reader of unknown software learns from one full thread before the others are asked for; None: it has.
        self._held: list[Request] | None = None if visit.source.kind is SourceKind.DISCUZ else []
        self._is_learning = False

    async def start(self) -> AsyncIterator[Any]:  # Any: Scrapy's signature
        """The list itself; a source that is one thread goes on where it was left."""
        key = self._reader.thread_key(self.visit.source.url)
        state = (await asyncio.to_thread(self._states, [key])).get(key) if key else None
        if key is None or state is None:
            yield self.request(self.visit.source.url, Step.LIST)
            return
        self.visit.outcome.meet([state.read_at])
        request = self._thread(ThreadLink(key=key, url=self.visit.source.url), state)
        yield self.request(request.url, Step.LIST, progress=request.meta["progress"])

    async def read_list(self, page: Page, response: Response) -> AsyncIterator[Output]:
        """A board, an index of boards, or a single thread. Raises SourceError."""
        if self._reader.thread_key(page.url):
            async for thing in self.read_behind(page, response):
                yield thing
            return
        number = response.meta.get("number", 1)
        try:
            board = await asyncio.to_thread(self._reader.read_board, page.text, page.url, self.visit.now())
        except SourceError as error:
            if number == 1 and not response.meta.get("is_behind_index"):
                raise
            _LOG.info("%s: stopped at %s: %s", self.visit.source.name, page.url, error.code)
            if isinstance(error, SourceRefused):
                yield Rejected(raw=page.url, error=error)
            return
        fresh = [link for link in board.threads if link.key not in self._keys]
        self._keys.update(link.key for link in fresh)
        for request in self._lesson_first(await self._with_news(fresh)):
            yield request
        for url in self._fresh_boards(board):
            yield self.request(url, Step.LIST, is_behind_index=True)
        # A board answers for a page beyond its last with an earlier one: its threads are no news then.
        if fresh and board.next_url and number < self.visit.page_limit:
            behind = response.meta.get("is_behind_index", False)
            yield self.request(board.next_url, Step.LIST, number=number + 1, is_behind_index=behind)

    async def read_again(self, page: Page, before: Mention) -> AsyncIterator[Output]:
        """Whether a thread is still there; edits come with its news. Raises SourceError."""
        await asyncio.to_thread(self._reader.read_thread, page.text, page.url, self.visit.now())
        yield Checked(mention_id=before.id)

    async def read_behind(self, page: Page, response: Response) -> AsyncIterator[Output]:
        """One page of a thread. Raises SourceError."""
        thread = await asyncio.to_thread(self._reader.read_thread, page.text, page.url, self.visit.now())
        for request in self._release():
            yield request
        way = way_to(response)
        progress: Progress | None = response.meta.get("progress")
        if progress is None or (progress.link.key != thread.key and not way.is_lasting):
            # For now the site answers with another thread: the one asked for is not read, and asked for again.
            progress = Progress(ThreadLink(key=thread.key, url=page.url))
        fresh = [floor for floor in thread.floors if floor.native_id not in progress.native_ids]
        for thing in await self._mentions(fresh, thread, progress, page):
            yield thing
        progress.native_ids.update(floor.native_id for floor in fresh)
        progress.pages += 1
        following = thread.next_url if fresh else None
        if following is None:
            is_its_own = way.is_lasting or progress.link.url == page.url
            yield self._state(progress, page.url if is_its_own else way.asked, is_complete=True)
            return
        progress.floors += sum(not floor.parent for floor in fresh)
        yield self._state(progress, following, is_complete=False)
        if progress.pages < MOST_THREAD_PAGES:
            yield self.request(following, Step.PAGE, progress=progress)

    def _fresh_boards(self, board: BoardPage) -> list[str]:
        """Indexes show boards inside boards, and each other."""
        fresh = [url for url in dict.fromkeys(board.boards) if url not in self._boards]
        fresh = fresh[: MOST_BOARDS - len(self._boards) + 1]
        self._boards.update(fresh)
        return fresh

    def give_up(self, request: Request, error: TingfengError) -> Iterator[Output]:
        """A thread that is gone or walled is left alone until the list shows news of it, or for a day.

        One that was readable before keeps its state: the floors that the list tells of are still to come.
        """
        yield from super().give_up(request, error)
        yield from self._release()
        progress: Progress | None = request.meta.get("progress")
        if progress is None or progress.pages or not error.details.get("is_final"):
            return
        if _is_unread(progress.first_id, progress.floors):
            yield self._state(progress, str(request.meta["asked_url"]), is_complete=True)

    def _lesson_first(self, requests: list[Request]) -> list[Request]:
        if self._held is None:
            return requests
        lesson = [] if self._is_learning else requests[:1]
        self._is_learning |= bool(lesson)
        self._held.extend(requests[len(lesson) :])
        return lesson

    def _release(self) -> list[Request]:
        held, self._held = self._held, None
        return held or []

    async def _with_news(self, links: Sequence[ThreadLink]) -> list[Request]:
        states = await asyncio.to_thread(self._states, [link.key for link in links])
        blind = [state for link in links if (state := states.get(link.key)) and _tells_nothing(link)]
        chosen = sorted(blind, key=lambda state: state.read_at)[: -(-len(blind) // BLIND_SHARE)]
        again = {state.key for state in chosen}
        now = self.visit.now()
        asked = [link for link in links if link.key in again or _has_news(link, states.get(link.key), now)]
        asked.sort(key=lambda link: -min(link.replies or 0, FULL_REPLIES))  # readers learn from the first
        self.visit.outcome.skipped += len(links) - len(asked)
        self.visit.outcome.meet([states[link.key].read_at if link.key in states else None for link in links])
        return [self._thread(link, states.get(link.key)) for link in asked]

    def _states(self, keys: Sequence[str]) -> dict[str, SeenThread]:
        with self.visit.database.read() as connection:
            return seen_thread.find(connection, self.visit.source.name, keys)

    def _thread(self, link: ThreadLink, state: SeenThread | None) -> Request:
        if state is None:
            return self.request(link.url, Step.PAGE, progress=Progress(link))
        progress = Progress(link, floors=state.floors_before, first_id=state.first_id)
        return self.request(state.url, Step.PAGE, progress=progress)

    def _state(self, progress: Progress, url: str, *, is_complete: bool) -> SeenThread:
        return SeenThread(
            source=self.visit.source.name,
            key=progress.link.key,
            url=url,
            floors_before=progress.floors,
            first_id=progress.first_id,
            replies=progress.link.replies,
            last_post_at=progress.link.last_post_at,
            is_complete=is_complete,
            read_at=self.visit.now(),
        )

    async def _mentions(
        self, floors: Sequence[Floor], thread: ThreadPage, progress: Progress, page: Page
    ) -> list[Output]:
        """Mentions of these floors, without those that are stored as they are."""
        made: list[Mention] = []
        above: dict[str, str] = {}
        place = progress.floors
        for floor in floors:
            place += not floor.parent
            if floor.text or (
                floor.is_first and thread.title
            ):  # a blocked or merely quoting floor says nothing of its own
                floor = replace(floor, number=floor.number or place, is_first=floor.is_first and progress.floors == 0)
                mention = self._mention(floor, thread, page, progress.link.key)
                progress.first_id = mention.id if floor.is_first else progress.first_id
                above |= {} if floor.is_first else {floor.native_id: mention.id}
                made.append(replace(mention, parent_id=above.get(floor.parent)))
        asked = [mention.id for mention in made] + [_bare_id(mention) for mention in made[:1]]
        known = await asyncio.to_thread(self._known, sorted(set(asked)))
        outputs: list[Output] = []
        for mention in made:
            if mention.kind is Kind.REPLY:
                mention = replace(mention, parent_id=mention.parent_id or progress.first_id)
            elif (other := known.get(_bare_id(mention))) and other.id == _bare_id(mention):
                progress.first_id = other.id  # a feed brought the first post under its address
                mention = other
            outputs.extend(self.news(mention, known.get(mention.id)))
        return outputs

    def _mention(self, floor: Floor, thread: ThreadPage, page: Page, key: str) -> Mention:
        return self.mention(
            Reading(
                url=floor.url,
                native_id=key + floor.native_id if floor.native_id.startswith("#") else floor.native_id,
                title=thread.title if floor.is_first else "",
                text=floor.text,
                author=floor.author,
                author_id=floor.author_id,
                published=floor.published,
                charset=page.charset,
                kind=Kind.POST if floor.is_first else Kind.REPLY,
                thread_id=key,
                floor=floor.number,
            )
        )


def _bare_id(mention: Mention) -> str:
    """The id its address alone would have."""
    return mention_id(identity(mention.url))


def _tells_nothing(link: ThreadLink) -> bool:
    return link.replies is None and link.last_post_at is None


def _is_unread(first_id: str | None, floors: int) -> bool:
    """Whether no floor of a thread was read yet."""
    return first_id is None and floors == 0


def _has_news(link: ThreadLink, state: SeenThread | None, now: datetime) -> bool:
    """New, left unfinished, walled a day ago, or with another count or a later last post than when it was read."""
    if state is None or not state.is_complete:
        return True
    if _is_unread(state.first_id, state.floors_before) and now - state.read_at >= WALL_REST:
        return True
    if link.replies is not None and link.replies != state.replies:
        return True
    if link.last_post_at is None:
        return False
    return state.last_post_at is None or link.last_post_at > state.last_post_at
