"""Sitemaps: files newest first, a few at a time, then the pages they name, newest first.

A page is asked for when it is new, or its lastmod rose; a file with a lastmod, when that rose. What does not fit into
one crawl is told and comes with the next. Invariant: the row of a page follows its mention into the same queue, that
of a file the mentions of all its pages.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self
from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from core.errors import SourceChanged, TingfengError
from core.mention import DatePrecision, Mention, mention_id
from core.normalise import canonical_url
from crawler import seen_page, walled
from crawler.extract.dates import Published
from crawler.extract.feed import Entry
from crawler.extract.sitemap import Place, read_sitemap, sitemaps_of
from crawler.items import Rejected, identity
from crawler.page import MOST_UNPACKED_BYTES, Page
from crawler.seen_page import SeenPage
from crawler.spiders.base import Output, SourceSpider, Step
from crawler.visit import Visit

# Guess: enough that the newest pages of a site with a file per section are among them.
FILES_AT_ONCE: Final = 20
# Source: sitemaps.org/protocol.html knows one level of index files; sites have a second.
MOST_LEVELS: Final = 3
# Guess: a page that is gone, or a site that says so for an evening, costs one request a day.
FAILURE_REST: Final = timedelta(days=1)
_DAY: Final = timedelta(days=1)
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ROOTS: Final = ("", "/")


@dataclass(slots=True)
class File:
    """A sitemap. index: the one that names it. level: 0 for the source's own. waiting: what it names and is under way.

    is_left: some of that comes with the next crawl. is_partial: some of it could not be read.
    """

    url: str
    index: Self | None = None
    level: int = 0
    modified: Published | None = None
    read_at: datetime | None = None
    waiting: int = 0
    is_left: bool = False
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page to ask for."""

    place: Place
    file: File
    is_new: bool


