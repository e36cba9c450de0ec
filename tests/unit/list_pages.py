"""List pages of invented sites, two pages each: what stands on them, and where the next one is.

Every site has its own markup, a menu, side lists and a foot around its list.
"""

# ruff: noqa: E501  # markup as it stands on a page
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

_EVENTS: Final = (
    "青岚汽车回应车主投诉称刹车软件将在本月升级", "朝汐手机新品发布会定档下周三", "云帆快递就包裹破损致歉并启动赔付",
    "市监局抽检十二批次饮用水两批不合格", "白榆咖啡门店排队两小时引网友吐槽", "南屿航空调整退改签规则消费者可全额退款",
    "松果充电宝涨价遭质疑客服称系区域试点", "青岚汽车第三季度交付量同比增长四成", "雾凇家电召回部分批次电热水壶",
    "朝汐手机回应屏幕绿线问题延长质保至三年",
)  # fmt: skip
_ENGLISH: Final = (
    "Qinglan recalls 3,200 cars over a brake software fault", "Zhaoxi delays the launch of its folding phone",
    "How Baiyu turned a queue into a marketing campaign", "Regulator opens inquiry into parcel insurance fees",
    "Battery maker Songguo reports record quarterly profit", "What owners say about the latest range update",
    "Wusong to replace kettles sold between March and May", "Nanyu airline simplifies its refund policy",
    "Inside the call centre that answers a brand crisis", "Yunfan couriers plan to vote on a strike in June",
)  # fmt: skip
MENU: Final = "".join(
    f"<li><a href='/{path}/'>{word}</a></li>" for path, word in
    [("", "首页"), ("news", "新闻"), ("finance", "财经"), ("auto", "汽车"), ("tech", "科技"), ("about", "关于我们")]
)  # fmt: skip
FOOT: Final = (
    "<div class='footer'><a href='/about/1.html'>关于我们</a> <a href='/about/2.html'>联系方式</a> "
    "<a href='/about/3.html'>法律声明与隐私</a><p>版权所有 某某网络有限公司 未经许可不得转载</p></div>"
)


@dataclass(frozen=True)
class Shown:
    """One item: number is the same on no two pages."""

    number: int
    title: str
    path: str

    @property
    def day(self) -> str:
        return f"2026-06-{15 - self.number // 4:02}"

    @property
    def summary(self) -> str:
        return f"{self.title}。记者从有关方面获悉，相关情况正在核实之中，后续进展将及时公布（{self.number}）。"


@dataclass(frozen=True)
class ListSite:
    """build: from items and page number to the page. next_path: of page 2."""

    name: str
    build: Callable[[Sequence[Shown], int], str]
    path: str
    next_path: str
    item_path: str = "/a/{}.html"
    titles: Sequence[str] = _EVENTS
    charset: str = "utf-8"

    @property
    def host(self) -> str:
        return f"https://{self.name.lower()}.example"

    def shown(self, page: int) -> list[Shown]:
        start = (page - 1) * len(self.titles)
        return [
            Shown(
                start + place,
                f"{title}" if page == 1 else f"{title}（续）",
                self.item_path.format(3000 + start + place),
            )
            for place, title in enumerate(self.titles)
        ]

    def url(self, page: int) -> str:
        return self.host + (self.path if page == 1 else self.next_path)

    def page(self, page: int) -> str:
        return self.build(self.shown(page), page)


def side(heading: str, folder: str = "/a/{}.html", tag: str = "ul", name: str = "side-list") -> str:
    links = "".join(
        f"<li><a href='{folder.format(900 + place)}'>{title[::-1]}</a></li>" for place, title in enumerate(_EVENTS[:8])
    )
    return f"<h3>{heading}</h3><{tag} class='{name}'>{links}</{tag}>"


def frame(body: str, *, head: str = "") -> str:
    return (
        f"<html><head><title>某某频道</title>{head}</head><body><ul class='nav'>{MENU}</ul>{body}{FOOT}</body></html>"
    )


def _plain(items: Sequence[Shown], page: int) -> str:
    rows = "".join(f"<li><a href='{each.path}'>{each.title}</a><span>{each.day}</span></li>" for each in items)
    pager = f"<div class='page'><a href='/list.html'>上一页</a><a href='/list_{page + 1}.html'>下一页</a></div>"
    return frame(
        f"<div class='main'><ul class='newslist'>{rows}</ul>{pager}</div><div class='sidebar'>{side('热门')}</div>"
    )


