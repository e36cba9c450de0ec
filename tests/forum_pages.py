"""Made-up forums of different software, with the truth about them: pages by address, posts by thread.

Each is a template in tests/forums, which lays out the same sort of invented content in its own way, and its addresses.
Times are Shanghai time.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.mention import PRINTED_ZONE

NOW: Final = datetime(2026, 11, 24, 4, 14, tzinfo=PRINTED_ZONE)
HOST: Final = "https://bbs.forum.example"
NAMES: Final = (
    "柠檬不酸",
    "夜航船",
    "数码老炮",
    "bluewhale88",
    "一只橘猫",
    "Jenny在路上",
    "南巷清风",
    "木子李",
    "阿泽",
    "老王_1978",
    "晚风",
    "J.K.",
)
WORDS: Final = (
    "提车三天就出现异响，客服一直推诿。",
    "同款用了半年，没有遇到这个问题。",
    "顶",
    "门店说等通知，等了两个星期没有结果。",
    "这个价格还要什么自行车？",
    "建议先录像再去投诉。",
    "已经退了，退款七天到账。",
    "沙发！",
    "升级之后流畅了很多，推荐。",
    "有没有人 2026-11-20 去过现场？",
    "官方能不能给一个明确的说法，我们等得起但不能一直等。",
    "L7 和 X5 怎么选？预算 20 万。",
    "我也是，同求解决办法。",
    "谢谢楼主分享",
    "售后态度不错，换了新的。",
    "路过，帮顶一下，希望早日解决。",
)
SIGNS: Final = (
    "平安是福，少开快车，多陪家人，常回家看看。",
    "",
    "玩机十年，只说真话。欢迎关注，每周更新。",
    "",
    "世界那么大",
)
TITLES: Final = ("求助", "真实体验", "避坑", "提车作业，大家看看值不值")
PER_BOARD: Final = 12
PER_THREAD: Final = 10
Item = TypeVar("Item")


@dataclass(frozen=True)
class Post:
    key: int
    author: str
    at: datetime
    words: tuple[str, ...]
    quoted: str = ""
    is_edited: bool = False

    @property
    def text(self) -> str:
        return "\n".join(self.words)

    @property
    def sign(self) -> str:
        return SIGNS[NAMES.index(self.author) % len(SIGNS)]


@dataclass(frozen=True)
class Thread:
    number: int
    title: str
    posts: tuple[Post, ...]

    @property
    def last(self) -> Post:
        return self.posts[-1]


@dataclass(frozen=True)
class Forum:
    """name: of the template. board, url: addresses of a page of the list and of a thread."""

    name: str
    board: Callable[[int], str]
    url: Callable[[Thread, int], str]

    @property
    def threads(self) -> tuple[Thread, ...]:
        chance, keys = random.Random(self.name), iter(range(1000, 10**6, 7))
        return tuple(_thread(chance, number, keys) for number in range(101, 131))

    def pages(self, threads: Sequence[Thread] | None = None) -> dict[str, str]:
        """Path and query → page."""
        threads = threads if threads is not None else self.threads
        found = {}
        for page, pages, some in sliced(threads, PER_BOARD):
            found[self.board(page)] = self._render(page, pages, {"threads": some, "thread": None, "hot": threads[:3]})
        for thread in threads:
            for page, pages, posts in sliced(list(enumerate(thread.posts, start=1)), PER_THREAD):
                found[self.url(thread, page)] = self._render(page, pages, {"posts": posts, "thread": thread})
        return found

    def _render(self, page: int, pages: int, values: Mapping[str, object]) -> str:
        return TEMPLATES.get_template(f"{self.name}.html").render(
            page=page,
            pages=pages,
            more=page < pages,
            host=HOST,
            user=lambda name: 10 + NAMES.index(name),
            url=lambda thread, number=1: self.url(thread, number),
            board_url=self.board,
            **values,
        )


TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "forums"), undefined=StrictUndefined, autoescape=False
)


def sliced(items: Sequence[Item], size: int) -> Iterator[tuple[int, int, Sequence[Item]]]:
    """page, pages and what is on it."""
    pages = -(-len(items) // size)
    for page in range(1, pages + 1):
        yield page, pages, items[(page - 1) * size : page * size]


def _thread(chance: random.Random, number: int, keys: Iterator[int]) -> Thread:
    at = NOW - timedelta(minutes=chance.randint(60, 90 * 24 * 60))
    posts: list[Post] = []
    for _ in range(chance.choice([1, 1, 2, 3, 4, 7, 10, 11, 23])):
        said = tuple(chance.sample(WORDS, chance.choice([1, 1, 2, 3])))
        is_quoting = bool(posts) and chance.random() < 0.25 and posts[0].words[0] not in said
        quoted = posts[0].words[0] if is_quoting else ""
        posts.append(Post(next(keys), chance.choice(NAMES), at, said, quoted, chance.random() < 0.1))
        at = min(NOW - timedelta(minutes=1), at + timedelta(minutes=chance.randint(1, 2000)))
    brand = chance.choice(["青柠", "云杉", "蓝鲸"]) + chance.choice(["L7", "X5", "折叠"])
    return Thread(number, f"{brand}{chance.choice(TITLES)}（{number}）", tuple(posts))


def _after(page: int, text: str) -> str:
    return text if page > 1 else ""


FORUMS: Final = (
    Forum(
        "BulletinBoard",
        lambda page: "/viewforum.php?f=2" + _after(page, f"&start={(page - 1) * PER_BOARD}"),
        lambda t, page: f"/viewtopic.php?f=2&t={t.number}" + _after(page, f"&start={(page - 1) * PER_THREAD}"),
    ),
    Forum(
        "OldTables",
        lambda page: "/forumdisplay.php?f=5" + _after(page, f"&page={page}"),
        lambda t, page: f"/showthread.php?t={t.number}" + _after(page, f"&page={page}"),
    ),
    Forum(
        "RowPairs",
        lambda page: f"/list.asp?boardid=3&page={page}",
        lambda t, page: f"/read.asp?boardid=3&id={t.number}" + _after(page, f"&page={page}"),
    ),
    Forum(
        "FlatList",
        lambda page: "/go/car" + _after(page, f"?p={page}"),
        lambda t, page: f"/t/{t.number}" + _after(page, f"?p={page}"),
    ),
    Forum(
        "Definitions",
        lambda page: f"/bbs/car/list_{page}.html",
        lambda t, page: f"/bbs/show-{t.number}-{page}.html",
    ),
    Forum(
        "Rendered",
        lambda page: "/c/cars/5" + _after(page, f"?page={page - 1}"),
        lambda t, page: f"/t/topic-about-{t.number}-and-more/{t.number}" + _after(page, f"?page={page}"),
    ),
    Forum(
        "Cards",
        lambda page: "/forum/12" + _after(page, f"/page/{page}"),
        lambda t, page: f"/forum/post/{t.number:x}f{t.number}" + _after(page, f"/page/{page}"),
    ),
    Forum(
        "Phone",
        lambda page: "/m/list?fid=9" + _after(page, f"&pn={page}"),
        lambda t, page: f"/m/tie?tid={t.number}" + _after(page, f"&pn={page}"),
    ),
    Forum(
        "Nested",
        lambda page: "/thread.php?fid=4" + _after(page, f"&page={page}"),
        lambda t, page: f"/read.php?tid={t.number}&fpage=0&toread=" + _after(page, f"&page={page}"),
    ),
)
