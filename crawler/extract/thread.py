"""What is read of a forum: a board with its threads, a thread with its floors. No reading is done here.

Every reader of forum pages, of a known software or of none, gives these shapes; the spider knows nothing else.
"""

from dataclasses import dataclass
from datetime import datetime

from crawler.extract import dates
from crawler.extract.dates import Published


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """One post of a thread. number: 1 is the first post; None where the page prints none.

    native_id: the site's own key of the post, the same under every address of the thread; with ``#`` in front where it
    tells posts of one thread apart only. text: the writer's own words, without quotes. parent: native_id of the floor
    that it is an answer to, where the page shows it below that one.
    """

    native_id: str
    url: str
    text: str
    author: str = ""
    author_id: str | None = None
    number: int | None = None
    published: Published | None = None
    is_first: bool = False
    parent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadPage:
    """One page of a thread; floors in page order. key: the thread's own, the same on all its pages."""

    key: str
    title: str
    floors: tuple[Floor, ...]
    next_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadLink:
    """A thread on a list. replies, last_post_at: as the list says; None where it does not, or not to the minute."""

    key: str
    url: str
    title: str = ""
    replies: int | None = None
    last_post_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardPage:
    """One page of a list of threads; boards: addresses of boards, where the page is an index of them."""

    threads: tuple[ThreadLink, ...]
    next_url: str | None = None
    boards: tuple[str, ...] = ()


def when(text: str, now: datetime) -> Published | None:
    """Read the time of a post: the one place where forums meet the date engine."""
    return dates.parse(text, now=now)
