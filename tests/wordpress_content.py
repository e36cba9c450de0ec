"""What the WordPress of the tests publishes, as its writers typed it and as its readers see it."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

START: Final = datetime(2024, 3, 1, 1, 30, tzinfo=UTC)
SENTENCES: Final = (
    "第{n}次去青禾汽车的门店，销售把第{n}款车的配置表讲得很细。",
    "提车第{n}天，仪表盘提示胎压偏低，去店里补了气就好了。",
    "续航在{n}度左右的天气里打了八折，和宣传页写的差不多。",
    "售后说第{n}批配件要等两周，车友群里有人等了一个月。",
    "刹车偏软的说法在第{n}页的讨论里被反复提到，厂家还没有回应。",
    "价格比年初低了{n}百元，金融方案的手续费倒是没变。",
)
PROTECTED: Final = "只给内部看的试驾结论"


@dataclass(frozen=True, kw_only=True)
class Comment:
    """content: as typed; seen: as read, where that differs. parent: id of the comment it answers."""

    id: int
    author: str
    date: datetime
    content: str
    seen: str = ""
    parent: int = 0
    approved: str = "1"

    @property
    def text(self) -> str:
        return self.seen or self.content


@dataclass(frozen=True, kw_only=True)
class Post:
    """content: as typed, shortcodes and blocks included; text: as read."""

    id: int
    title: str
    author: str
    date: datetime
    content: str
    text: str
    status: str = "publish"
    type: str = "post"
    excerpt: str = ""
    password: str = ""
    comments: tuple[Comment, ...] = field(default=())

    @property
    def is_public(self) -> bool:
        return self.type == "post" and self.status == "publish"


def as_written(posts: Iterable[Post]) -> list[dict[str, object]]:
    """JSON-ready, as the program that fills WordPress reads it."""
    rows = []
    for post in posts:
        comments = [asdict(comment) | {"date": _stamp(comment.date)} for comment in post.comments]
        rows.append(asdict(post) | {"date": _stamp(post.date), "comments": comments})
    return rows


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def paragraphs(number: int, count: int = 5) -> list[str]:
    """Chinese text that no other number has."""
    return [
        "".join(SENTENCES[(place + step) % 6].format(n=number * 7 + place) for step in (0, 1, 2))
        for place in range(count)
    ]


def blocks(texts: Sequence[str]) -> str:
    return "\n\n".join(f"<!-- wp:paragraph -->\n<p>{text}</p>\n<!-- /wp:paragraph -->" for text in texts)


# By number: title, what is typed between the paragraphs, and what of it is read.
SPECIAL: Final = {
    1: (
        "雪山试驾：A&amp;B 两款“混动” &lt;长测&gt;",
        "<p>A&amp;B 两款都 &gt; 20 万，&hellip;&nbsp;再看看。</p>",
        "A&B 两款都 > 20 万，… 再看看。",
    ),
    2: ("😀 提车了，记一笔", "<p>开心😀🚗，全家一起去的👍🏽。</p>", "开心😀🚗，全家一起去的👍🏽。"),
    3: (
        "老编辑器里的图注",
        '[caption id="attachment_9" align="alignnone" width="300"]<img src="/a.png" alt="车头" width="300" />'
        " 车头的新灯组，摄于雪山脚下[/caption]",
        "车头的新灯组，摄于雪山脚下",
    ),
    4: (
        "图集：车展现场",
        '<!-- wp:gallery --><figure class="wp-block-gallery has-nested-images columns-2">'
        '<figure class="wp-block-image"><img src="/b.png" alt=""/><figcaption>内饰一览</figcaption></figure>'
        '<figure class="wp-block-image"><img src="/c.png" alt=""/><figcaption>后备箱空间</figcaption></figure>'
        '<figcaption class="blocks-gallery-caption">现场图集</figcaption></figure><!-- /wp:gallery -->',
        "内饰一览\n后备箱空间\n现场图集",
    ),
    5: (
        "周末自驾报名",
        '下面报名：\n\n[contact-form-7 id="5" title="报名"]\n\n[笑哭]名额有限[1]',
        "下面报名：\n[笑哭]名额有限[1]",
    ),
    6: (
        "视频：爬坡测试",
        '<!-- wp:embed {"url":"https://video.example/v/8"} --><figure class="wp-block-embed">'
        '<div class="wp-block-embed__wrapper">\nhttps://video.example/v/8\n</div>'
        "<figcaption>完整视频</figcaption></figure><!-- /wp:embed -->",
        "https://video.example/v/8\n完整视频",
    ),
    7: (
        "长文：保养手册全解",
        "<!--more--><h2>小标题：更换机油</h2><ul><li>五千公里</li><li>半年一次</li></ul>",
        "小标题：更换机油\n五千公里\n半年一次",
    ),
    8: (
        "评分表",
        "<table><tr><th>项目</th><th>得分</th></tr><tr><td>噪音</td><td>62 分</td></tr></table><script>hit()</script>",
        "项目\n得分\n噪音\n62 分",
    ),
}


def _comments(number: int, first: int, date: datetime) -> tuple[Comment, ...]:
    """Post 10 has more than a feed shows; answers to answers on all."""
    count = 14 if number == 10 else (number * 3) % 5
    made = []
    for place in range(count):
        text = f"第{number}期的第{place + 1}条看法，{SENTENCES[place % 6].format(n=place + number)}"
        made.append(
            Comment(
                id=first + place,
                author=f"读者{place % 4}号",
                date=date + timedelta(hours=3, minutes=11 * place + number),
                content=text + ("" if place else "😀 A&amp;B 都行"),
                seen="" if place else text + "😀 A&B 都行",
                parent=first + place - 1 if place % 3 else 0,
            )
        )
    if count:
        spam = Comment(
            id=first + 50, author="广告", date=date + timedelta(hours=9), content="加群领券", approved="spam"
        )
        held = Comment(id=first + 51, author="待审", date=date + timedelta(hours=9), content="还没有审核", approved="0")
        made += [spam, held]
    return tuple(made)


def _post(number: int) -> Post:
    title, typed, read = SPECIAL.get(number, (f"青禾汽车观察第{number}期", "", ""))
    texts = paragraphs(number)
    date = START + timedelta(days=number, minutes=17 * number)
    return Post(
        id=100 + number,
        title=title,
        author="林小满" if number % 3 else "青禾编辑部 & 朋友",
        date=date,
        content=blocks(texts[:3]) + ("\n\n" + typed if typed else "") + "\n\n" + blocks(texts[3:]),
        text="\n".join([*texts[:3], *([read] if read else []), *texts[3:]]),
        excerpt="编辑写的摘要，不是正文。" if number % 4 == 0 else "",
        comments=_comments(number, 1000 + number * 100, date),
    )


def _english(number: int) -> Post:
    texts = [
        f"Road test number {number}: the brakes of the sedan felt soft after {number + place} descents, and the dealer "
        f"asked us to come back in week {place + 3}."
        for place in range(5)
    ]
    return Post(
        id=100 + number,
        title=f"Road test {number}: brakes & tyres".replace("&", "&amp;"),
        author="林小满",
        date=START + timedelta(days=number),
        content=blocks(texts),
        text="\n".join(texts),
    )


def _hidden() -> list[Post]:
    """What strangers must not read: all but the title of the first, and the rest wholly."""
    states = {"draft": "草稿", "private": "私密", "future": "定时发布", "trash": "回收站", "pending": "待审"}
    made = [
        Post(
            id=190,
            title="受保护的文章",
            author="林小满",
            date=START + timedelta(days=26),
            content=f"<p>{PROTECTED}</p>",
            text="",
            password="open",
            comments=(Comment(id=9000, author="内部", date=START + timedelta(days=27), content=f"{PROTECTED}的评论"),),
        )
    ]
    for place, (status, word) in enumerate(states.items()):
        date = datetime(2099, 1, 1, tzinfo=UTC) if status == "future" else START + timedelta(days=20)
        hidden = Post(
            id=191 + place, title=f"{word}的文章", author="林小满", date=date, content=f"<p>{word}里的话</p>", text=""
        )
        made.append(replace(hidden, status=status))
    page = Post(
        id=199, title="关于我们", author="林小满", date=START, content="<p>页面的话</p>", text="页面的话", type="page"
    )
    return [*made, page]


POSTS: Final = (*(_post(number) for number in range(1, 24)), _english(24), _english(25), *_hidden())
PUBLIC: Final = tuple(post for post in POSTS if post.is_public)
