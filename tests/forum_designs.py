"""More made-up forums: default pages of well-known and of home-made software, as a reader without scripts gets them.

Written without a look at what the reader makes of them; ``tests.forum_pages`` holds those it was made with.
"""

from datetime import datetime
from typing import Final

from tests.forum_pages import NOW, PER_BOARD, PER_THREAD, TEMPLATES, Forum, after

# Fewer than elsewhere: two pages of a list tell as much as three.
THREADS: Final = 18


def _minutes(at: datetime) -> int:
    return int((NOW - at).total_seconds()) // 60


def en_long(at: datetime) -> str:
    """Mon Jun 15, 2026 9:12 am."""
    return at.strftime("%a %b %-d, %Y %-I:%M ") + at.strftime("%p").lower()


def en_day(at: datetime, full: str, clock: str = "%I:%M:%S %p", between: str = " at ") -> str:
    """``full``, but for today and yesterday."""
    days = (NOW.date() - at.date()).days
    return at.strftime(full) if days > 1 else ("Today", "Yesterday")[days] + between + at.strftime(clock)


def en_my(at: datetime) -> str:
    """Days in words with the date in a tooltip; else the month first."""
    days = (NOW.date() - at.date()).days
    if days > 6:
        return at.strftime("%m-%d-%Y, %I:%M %p")
    word = f"{days} days ago" if days > 1 else ("Today", "Yesterday")[days]
    return f'<span title="{at.strftime("%m-%d-%Y")}">{word}</span>, {at.strftime("%I:%M %p")}'


def en_ago(at: datetime) -> str:
    minutes = _minutes(at)
    if minutes < 60:
        return f"{minutes} minutes ago"
    if (NOW.date() - at.date()).days < 2:
        return en_day(at, "", "%-I:%M %p")
    return at.strftime("%A at %-I:%M %p") if minutes < 6 * 1440 else at.strftime("%b %-d, %Y")


def zh_ago(at: datetime) -> str:
    minutes = _minutes(at)
    if minutes < 60:
        return f"{minutes} 分钟前"
    return f"{minutes // 60} 小时 {minutes % 60} 分钟前" if minutes < 1440 else f"{minutes // 1440} 天前"


def zh_long(at: datetime) -> str:
    return at.strftime("%Y 年%-m 月 %-d 日 %H:%M")


TEMPLATES.filters |= {
    "en_long": en_long,
    "en_day": en_day,
    "en_my": en_my,
    "en_ago": en_ago,
    "zh_ago": zh_ago,
    "zh_long": zh_long,
}


def _forum(name: str, board: str, url: str, has_counts: bool = True) -> Forum:
    """board, url: of a first page, and behind a space what a later page adds. N: the thread; n: the page, counted from
    0 in z; s: what stands on the pages before it."""
    board_page, _, later = board.partition(" ")
    thread_page, _, more = url.partition(" ")

    def filled(part: str, page: int, size: int) -> str:
        return part.replace("{n}", str(page)).replace("{s}", str((page - 1) * size)).replace("{z}", str(page - 1))

    return Forum(
        name,
        lambda page: filled(board_page, page, PER_BOARD) + after(page, filled(later, page, PER_BOARD)),
        lambda t, page: (
            filled(thread_page.replace("N", str(t.number)), page, PER_THREAD)
            + after(page, filled(more, page, PER_THREAD))
        ),
        is_lively=True,
        has_counts=has_counts,
        size=THREADS,
    )


DESIGNS: Final = (
    _forum("Profiles", "/viewforum.php?f=7 &start={s}", "/viewtopic.php?f=7&t=N &start={s}"),
    _forum("Posters", "/index.php?board=6.{s}", "/index.php?topic=N.{s}"),
    _forum("Postbits", "/forumdisplay.php?fid=14 &page={n}", "/showthread.php?tid=N &page={n}"),
    _forum("Blockposts", "/viewforum.php?id=3 &p={n}", "/viewtopic.php?id=N &p={n}"),
    _forum("Alternates", "/forumdisplay.php?f=11 &page={n}", "/showthread.php?t=N &page={n}"),
    _forum("Unfurled", "/forums/workshop.8/ page-{n}", "/threads/some-words.N/ page-{n}"),
    _forum("Discussions", "/categories/garage /p{n}", "/discussion/N/some-words /p{n}"),
    _forum("Articles", "/all ?page={n}", "/d/N-some-words ?page={n}", has_counts=False),
    _forum("Creators", "/c/use/5 ?page={z}", "/t/topic/N ?page={n}"),
    _forum("Readpage", "/thread.php?fid=4 &page={n}", "/read.php?tid=N&fid=4 &page={n}"),
    _forum("Cells", "/go/auto ?p={n}", "/t/N ?p={n}"),
    _forum("Storeys", "/f?kw=ev&ie=utf-8&pn={s}", "/p/N ?pn={n}"),
    _forum("Topics", "/group/drive/discussion?start={s}&type=new", "/group/topic/N/ ?start={s}"),
    _forum("Rows", "/thread.php?fid=343 &page={n}", "/read.php?tid=N &page={n}"),
    _forum("Media", "/node/show/4 /{n}", "/topic/show/N ?page={n}"),
    _forum("Runs", "/archiver/fid-4 -page-{n}.html", "/archiver/tid-N -page-{n}.html"),
)
# Of another kind, written after the reader was made with the others.
LAST_DESIGNS: Final = (
    _forum("Gateway", "/bbstdoc?board=Auto &start={s}", "/bbstcon?board=Auto&gid=N &page={n}"),
    _forum("Archive", "/archives/list/car-talk@lists.example/ ?page={n}", "/archives/thread/N/ ?page={n}"),
    _forum("Guestbook", "/gbook/list.asp?cid=2 &page={n}", "/gbook/view.asp?id=N &page={n}"),
    _forum("Answers", "/questions ?page={n}", "/questions/N/some-words ?page={n}"),
    _forum("Feedlike", "/c/6 ?page={n}", "/moment/N ?page={n}"),
)
