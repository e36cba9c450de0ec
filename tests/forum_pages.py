"""Made-up forums of different software, with the truth about them: pages by address, posts by thread.

Each is a template in tests/forums, which lays out the same sort of invented content in its own way, and its addresses.
Times are Shanghai time.
"""

import random
import re
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
LIVELY_WORDS: Final = (
    "顶",
    "+1",
    "哈哈",
    "哈哈哈哈哈哈笑死",
    "mark",
    "@夜航船 你上次不是说过两天就去店里问吗，结果怎么样了",
    "@Jenny在路上 同意",
    "11-02 去的店里，销售说要等到 12-15 才有现车",
    "3 分钟前刚挂了客服电话，态度还行",
    "售价 18.8 万，落地 21 万，比隔壁便宜 5000",
    "楼上说得对",
    "先说结论：续航打七折，冬天再打八折，高速上基本就是表显的一半，准备跑长途的朋友请提前规划好充电站。车机用了三个月，"
    "卡顿两次，死机一次，都是自己恢复的。座椅偏硬，后排偏窄，后备箱倒是意外地能装，婴儿车加两个行李箱没有问题。总的来说"
    "这个价位没有更好的选择，但也没有宣传里说得那么好，大家买之前一定去试驾，不要只看视频。",
    "The app says my order shipped on Nov 3, but nobody has called me yet.",
    "第一，漆面有颗粒；第二，门缝不均匀；第三，右后轮有异响。",
    "多少钱？",
    "回复 3 楼：我也遇到了，换了电池就好",
    "图书馆门口那家店吗",
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
    has_picture: bool = False

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
    """name: of the template. board, url: addresses of a page of the list and of a thread. is_lively: see _said.
    has_counts: the list tells how many replies a thread has. size: threads."""

    name: str
    board: Callable[[int], str]
    url: Callable[[Thread, int], str]
    is_lively: bool = False
    has_counts: bool = True
    size: int = 30

    @property
    def threads(self) -> tuple[Thread, ...]:
        chance, keys = random.Random(self.name), iter(range(1000, 10**6, 7))
        return tuple(_thread(chance, number, keys, self.is_lively) for number in range(101, 101 + self.size))

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
            now=NOW,
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


def _thread(chance: random.Random, number: int, keys: Iterator[int], is_lively: bool) -> Thread:
    at = NOW - timedelta(minutes=chance.randint(60, 90 * 24 * 60))
    posts: list[Post] = []
    for _ in range(chance.choice([1, 1, 2, 3, 4, 7, 10, 11, 23])):
        said = _said(chance) if is_lively else tuple(chance.sample(WORDS, chance.choice([1, 1, 2, 3])))
        is_quoting = bool(posts and posts[0].words) and chance.random() < 0.25 and posts[0].words[0] not in said
        quoted = posts[0].words[0] if is_quoting else ""
        has_picture = is_lively and (not said or chance.random() < 0.1)
        posts.append(Post(next(keys), chance.choice(NAMES), at, said, quoted, chance.random() < 0.1, has_picture))
        at = min(NOW - timedelta(minutes=1), at + timedelta(minutes=chance.randint(1, 2000)))
    brand = chance.choice(["青柠", "云杉", "蓝鲸"]) + chance.choice(["L7", "X5", "折叠"])
    return Thread(number, f"{brand}{chance.choice(TITLES)}（{number}）", tuple(posts))


def _said(chance: random.Random) -> tuple[str, ...]:
    """Mostly one line, seldom four, once in a while none (a picture alone)."""
    return tuple(chance.sample((*WORDS, *LIVELY_WORDS), chance.choice([1] * 12 + [2] * 4 + [3, 4, 0])))


def linked(text: str) -> str:
    """Names after @ become links, as forums show them."""
    return re.sub(r"@([^\s，]+)", r"<a href='/home/\1'>@\1</a>", text)


def ago(at: datetime) -> str:
    """As forums write it beside a post, precise to the minute."""
    minutes, days = int((NOW - at).total_seconds()) // 60, (NOW.date() - at.date()).days
    if minutes < 60:
        return f"{minutes} 分钟前" if minutes else "刚刚"
    if days < 2:
        return at.strftime(f"{'昨天' if days else '今天'} %H:%M")
    return at.strftime("%m-%d %H:%M" if at.year == NOW.year else "%Y-%m-%d %H:%M")


TEMPLATES.filters |= {"linked": linked, "ago": ago}


def after(page: int, text: str) -> str:
    return text if page > 1 else ""


FORUMS: Final = (
    Forum(
        "BulletinBoard",
        lambda page: "/viewforum.php?f=2" + after(page, f"&start={(page - 1) * PER_BOARD}"),
        lambda t, page: f"/viewtopic.php?f=2&t={t.number}" + after(page, f"&start={(page - 1) * PER_THREAD}"),
    ),
    Forum(
        "OldTables",
        lambda page: "/forumdisplay.php?f=5" + after(page, f"&page={page}"),
        lambda t, page: f"/showthread.php?t={t.number}" + after(page, f"&page={page}"),
    ),
    Forum(
        "RowPairs",
        lambda page: f"/list.asp?boardid=3&page={page}",
        lambda t, page: f"/read.asp?boardid=3&id={t.number}" + after(page, f"&page={page}"),
    ),
    Forum(
        "FlatList",
        lambda page: "/go/car" + after(page, f"?p={page}"),
        lambda t, page: f"/t/{t.number}" + after(page, f"?p={page}"),
    ),
    Forum(
        "Definitions",
        lambda page: f"/bbs/car/list_{page}.html",
        lambda t, page: f"/bbs/show-{t.number}-{page}.html",
    ),
    Forum(
        "Rendered",
        lambda page: "/c/cars/5" + after(page, f"?page={page - 1}"),
        lambda t, page: f"/t/topic-about-{t.number}-and-more/{t.number}" + after(page, f"?page={page}"),
    ),
    Forum(
        "Cards",
        lambda page: "/forum/12" + after(page, f"/page/{page}"),
        lambda t, page: f"/forum/post/{t.number:x}f{t.number}" + after(page, f"/page/{page}"),
    ),
    Forum(
        "Phone",
        lambda page: "/m/list?fid=9" + after(page, f"&pn={page}"),
        lambda t, page: f"/m/tie?tid={t.number}" + after(page, f"&pn={page}"),
    ),
    Forum(
        "Nested",
        lambda page: "/thread.php?fid=4" + after(page, f"&page={page}"),
        lambda t, page: f"/read.php?tid={t.number}&fpage=0&toread=" + after(page, f"&page={page}"),
    ),
    Forum(
        "Messages",
        lambda page: "/forums/cars.12/" + after(page, f"page-{page}"),
        lambda t, page: f"/threads/topic-{t.number}.{t.number}/" + after(page, f"page-{page}"),
        is_lively=True,
    ),
    Forum(
        "Outline",
        lambda page: "/c/general/7" + after(page, f"?page={page - 1}"),
        lambda t, page: f"/t/topic/{t.number}" + after(page, f"?page={page}"),
        is_lively=True,
    ),
    Forum(
        "Bars",
        lambda page: f"/f?kw=car&ie=utf-8&pn={(page - 1) * 50}",
        lambda t, page: f"/p/{t.number}" + after(page, f"?pn={page}"),
        is_lively=True,
    ),
    Forum(
        "Hashed",
        lambda page: "/cars" + after(page, f"-{page}"),
        lambda t, page: f"/63{t.number}" + after(page, f"-{page}") + ".html",
        is_lively=True,
    ),
    Forum(
        "Plain",
        lambda page: "/all" + after(page, f"?page={page}"),
        lambda t, page: f"/d/{t.number}-topic" + after(page, f"?page={page}"),
        is_lively=True,
        has_counts=False,
    ),
    Forum(
        "Stacked",
        lambda page: "/list.jsp?item=cars" + after(page, f"&nextid={2000000000 - page}"),
        lambda t, page: f"/post-cars-{t.number}-{page}.shtml",
        is_lively=True,
    ),
    Forum(
        "Keyinfo",
        lambda page: f"/index.php?board=4.{(page - 1) * PER_BOARD}",
        lambda t, page: f"/index.php?topic={t.number}.{(page - 1) * PER_THREAD}",
        is_lively=True,
    ),
    Forum(
        "Groups",
        lambda page: f"/group/cars/discussion?start={(page - 1) * 25}",
        lambda t, page: f"/group/topic/{t.number}/" + after(page, f"?start={(page - 1) * 100}"),
        is_lively=True,
        has_counts=False,
    ),
    Forum(
        "Headed",
        lambda page: "/c/cars/3" + after(page, f"?page={page}"),
        lambda t, page: f"/topic/{t.number}-talk-{'abcdef'[t.number % 6]}" + after(page, f"?page={page}"),
        is_lively=True,
    ),
    Forum(
        "Below",
        lambda page: f"/ban/5_{page}.html",
        lambda t, page: f"/lou/{t.number}_{page}.html",
        is_lively=True,
    ),
    Forum(
        "Ledger",
        lambda page: "/quan/8" + after(page, f"/{page}"),
        lambda t, page: f"/quan/8/{t.number}" + after(page, f"?page={page}"),
        is_lively=True,
    ),
    Forum(
        "Labels",
        lambda page: "/" + after(page, f"?page={page}"),
        lambda t, page: f"/topic/{t.number}/talk-{'abcdef'[t.number % 6]}/" + after(page, f"?page={page}"),
        is_lively=True,
    ),
)
# Left out of all tuning: what the reader makes of a forum nobody has seen.
UNTUNED: Final = (
    Forum(
        "Classic",
        lambda page: "/forumdisplay.php?fid=2" + after(page, f"&page={page}"),
        lambda t, page: f"/showthread.php?tid={t.number}" + after(page, f"&page={page}"),
        is_lively=True,
    ),
    Forum(
        "Circle",
        lambda page: "/board/1066" + after(page, f"?page={page}"),
        lambda t, page: f"/board/post/detail?postId={t.number}" + after(page, f"&page={page}"),
        is_lively=True,
    ),
    Forum(
        "Branches",
        lambda page: "/r/cars" + after(page, f"?after={page}"),
        lambda t, page: f"/r/cars/{t.number}" + after(page, f"?after={page}"),
        is_lively=True,
    ),
)
# A text without an element around each post.
LINED: Final = (
    Forum(
        "Lines",
        lambda page: "/wap/list.php?fid=3" + after(page, f"&page={page}"),
        lambda t, page: f"/wap/show.php?tid={t.number}" + after(page, f"&page={page}"),
        is_lively=True,
    ),
)