def _cards(items: Sequence[Shown], page: int) -> str:
    cards = "".join(
        f"<div class='card card-{each.number % 3}'><a class='pic' href='{each.path}'><img src='/i/{each.number}.jpg'></a>"
        f"<div class='card-body'><a class='tag' href='/tag/{each.number % 4}/'>汽车</a><h3><a href='{each.path}'>{each.title}</a></h3>"
        f"<p>{each.summary}</p><span class='time'>{each.number + 1}小时前</span><a href='/user/{each.number}'>晚风</a></div></div>"
        for each in items
    )
    return frame(
        f"<div class='wrap with-sidebar'><div class='cards'>{cards}</div></div><a href='?page={page + 1}' class='more'>加载更多</a>"
    )


def _table(items: Sequence[Shown], page: int) -> str:
    rows = "".join(
        f"<tr class='row{each.number % 2}'><td>{each.number}</td><td><a href='/type/{each.number % 3}.html'>质量</a></td>"
        f"<td><a href='{each.path}'>{each.title}</a></td><td>已回复</td><td>{each.day[5:]}</td></tr>"
        for each in items
    )
    pager = "".join(f"<a href='/complaints?pn={n}'>{n}</a>" if n != page else f"<b>{n}</b>" for n in (1, 2, 3))
    table = (
        f"<table class='grid'><tr><th>编号</th><th>类别</th><th>标题</th><th>状态</th><th>日期</th></tr>{rows}</table>"
    )
    return frame(f"<div id='content'>{table}<div class='pager'>{pager}</div></div>")


def _terms(items: Sequence[Shown], page: int) -> str:
    rows = "".join(
        f"<dt><a href='{each.path}'>{each.title}</a> <em>[{each.day}]</em></dt><dd>{each.summary}</dd>"
        for each in items
    )
    return frame(f"<dl class='blog'>{rows}</dl><p class='turn'><a href='/archive/p/{page + 1}'>»</a></p>")


def _days(items: Sequence[Shown], page: int) -> str:
    days = sorted({each.day for each in items}, reverse=True)
    groups = "".join(
        f"<section class='day'><h2>{day}</h2><ul>"
        + "".join(
            f"<li>{'09'}:1{each.number % 9} <a href='{each.path}'>{each.title}</a></li>"
            for each in items
            if each.day == day
        )
        + "</ul></section>"
        for day in days
    )
    following = f"<a rel='next' href='/rolling/{page + 1}'>更早的新闻</a>"
    return frame(f"<main>{groups}</main>{following}<aside><section class='day'>{side('点击排行')}</section></aside>")


def _soup(items: Sequence[Shown], page: int) -> str:
    rows = "".join(
        f"<div class='css-1q{each.number}x9z sc-bdVaJa'><div class='kXyZab_3fGh9'><a href='{each.path}' class='feed-title_9aB3x'>{each.title}</a></div>"
        f"<div class='_3xKd9Lm'><span>{each.number}分钟前</span><span>阅读 {each.number * 31}</span></div></div>"
        for each in items
    )
    pager = f"<div class='pagination_x8Yt2'><a href='/c/auto?page={page + 1}'>下一页</a></div>"
    return frame(
        f"<div id='app'><div class='layout_k2J9s'><div class='feed-list_7hK2p'>{rows}</div>{pager}</div></div>"
    )


def _twins(items: Sequence[Shown], page: int) -> str:
    rows = "".join(f"<li><a href='{each.path}'>{each.title}</a> {each.day}</li>" for each in items)
    others = side("推荐阅读", name="list")
    main = f"<td width='70%'><h3>公司新闻</h3><ul class='list'>{rows}</ul><a href='index_{page}.html'>下一页</a></td>"
    return frame(f"<table><tr><td width='30%'>{others}</td>{main}</tr></table>")


def _ads(items: Sequence[Shown], page: int) -> str:
    rows = ""
    for each in items:
        rows += f"<li><a href='{each.path}'>{each.title}</a><i>{each.day} 08:0{each.number % 10}</i></li>"
        if each.number % 3 == 1:
            rows += f"<li class='ad'><a href='/go?to={each.number}'>特价优惠限时抢购满三百减一百 {each.number}</a></li>"
        if each.number % 5 == 2:
            rows += (
                f"<li><a href='https://shop.example/{each.number}.html'>点击领取新人专享大礼包 {each.number}</a></li>"
            )
    return frame(
        f"<div class='col'><ul class='rows'>{rows}</ul><span class='next'><a href='/live/{page + 1}.html'>&gt;</a></span></div>"
    )


