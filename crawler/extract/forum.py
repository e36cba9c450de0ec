"""Read threads and boards of forum software that nobody named: what is repeated around times is a post.

Pure functions; ``ForumReader`` adds the memory of one crawl, so that a page with a single post is read like its
fuller neighbours. Any page gives an answer or SourceChanged.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from core.errors import SourceChanged, SourceRefused
from crawler.extract import board, index
from crawler.extract.blocks import Block, Series, series, top_before
from crawler.extract.lines import WORDS, enclose, open_letters
from crawler.extract.memory import MOST_INSIDE, Memory, ThreadSelectors, known_blocks, selectors
from crawler.extract.pager import next_url, page_number, thread_key
from crawler.extract.posts import Posts
from crawler.extract.reading import Read, floors_of, read_blocks, with_comments
from crawler.extract.shape import Shape
from crawler.extract.thread import BoardPage, ThreadPage
from crawler.extract.timemark import Mark, marks, moment
from crawler.extract.tree import line, parse

MOST_TITLE: Final = 300
# Guess: no page shows more posts; a page that seems to is a trap.
MOST_POSTS: Final = 500
# Guess: the times and the levels that are looked at on a page with one post.
MOST_SINGLE: Final = 12
MOST_STEPS: Final = 12
# Guess: less is a button or a rule; the words of a post on a page of its own.
FEWEST_LETTERS: Final = 4
# Guess: the order of more does not tell more.
MOST_ORDERED: Final = 40
# Guess: so many full pages of a site tell where things stand on all.
LESSONS: Final = 8
FEWEST_TAUGHT: Final = 3
MOST_PEOPLE: Final = 5000
# Minutes: the widest offset of a time zone from UTC is 14 hours.
WIDEST_SLIP: Final = 14 * 60
_LETTER: Final = re.compile(r"[^\W\d_]")
_GONE: Final = re.compile(
    r"(?:主题|帖子|帖|页面|内容|话题|版块)[^。]{0,8}(?:不存在|已?被?删除|已?被?关闭|找不到)"
    r"|(?:topic|thread|page)[^.]{0,20}(?:not exist|not found|deleted)",
    re.IGNORECASE,
)
_RE: Final = re.compile(r"(?:(?:回复|回覆|re|主题|标题)\s?[:：]\s?)*", re.IGNORECASE)
_WALL: Final = re.compile(
    r"(?:您?需要|请先?|必须)登[录錄入陆]|登[录錄]后(?:才|方)?[可能](?!以?(?:进行|够)?(?:回|评|发|參|参|点|收|打|私|关))|没有权限|無權|仅限会员"
    r"|login to (?:view|continue)|must be logged in",
    re.IGNORECASE,
)


class ForumReader:
    """The reader of one crawl."""

    def __init__(self) -> None:
        self._memory = Memory()

    def thread_key(self, url: str) -> str | None:
        """An address alone does not tell for unknown software."""
        return None

    def read_board(self, html: str, url: str, now: datetime) -> BoardPage:
        """Raises SourceChanged, SourceRefused."""
        return read_board(html, url, now)

    def read_thread(self, html: str, url: str, now: datetime) -> ThreadPage:
        """Raises SourceChanged, SourceRefused."""
        return _read_thread(html, url, now, self._memory)


def read_board(html: str, url: str, now: datetime) -> BoardPage:
    """Raises SourceChanged where no list of threads is found, SourceRefused for a wall."""
    root = parse(html)
    sorts = board.sorts_of(Shape(root), url)
    boards, rows = index.boards(sorts, board.chosen_rows(sorts), url)
    threads = board.links(rows, now) if rows else ()
    if not threads and not boards:
        raise _nothing(root, url, "主题列表")
    return BoardPage(threads=threads, next_url=next_url(root, url), boards=boards)


def read_thread(html: str, url: str, now: datetime) -> ThreadPage:
    """Raises SourceChanged where no post is found, SourceRefused for a wall."""
    return _read_thread(html, url, now, Memory())


def propose(html: str, url: str, now: datetime) -> ThreadSelectors | None:
    """The selectors that a thread page with several posts suggests."""
    memory = Memory()
    _read_thread(html, url, now, memory)
    return memory.posts.usual()


def _read_thread(html: str, url: str, now: datetime, memory: Memory) -> ThreadPage:
    """Read a thread page as its fuller neighbours were read, else by what is repeated on it."""
    root = parse(html)
    open_letters(root)
    usual = memory.posts.usual()
    enclose(root, fewest=1 if usual and WORDS in usual.text else 2)
    shape = Shape(root)
    found = list(marks(shape))[: 3 * MOST_POSTS]
    title, is_first = _title(root), page_number(url) == 1
    shape.hush(place for place, words in enumerate(shape.own) if _is_title(words, title))
    furniture = memory.meet(shape, found, thread_key(url))
    found = [mark for mark in found if mark.place not in furniture]
    reads = [_without(read, title) for read in _reads(shape, found, now, memory, is_first=is_first)][:MOST_POSTS]
    floors = floors_of(reads, url)
    if not floors and not (reads and memory.posts.pages):  # where posts are known to stand, one may be a picture
        raise _nothing(root, url, "帖子")
    return ThreadPage(key=thread_key(url), title=title, floors=floors, next_url=next_url(root, url))


def _reads(shape: Shape, found: Sequence[Mark], now: datetime, memory: Memory, *, is_first: bool) -> list[Read]:
    """All posts of a page, in page order."""
    blocks, known, nest = _posts(shape, found, now, memory)
    if blocks:
        reads, start = with_comments(shape, blocks, found, now, known, nest), blocks[0].roots[0]
    elif is_first and (first := _first(shape, found, len(shape.nodes), [], now, memory)):
        return first
    else:
        return _single(shape, found, now)
    return [*(_first(shape, found, start, reads, now, memory) if is_first else []), *reads]


def _posts(
    shape: Shape, found: Sequence[Mark], now: datetime, memory: Memory
) -> tuple[Sequence[Block], ThreadSelectors | None, str]:
    """The blocks of the page and how to read them: as its fuller neighbours, of which it may be one itself."""
    known = memory.posts.usual()
    blocks = known_blocks(shape, found, known) if known else []
    if known and blocks and memory.posts.pages >= LESSONS:
        return blocks, known, known.nest
    best = _best(shape, found, now)
    if best and len(best.blocks) >= FEWEST_TAUGHT:
        posts, before = Posts(shape, best.blocks), known
        memory.posts.add(shape, best.blocks[0], posts, best.nest)
        memory.people.update(name for name, _ in posts.writers.names() if len(memory.people) < MOST_PEOPLE)
        known = memory.posts.usual()
        if known is not None and (before is None or known.is_like(selectors(shape, best.blocks[0], posts, best.nest))):
            return best.blocks, known, best.nest
        blocks = known_blocks(shape, found, known) if known else []
    if known and blocks:
        return blocks, known, known.nest
    return (best.blocks, None, best.nest) if best else ([], None, "")


def _first(
    shape: Shape, found: Sequence[Mark], start: int, replies: Sequence[Read], now: datetime, memory: Memory
) -> list[Read]:
    """The first post, where it stands in a block of another sort: as on other pages, else by what it looks like."""
    before = [mark for mark in found if mark.place < start]
    known = memory.openings.usual()
    blocks = known_blocks(shape, before, known, start)[:1] if known else []
    if known and replies and blocks and known.text not in Posts(shape, blocks).places:
        blocks = []  # a later page has the head of the thread without its first post
    is_taught = memory.openings.pages >= LESSONS or (memory.openings.pages > 1 and not blocks)
    if replies and not is_taught and (block := _opening(shape, before, start, replies, now)):
        posts = Posts(shape, [block])
        if len(replies) >= FEWEST_TAUGHT:
            memory.openings.add(shape, block, posts, people=memory.people)
            known = memory.openings.usual()
        if known is None or known.is_like(selectors(shape, block, posts)):
            blocks = [block]
        else:
            blocks = known_blocks(shape, before, known, start)[:1]
    return read_blocks(shape, Posts(shape, blocks, known), now) if blocks else []


def _without(read: Read, title: str) -> Read:
    """Boards repeat the thread's title, and the writer's name, over each post."""
    first, _, rest = read.text.partition("\n")
    if first == read.author:
        return replace(read, text=rest)
    return replace(read, text=rest) if rest and _is_title(first, title) else read


def _is_title(words: str, title: str) -> bool:
    return bool(title) and words.endswith(title) and bool(_RE.fullmatch(words[: -len(title)]))


def _best(shape: Shape, found: Sequence[Mark], now: datetime) -> Series | None:
    """The series that explains most words, with names, and times of day that follow one another."""
    best, most = None, 0.0
    ordered: dict[tuple[int, ...], float] = {}
    for one in series(shape, found):
        posts = Posts(shape, one.blocks)
        named = sum(bool(name) for name, _ in posts.writers.names()) / len(one.blocks)
        clock = sum(":" in block.mark.text or "前" in block.mark.text for block in one.blocks) / len(one.blocks)
        places = tuple(block.mark.place for block in one.blocks[:MOST_ORDERED])
        if places not in ordered:
            ordered[places] = 1.0 if one.nest else _order(shape, one.blocks[:MOST_ORDERED], now)
        score = posts.quality() * (0.3 + named) * (0.5 + 0.5 * clock) * (0.4 + 0.6 * ordered[places])
        if score > most:
            best, most = one, score
    return best


def _order(shape: Shape, blocks: Sequence[Block], now: datetime) -> float:
    """How many neighbours are in the order of most: people join whenever they like, but posts follow one another."""
    times = [read.at for block in blocks if (read := moment(block.mark, shape, now))]
    pairs = list(zip(times, times[1:], strict=False))
    rising, falling = sum(a <= b for a, b in pairs), sum(a >= b for a, b in pairs)
    return max(rising, falling) / len(pairs) if len(pairs) > 1 else 1.0


def _opening(shape: Shape, found: Sequence[Mark], start: int, replies: Sequence[Read], now: datetime) -> Block | None:
    """The first post, where it stands in a block of another sort before the replies."""
    chosen, words = None, list[int]()
    reply = shape.names[replies[0].mark.place]
    earliest = min((read.published.at for read in replies if read.published), default=None)
    for mark in found[:MOST_SINGLE]:
        top = top_before(shape, mark.place, start)
        if shape.parents[top] < 0:
            continue
        # Chosen replies, shown before the first one, end it.
        later = (one.place for one in found if one.place > shape.ends[top] and shape.names[one.place] == reply)
        stop = top_before(shape, place, mark.place) if (place := next(later, None)) is not None else start
        block = Block(mark, tuple(shape.between(top, stop)))
        posts = Posts(shape, [block])
        read = read_blocks(shape, posts, now)[0]
        is_late = earliest is not None and read.published is not None and read.published.at > earliest
        is_vague = ":" in replies[0].mark.text + replies[0].mark.exact and ":" not in mark.text + mark.exact
        is_vague &= "前" not in mark.text and "ago" not in mark.text and not mark.exact.isdigit()
        if read.text and read.author and not is_late and not is_vague and not _is_same(read, replies[0]):
            if chosen is not None and posts.words_places(0) != words:
                break
            chosen, words = block, posts.words_places(0)  # the last time before the words is the nearest
    return chosen


def _is_same(read: Read, reply: Read) -> bool:
    """The heading of a thread tells the time of its first post once more; no two posts share a minute there.

    It may leave out the zone, or the seconds, that a machine-readable time has.
    """
    is_fine = any(":" in text for text in (read.mark.text, read.mark.exact))
    if not is_fine or read.published is None or reply.published is None:
        return False
    minutes = abs((reply.published.at - read.published.at).total_seconds()) / 60
    if minutes < 1:
        return read.published.at == reply.published.at or read.author == reply.author
    return read.author == reply.author and minutes <= WIDEST_SLIP and min(minutes % 30, -minutes % 30) < 1


def _single(shape: Shape, found: Sequence[Mark], now: datetime) -> list[Read]:
    """A page with one post: the smallest block with a name and words."""
    for mark in found[:MOST_SINGLE]:
        top, tried = mark.place, 0
        while (parent := shape.parents[top]) >= 0 and shape.nodes[parent].tag != "html" and tried < MOST_STEPS:
            top, tried = parent, tried + 1
            if shape.ends[top] - top > MOST_INSIDE:
                break
            posts = Posts(shape, [Block(mark, (top,))])
            read = read_blocks(shape, posts, now)[0]
            fewest = 1 if posts.is_body() else FEWEST_LETTERS
            if posts.writers.is_certain and len(_LETTER.findall(read.text)) >= fewest:
                return [read]
    return []


def _title(root: etree._Element) -> str:
    """The heading that the page's title begins with, else the longest part of the title."""
    titles = [line(element) for element in root.iter("title")]
    title = titles[0] if titles else ""
    headings = [text for element in root.iter("h1", "h2", "h3", "h4") if 1 < len(text := line(element)) <= MOST_TITLE]
    named = [text for text in headings if text in title]
    if named:
        return max(named, key=len)
    if title:
        return re.split(r"\s+[-|_–—·]+\s*|_|\s*[|–—]\s*|-(?=[^-]*$)", title)[0].strip()[:MOST_TITLE]
    return headings[0] if headings else ""


def _nothing(root: etree._Element, url: str, what: str) -> SourceChanged | SourceRefused:
    text = line(root)[:5000]
    if wall := _WALL.search(text):
        return SourceRefused(f"{urlsplit(url).hostname} 要求登录或权限，不采集：{wall[0]}", url=url, is_final=True)
    if gone := _GONE.search(text):
        return SourceChanged(f"帖子已不存在：{gone[0]}", url=url, is_final=True)
    return SourceChanged(f"网页上没有找到{what}，可能不是论坛或需要选择器", url=url)
