"""What one crawl did: counted while it runs, then written onto the source row."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from core.errors import SourceRefused, TingfengError
from core.inbox import PutResult

# Scrapy's word for a crawl that ran out of requests, the only regular end.
FINISHED: Final = "finished"
OUT_OF_TIME: Final = "本次采集达到时间上限，余下的下次继续"
LEFT: Final = "本次采集达到页数上限（max_pages），还有 {left}，下次继续"


class RobotsVerdict(StrEnum):
    """What robots.txt said of the source's own address."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlResult:
    """pages: answers read, without robots.txt. mentions: put into the inbox, of which new, changed, repeated.

    skipped: detail pages not fetched because their mention is known. failed: what went to quarantine. known_since: when
    the oldest of the known mentions that were met was first seen.
    error_code: None when the list was read; is_complete: everything on it was put, nothing is left for next time.
    """

    source: str
    started_at: datetime
    finished_at: datetime
    pages: int = 0
    mentions: int = 0
    new: int = 0
    changed: int = 0
    repeated: int = 0
    skipped: int = 0
    failed: int = 0
    is_complete: bool = False
    error_code: str | None = None
    error_message: str = ""
    is_refused: bool = False
    retry_after_seconds: float | None = None
    robots: RobotsVerdict | None = None
    etag: str | None = None
    last_modified: str | None = None
    known_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """pages: read so far. mentions: met so far, known ones included. waiting: requests in the queue, at least."""

    pages: int = 0
    mentions: int = 0
    waiting: int = 0


@dataclass(slots=True, kw_only=True)
class Outcome:
    """The running count of one crawl.

    error: the first that concerns the whole source. reason: why Scrapy ended. left: in words, what is on the list and
    did not fit into this crawl. sitemaps: those that robots.txt names. postponed: why no host may be asked before
    ``postponed_seconds`` are over.
    """

    source: str
    started_at: datetime
    pages: int = 0
    put: int = 0
    new: int = 0
    changed: int = 0
    repeated: int = 0
    skipped: int = 0
    failures: list[TingfengError] = field(default_factory=list)
    error: TingfengError | None = None
    store_error: TingfengError | None = None
    robots: RobotsVerdict | None = None
    etag: str | None = None
    last_modified: str | None = None
    known_since: datetime | None = None
    reason: str | None = None
    is_out_of_time: bool = False
    left: str = ""
    sitemaps: tuple[str, ...] = ()
    postponed: str = ""
    postponed_seconds: float | None = None

    def fail(self, error: TingfengError) -> None:
        """Note an error that ends the crawl; later ones are consequences of the first."""
        self.error = self.error or error

    def postpone(self, sentence: str, seconds: float) -> None:
        """Note that the rest has to wait, which is no failure."""
        self.is_out_of_time = True
        self.postponed, self.postponed_seconds = sentence, seconds

    def count(self, put: PutResult, mentions: int) -> None:
        """Add one committed batch."""
        self.put += mentions
        self.new += len(put.new)
        self.changed += len(put.changed)
        self.repeated += put.repeated
        self.meet(put.known_since)

    def meet(self, seen_at: datetime | None) -> None:
        """Note a known mention by the time it was first seen."""
        if seen_at is not None and (self.known_since is None or seen_at < self.known_since):
            self.known_since = seen_at

    def progress(self, waiting: int) -> Progress:
        """The count so far; waiting: requests in the queue."""
        return Progress(pages=self.pages, mentions=self.put + self.skipped, waiting=waiting)

    def result(self, *, now: datetime) -> CrawlResult:
        """Close the count. A list whose every page failed is a failure of the source."""
        error = self.store_error or self.error
        if error is None and self.failures and not (self.put or self.skipped):
            error = self.failures[0]
        has_all = self.reason == FINISHED and not self.is_out_of_time and not self.left
        is_complete = error is None and not self.failures and has_all
        return CrawlResult(
            source=self.source,
            started_at=self.started_at,
            finished_at=now,
            pages=self.pages,
            mentions=self.put,
            new=self.new,
            changed=self.changed,
            repeated=self.repeated,
            skipped=self.skipped,
            failed=len(self.failures),
            is_complete=is_complete,
            error_code=error.code if error else None,
            error_message=error.message if error else self._unread(),
            is_refused=isinstance(error, SourceRefused),
            retry_after_seconds=_seconds(error) if error else self.postponed_seconds,
            robots=self.robots,
            etag=self.etag if is_complete else None,
            last_modified=self.last_modified if is_complete else None,
            known_since=self.known_since,
        )

    def _unread(self) -> str:
        if self.postponed:
            return self.postponed
        if self.is_out_of_time:
            return OUT_OF_TIME
        return LEFT.format(left=self.left) if self.left else ""


def _seconds(error: TingfengError | None) -> float | None:
    given = error.details.get("retry_after_seconds") if error else None
    return float(given) if isinstance(given, int | float) else None