def _based(items: Sequence[Shown], page: int) -> str:
    rows = "".join(
        f"<li><h4><a href='{each.path}' title='{each.title}'>{each.title[:12]}...</a></h4><p>{each.summary}</p>"
        f"<a href='{each.path}'>阅读全文</a></li>"
        for each in items
    )
    pager = f"<ul class='pg'><li class='active'><a href='list-{page}.htm'>{page}</a></li><li><a href='list-{page + 1}.htm'>{page + 1}</a></li></ul>"
    return frame(f"<div class='con'><ul>{rows}</ul>{pager}</div>", head="<base href='/news/2026/'>")


def _scripts(items: Sequence[Shown], page: int) -> str:
    rows = "".join(
        f"<div class='item'><a href='javascript:;' onclick='share()'>分享给朋友看看吧</a><h2>{each.title}</h2>"
        f"<p>{each.summary}</p><a href='javascript:void(0)'>收藏这一篇内容</a><a href='{each.path}'>查看详情</a></div>"
        for each in items
    )
    pager = f"<a class='next' href='javascript:go()'>下一页</a><a class='nxt' href='?p={page + 1}'>下一页</a>"
    return frame(f"<div class='notice-box'>{rows}</div>{pager}")


def _english(items: Sequence[Shown], page: int) -> str:
    cards = "".join(
        f"<article class='post'><a href='{each.path}'><h2>{each.title}</h2><p>By Lin Xiao</p></a>"
        f"<time datetime='{each.day}T08:30:00Z'>June {each.number}</time></article>"
        for each in items
    )
    return frame(
        f"<main>{cards}<nav class='pagination'><a href='/blog/page/{page + 1}'>Older posts</a></nav></main>"
        f"<aside class='sidebar'>{side('Most read', '/blog/{}')}</aside>"
    )


def _gbk(items: Sequence[Shown], page: int) -> str:
    rows = "".join(
        f"<tr><td height=24>·<a href='{each.path}' target=_blank>{each.title}</a></td><td width=80>({each.day[5:].replace('-', '/')})</td></tr>"
        for each in items
    )
    pager = f"<a href='?id=7&page={page + 1}'>下页</a> <a href='?id=7&page=9'>尾页</a>"
    table = f"<table width=980><tr><td><table>{rows}</table>{pager}</td><td><table>{_links()}</table></td></tr></table>"
    return frame(table, head="<meta http-equiv='Content-Type' content='text/html; charset=gb2312'>")


def _links() -> str:
    rows = "".join(f"<tr><td><a href='https://f{n}.example/'>友情链接站点{n}</a></td></tr>" for n in range(6))
    return f"<tr><td>友情链接</td></tr>{rows}"


def _answers(items: Sequence[Shown], page: int) -> str:
    """Everything on the list."""
    rows = "".join(
        f"<li class='comment' id='c{each.number}'><a class='nick' href='/u/{each.number}'>车主{each.number}</a>"
        f"<time>{each.day} 12:3{each.number % 10}</time><div class='words'><p>{each.title}</p><p>{each.summary}</p></div>"
        f"<a href='#reply'>回复</a></li>"
        for each in items
    )
    return frame(f"<ol class='comments'>{rows}</ol><a href='/wall?page={page + 1}'>下一页</a>")


def _gazette(items: Sequence[Shown], page: int) -> str:
    """Paragraphs side by side, the pager without words."""
    rows = "".join(
        f"<p>· <a href='{each.path}' target='_blank'>{each.title}</a>&nbsp;&nbsp;<b>{each.day}</b></p>"
        for each in items
    )
    numbers = "".join(
        f"<font color=red>{n}</font>"
        if n == page
        else f"<a href='{'index' if n == 1 else f'index_{n - 1}'}.html'>{n}</a>"
        for n in (1, 2, 3, 4)
    )
    menu = "".join(
        f"<p><a href='/{n}/index.html'>{word}</a></p>"
        for n, word in enumerate(("通知公告", "政策法规", "监督检查", "办事指南"))
    )
    return frame(
        f"<div class='zwgk'><div class='left'>{menu}</div><div class='TRS_list'>{rows}<div>{numbers}</div></div></div>"
    )


def _magazine(items: Sequence[Shown], page: int) -> str:
    """A lead story of its own shape, then figures that are links as a whole."""
    grid = "".join(
        f"<figure class='tile tile--{'wide' if each.number % 4 == 0 else 'small'}'><a href='{each.path}'><img alt='{each.title}' src='x.jpg'>"
        f"<figcaption><strong>{each.title}</strong><span>林晓 · {each.number + 2} 天前</span></figcaption></a></figure>"
        for each in items
    )
    lead = "<section class='hero'><h1><a href='/special/2026.html'>年度专题：品牌如何面对一次危机</a></h1></section>"
    picks = "".join(f"<li><a href='/story/{n}'>编辑荐读第{n}篇：一家老店的三十年</a></li>" for n in range(1, 6))
    head = f"<link rel='next' href='/stories?page={page + 1}'>"
    return frame(
        f"{lead}<div class='mosaic'>{grid}</div><section class='editor-picks'><h4>编辑推荐</h4><ul>{picks}</ul></section>",
        head=head,
    )


