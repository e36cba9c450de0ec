"""What spiders, middlewares and the pipeline of one crawl share: the source, the clock, the count, the limits."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast

from scrapy.crawler import Crawler

from core.database import Database
from crawler.definition import Source
from crawler.outcome import Outcome, Progress
from crawler.pace import Turns


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Guesses, to be measured on real sites; tests shorten them.

    page_timeout_seconds: for one answer, body included. flush_seconds: the longest a mention waits in memory.
    write_pauses_seconds: waits between attempts to write while the database is locked or the disk is full.
    report_seconds: between two reports of progress.
    """

    page_timeout_seconds: float = 30.0
    flush_seconds: float = 2.0
    write_pauses_seconds: tuple[float, ...] = (1.0, 4.0, 15.0)
    report_seconds: float = 1.0


Report = Callable[[str, Progress], None]


def in_silence(name: str, progress: Progress) -> None:
    """The report of a crawl that nobody watches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One crawl of one source.

    delay_seconds: between two requests to a host, before robots.txt has its say. author_key: set when only hashes of
    author names may be kept. secret: the value of a secret by its name; raises ConfigurationError. report: told how far
    it is, with the source's name. reach: how many times the usual list pages are followed, more than once to fill a
    gap. turns: what crawls of one host share.
    """

    source: Source
    outcome: Outcome
    database: Database
    now: Callable[[], datetime]
    limits: Limits
    delay_seconds: float
    time_limit_seconds: float
    secret: Callable[[str], str]
    author_key: str | None = None
    report: Report = in_silence
    reach: int = 1
    turns: Turns | None = None

    @property
    def page_limit(self) -> int:
        """List pages that may be followed."""
        return self.source.max_pages * self.reach


class _HasVisit(Protocol):
    visit: Visit


def visit_of(crawler: Crawler) -> Visit:
    """The visit of a running crawl; every spider of ours carries it."""
    return cast(_HasVisit, crawler.spider).visit