class SitemapSpider(SourceSpider):
    """Asks for up to the source's max_pages pages in one crawl."""

    def __init__(self, visit: Visit, **arguments: Any) -> None:  # Any: Scrapy's own arguments
        super().__init__(visit, **arguments)
        self._files: list[File] = []
        self._read: list[File] = []
        self._wanted: list[Wanted] = []
        self._asked: set[str] = set()
        self._open = 1  # requests without an answer yet
        self._left_pages = 0
        self._strangers: list[str] = []
        self._budget = visit.page_limit

    @property
    def has_pages(self) -> bool:
        """Its lastmod tells which pages to look at again."""
        return False

    async def start(self) -> AsyncIterator[Any]:  # Any: Scrapy's signature
        """The sitemap; for a site, the robots.txt that names its sitemaps."""
        url = self.visit.source.url
        path = urlsplit(url).path
        if path in _ROOTS or path.endswith("/robots.txt"):
            yield self.request(urljoin(url, "/robots.txt"), Step.LIST, is_robots_list=True)
        else:
            yield self._file(File(url))

    async def answered(self, response: Response) -> AsyncIterator[Output]:
        """Read, then go on."""
        async for thing in super().answered(response):
            yield thing
        for thing in self._settle(response.meta):
            yield thing

    def failed(self, failure: Failure) -> Iterator[Output]:
        """Book the failure, then go on."""
        yield from super().failed(failure)
        meta = failure.request.meta  # type: ignore[attr-defined]  # set by Scrapy
        meta["file"].is_left = True
        yield from self._settle(meta)

    async def read_list(self, page: Page, response: Response) -> AsyncIterator[Output]:
        """Raises SourceChanged when it is no sitemap."""
        if response.meta.get("is_robots_list"):
            self._name_files(sitemaps_of(page.text, page.url))
            return
        file: File = response.meta["file"]
        sitemap = await asyncio.to_thread(read_sitemap, page.text, page.url, now=self.visit.now())
        if sitemap.is_index and file.level >= MOST_LEVELS:
            raise SourceChanged(f"网站地图嵌套超过 {MOST_LEVELS} 层", url=page.url)
        first = [place for place in sitemap.places if self._is_first(place.url)]
        own = (self.visit.source.url, file.url) if sitemap.is_index else (self.visit.source.url,)
        new = [place for place in first if is_of_site(place.url, own)]
        self._strangers.extend(place.url for place in first if not is_of_site(place.url, own))
        for start in range(0, len(new), seen_page.BATCH):
            batch = new[start : start + seen_page.BATCH]
            if sitemap.is_index:
                await self._sift_files(batch, file)
                continue
            async for thing in self._sift_pages(batch, file):
                yield thing
        if sitemap.is_cut:
            file.is_partial = True
            yield Rejected(raw=page.url, error=SourceChanged("网站地图超过 50000 个网址，其余未读", url=page.url))

    async def read_behind(self, page: Page, response: Response) -> AsyncIterator[Output]:
        """The mention, then what was read. Raises SourceChanged."""
        async for thing in super().read_behind(page, response):
            yield thing
            if isinstance(thing, Mention):
                yield self._row(response.meta["place"], thing.id)

    def give_up(self, request: Request, error: TingfengError) -> Iterator[Output]:
        """A page that is gone rests for a day; a site without robots.txt may have a sitemap in the usual place."""
        meta = request.meta
        meta["file"].is_left |= error.retryable
        meta["file"].is_partial = True
        if meta.get("is_robots_list") and isinstance(error, SourceChanged):
            self._name_files(())
        elif meta["step"] is Step.LIST and meta["file"].level:
            yield Rejected(raw=str(meta["asked_url"]), error=error)
        else:
            yield from super().give_up(request, error)
        if meta["step"] is Step.PAGE and not error.retryable:
            yield self._row(meta["place"], None)

    def request(self, url: str, step: Step, **meta: object) -> Request:
        """Sitemaps may be larger than pages."""
        size = {"download_maxsize": MOST_UNPACKED_BYTES} if step is Step.LIST else {}
        return super().request(url, step, **{"file": File(url), **size, **meta})

    def _name_files(self, urls: Sequence[str]) -> None:
        """Those that robots.txt names; where several are named, one that fails is no failure of the source."""
        found = urls or (urljoin(self.visit.source.url, "/sitemap.xml"),)
        allowed = [url for url in found if walled.refusal(url) is None]
        self._strangers.extend(url for url in found if url not in allowed)
        self._files.extend(File(url, level=int(len(found) > 1)) for url in allowed if self._is_first(url))

    def _is_first(self, url: str) -> bool:
        """Each address once a crawl; the front page is no mention."""
        is_first = url not in self._asked and urlsplit(url).path not in _ROOTS
        self._asked.add(url)
        return is_first

    async def _sift_files(self, places: Sequence[Place], index: File) -> None:
        rows = await self._rows(places)
        for place in places:
            row = rows.get(_key(place.url))
            if row is None or self._may_have_news(place.modified, row):
                read_at = row.read_at if row else None
                self._files.append(File(place.url, index, index.level + 1, place.modified, read_at))
                index.waiting += 1
            else:
                self.visit.outcome.skipped += 1

    async def _sift_pages(self, places: Sequence[Place], file: File) -> AsyncIterator[Output]:
        rows = await self._rows(places)
        unread = [place.url for place in places if _key(place.url) not in rows]
        unknown, seen = await self.sift(unread)
        for mention in seen:
            yield mention
        new = set(unknown)
        for place in places:
            row = rows.get(_key(place.url))
            if place.url in new or (row is not None and self._is_wanted(place, row)):
                self._wanted.append(Wanted(place, file, is_new=row is None))
            elif row is None:
                yield self._row(place, _key(place.url))  # another source brought it
            else:
                self.visit.outcome.skipped += 1

    def _is_wanted(self, place: Place, row: SeenPage) -> bool:
        if place.modified is not None and place.modified.at > (row.modified_at or row.read_at):
            return True
        return self._has_rested(row)

    def _may_have_news(self, modified: Published | None, row: SeenPage) -> bool:
        """A file without lastmod always may; one whose lastmod is a day, until that day is over."""
        if row.mention_id is None:
            return self._has_rested(row) or (modified is not None and modified.at > (row.modified_at or row.read_at))
        if modified is None or row.modified_at is None or modified.at > row.modified_at:
            return True
        return modified.precision is DatePrecision.DAY and row.read_at < modified.at + _DAY

    def _has_rested(self, row: SeenPage) -> bool:
        return row.mention_id is None and self.visit.now() - row.read_at >= FAILURE_REST

    async def _rows(self, places: Sequence[Place]) -> dict[str, SeenPage]:
        rows = await asyncio.to_thread(self._read_rows, [_key(place.url) for place in places])
        for row in rows.values():  # in no order, and whole: each tells how far back it was read
            self.visit.outcome.meet([row.read_at])
        return rows

    def _read_rows(self, keys: Sequence[str]) -> dict[str, SeenPage]:
        with self.visit.database.read() as connection:
            return seen_page.find(connection, self.visit.source.name, keys)

    def _settle(self, meta: dict[str, Any]) -> Iterator[Output]:  # Any: Scrapy's own
        """One answer less is awaited: its file may be done, and so may all that were asked for together."""
        self._open -= 1
        if meta["step"] is Step.PAGE:
            meta["file"].waiting -= 1
            yield from self._done(meta["file"])
        elif not meta.get("is_robots_list"):
            self._read.append(meta["file"])
        if self._open == 0:
            yield from self._go_on()

    def _done(self, file: File) -> Iterator[Output]:
        """Note a file when nothing that it names is left, and with it perhaps the one that names it."""
        if file.waiting or file.is_left:
            return
        found = None if file.is_partial else _key(file.url)
        yield self._row(Place(entry=Entry(url=file.url), modified=file.modified), found)
        if file.index is not None:
            file.index.waiting -= 1
            file.index.is_partial |= file.is_partial
            yield from self._done(file.index)

    def _go_on(self) -> Iterator[Output]:
        """Pages of the files just read, then the next files, until the crawl has its share."""
        asked = list(self._ask_pages())
        read, self._read = self._read, []
        for file in read:
            yield from self._done(file)
        if not asked and self._budget:
            asked = list(self._ask_files())
        self._open += len(asked)
        yield from asked
        if not asked:
            self._tell_what_is_left()
            yield from self._tell_strangers()

    def _ask_pages(self) -> Iterator[Request]:
        self._wanted.sort(key=lambda wanted: (wanted.is_new, _time(wanted.place)), reverse=True)
        chosen, left = self._wanted[: self._budget], self._wanted[self._budget :]
        self._budget -= len(chosen)
        self._left_pages += len(left)
        for wanted in left:
            wanted.file.is_left = True
        for wanted in chosen:
            wanted.file.waiting += 1
        self._wanted = []
        for wanted in chosen:
            place = wanted.place
            yield self.request(place.url, Step.PAGE, place=place, file=wanted.file, entry=place.entry)

    def _ask_files(self) -> Iterator[Request]:
        self._files.sort(key=_order)
        chosen, self._files = self._files[:FILES_AT_ONCE], self._files[FILES_AT_ONCE:]
        for file in chosen:
            yield self._file(file)

    def _file(self, file: File) -> Request:
        self._asked.add(canonical_url(file.url))
        return self.request(file.url, Step.LIST, file=file)

    def _tell_what_is_left(self) -> None:
        parts = [f"{self._left_pages} 页"] if self._left_pages else []
        parts += [f"{len(self._files)} 个网站地图"] if self._files else []
        self.visit.outcome.left = "、".join(parts)

    def _tell_strangers(self) -> Iterator[Rejected]:
        """Once, and not as a part of the files that name them: they are never to be read."""
        if self._strangers:
            said = f"网站地图里有 {len(self._strangers)} 个网址不属于本站或不能采集，未采集，如 {self._strangers[0]}"
            yield Rejected(raw=self.visit.source.url, error=SourceChanged(said, url=self._strangers[0]))

    def _row(self, place: Place, found: str | None) -> SeenPage:
        return SeenPage(
            source=self.visit.source.name,
            key=_key(place.url),
            modified_at=place.modified.at if place.modified else None,
            mention_id=found,
            read_at=self.visit.now(),
        )


def is_of_site(url: str, own: Sequence[str]) -> bool:
    """Whether an address is on an own host, on a part of it or on what it is a part of, and may be collected."""
    host = _host(url)
    is_own = any(
        host == each or host.endswith(f".{each}") or ("." in host and each.endswith(f".{host}"))
        for each in map(_host, own)
    )
    return is_own and walled.refusal(url) is None


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _key(url: str) -> str:
    return mention_id(identity(url))


def _order(file: File) -> tuple[bool, float]:
    """Newest first; those that do not say, after them, the longest unread first."""
    if file.modified is not None:
        return False, -file.modified.at.timestamp()
    return True, (file.read_at or _LONG_AGO).timestamp()


def _time(place: Place) -> datetime:
    known = place.modified or place.entry.published
    return known.at if known else _LONG_AGO