def _questions(items: Sequence[Shown], page: int) -> str:
    """Each row with counts, three tags and a person."""
    rows = "".join(
        f"<div class='q' data-qid='{each.number}'><div class='n'><b>{each.number}</b>票</div><div class='n'><b>{each.number % 7}</b>回答</div>"
        f"<div class='s'><a class='q-title' href='{each.path}'>{each.title}怎么办</a><div class='tags'><a href='/tags/brake'>刹车</a>"
        f"<a href='/tags/rights'>维权</a><a href='/tags/warranty'>三包</a></div><div class='who'><a href='/people/{each.number}'>山雀{each.number}</a>"
        f" 提问于 <span title='2026-06-15 10:2{each.number % 10}'>{each.number + 1} 小时前</span></div></div></div>"
        for each in items
    )
    pager = "".join(
        f"<li class='{'active' if n == page else ''}'><a href='/questions?page={n}'>{n}</a></li>" for n in (1, 2, 3)
    )
    return frame(
        f"<div id='questions'>{rows}</div><ul class='pagination'>{pager}</ul><div class='hot-tags'>{side('热门问题', '/questions/{}')}</div>"
    )


def _stream(items: Sequence[Shown], page: int) -> str:
    """Short posts in full, with a permanent link each, under utility classes."""
    rows = "".join(
        f"<article class='flex py-4 border-b' data-id='s{each.number}'><div class='w-10'><img src='/face/{each.number}.png'></div>"
        f"<div class='flex-1'><div class='text-sm'><a href='/@sparrow{each.number}' class='user-name font-bold'>山雀{each.number}</a>"
        f"<a href='/@sparrow{each.number}/p/{8000 + each.number}'><time>{each.number + 3}分钟前</time></a></div>"
        f"<div class='mt-2 leading-6'>{each.title}，今天去店里问了，说要等到月底（{each.number}）。<br>大家有同样情况的吗？</div>"
        f"<div class='actions'><a href='javascript:;'>转发</a><a href='javascript:;'>评论 {each.number}</a></div></div></article>"
        for each in items
    )
    return frame(
        f"<main class='max-w-xl'>{rows}</main><a class='load-more' href='/stream?cursor={page * 10}'>显示更多</a>"
    )


SITES: Final = (
    ListSite("Plain", _plain, "/list.html", "/list_2.html"),
    ListSite("Cards", _cards, "/cards", "/cards?page=2"),
    ListSite("Table", _table, "/complaints", "/complaints?pn=2", "/complaint/{}"),
    ListSite("Terms", _terms, "/archive", "/archive/p/2", "/archive/post-{}"),
    ListSite("Days", _days, "/rolling", "/rolling/2", "/2026/0615/{}.shtml"),
    ListSite("Soup", _soup, "/c/auto", "/c/auto?page=2", "/article/{}"),
    ListSite("Twins", _twins, "/co/index.html", "/co/index_1.html", "/co/news/{}.html"),
    ListSite("Ads", _ads, "/live/", "/live/2.html", "/live/item/{}"),
    ListSite("Based", _based, "/news/2026/list-1.htm", "/news/2026/list-2.htm", "t{}.htm"),
    ListSite("Scripts", _scripts, "/notices", "/notices?p=2", "/notices/view?id={}"),
    ListSite("English", _english, "/blog", "/blog/page/2", "/blog/story-{}", _ENGLISH),
    ListSite("Gbk", _gbk, "/more.asp?id=7", "/more.asp?id=7&page=2", "show.asp?id={}", charset="gb2312"),
)  # fmt: skip
ON_LIST: Final = ListSite("Answers", _answers, "/wall", "/wall?page=2")
# Written after the rules were done, to see how they do on what they have not met.
HELD_OUT: Final = (
    ListSite("Gazette", _gazette, "/tz/index.html", "/tz/index_1.html", "/tz/202606/t20260615_{}.html"),
    ListSite("Magazine", _magazine, "/stories", "/stories?page=2", "/story/brand-{}"),
    ListSite("Questions", _questions, "/questions", "/questions?page=2", "/questions/{}"),
)
HELD_OUT_ON_LIST: Final = ListSite("Stream", _stream, "/stream", "/stream?cursor=10", "/@sparrow/p/{}")
