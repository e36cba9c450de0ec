"""Pages of the structural families that Chinese sites serve, written for the tests, with what a reader sees on them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """published: the start of the printed time. text: the lines of the body; never: words that must not be in it."""

    name: str
    html: str
    title: str
    text: Sequence[str]
    published: str | None = None
    author: str = ""
    never: Sequence[str] = ()
    url: str = "http://news.example/a/1.html"
    encoding: str = "utf-8"
    kind: str = "article"


TITLE: Final = "青柠汽车回应L7刹车异响：将免费检测"
TEXT: Final = (
    "青柠汽车6月15日发布说明，称已收到多位车主关于L7车型低速刹车异响的反馈，公司第一时间成立了专项小组。",
    "说明提到，异响与制动盘表面的锈蚀有关，不影响制动性能，车主可以在任意一家授权服务中心预约免费检测。",
    "“我们不会回避问题，也不会让车主承担任何费用。”青柠汽车质量部负责人在接受采访时说，检测将持续到9月底。",
    "分析人士认为，及时公开信息是企业应对投诉的正确做法，但后续的处理速度才是车主最关心的。",
)
LINES: Final = "\n".join(TEXT)
OTHER: Final = "蓝鲸汽车公布上半年销量，同比增长两成，公司管理层表示将继续加大研发投入，争取年内推出三款新车型。"
NAVIGATION: Final = "".join(
    f'<li><a href="/{n}">{n}</a></li>' for n in ("首页", "国内", "国际", "财经", "汽车", "体育")
)
WHEN: Final = "2026-06-15 09:12"


def paragraphs(texts: Sequence[str] = TEXT, tag: str = "p") -> str:
    return "".join(f"<{tag}>{text}</{tag}>" for text in texts)


def document(body: str, *, title: str = f"{TITLE}_汽车频道_晨报网", head: str = "") -> str:
    return (
        f"<!DOCTYPE html><html><head><title>{title}</title>{head}</head><body><ul>{NAVIGATION}</ul>{body}</body></html>"
    )


def headed(body: str, info: str = f"{WHEN}　来源：晨报") -> str:
    return f'<div class="wrap"><h1>{TITLE}</h1><div class="info">{info}</div>{body}</div>'


def comments(count: int) -> str:
    each = (
        "<li><span>车友{0}</span> <span>2026-06-16 1{0}:20</span>"
        "<p>我的车也有这个声音，去了两次店都说正常，希望这次能真的解决，第{0}条评论。</p><a>回复</a></li>"
    )
    return "".join(each.format(n) for n in range(count))


def recommended(count: int) -> str:
    return "".join(
        f'<div><h3><a href="/r{n}">另一条新闻的标题写在这里，编号{n}</a></h3><p>{OTHER}{n}</p></div>'
        for n in range(count)
    )


SITE_FAMILIES: Final = (
    Case(
        name="portal",
        html=document(
            headed(
                f'<div class="art_content">{paragraphs()}<p>责任编辑：张迪</p></div>'
                '<div class="share">分享到：微信 微博</div>'
            )
            + f'<div class="hot-news"><h2>热点新闻</h2>{recommended(3)}</div>'
        ),
        title=TITLE,
        text=(*TEXT, "责任编辑：张迪"),
        published="2026-06-15T09:12",
        never=["分享", "热点", "晨报"],
    ),
    Case(
        name="government",
        html=document(
            f"""<form id="aspnetForm"><div class="con"><div class="bt">关于开展L7车型缺陷调查的通知</div>
            <table><tr><td>索引号：</td><td>000/2026-11</td><td>发布机构：</td><td>质监局</td></tr></table>
            <div>发布日期：2026-06-15 浏览次数：118 信息来源：省质监局</div>
            <div id="zoom"><p>各有关单位：</p>{paragraphs(TEXT[:2])}<p>特此通知。</p><p>2026年6月12日</p></div>
            <div>【打印】【关闭】</div></div></form><div>主办：省质监局 备案号：ICP备000号</div>""",
            title="省质量监督局 通知公告 关于开展L7车型缺陷调查的通知",
            head='<meta name="PubDate" content="2026-06-15 09:53"><meta name="Maketime" content="2026-07-01 10:00:00">',
        ),
        title="关于开展L7车型缺陷调查的通知",
        text=("各有关单位：", *TEXT[:2], "特此通知。", "2026年6月12日"),
        published="2026-06-15T09:53",
        never=["索引号", "打印", "备案"],
    ),
    Case(
        name="wechat",
        html=f"""<html><head><title></title><meta property="og:title" content="{TITLE}">
        <meta property="og:site_name" content="微信公众平台"></head><body><div id="js_article"><div id="img-content">
        <h2 class="rich_media_title" id="activity-name">{TITLE}</h2><div id="meta_content">
        <span class="rich_media_meta_text">原创</span> <a id="js_name">车市观察</a>
        <em id="publish_time">昨天</em></div>
        <div id="js_content" class="rich_media_content" style="visibility: hidden;"><section>
        <section>{paragraphs(TEXT[:2], "section")}
        </section><section><span>{TEXT[2]}</span></section></section></div></div>
        <div class="reward_area">喜欢作者</div></div>
        <script>var ct = "1781485920"; var nickname = "车市观察";</script></body></html>""",
        title=TITLE,
        text=TEXT[:3],
        published="2026-06-15T09:12",
        author="车市观察",
        never=["喜欢作者", "原创"],
        url="https://mp.weixin.qq.example/s",
    ),
    Case(
        name="forum thread",
        html=document(
            f"""<div id="postlist"><div id="post_1"><div class="authi"><a>柠檬不酸</a> 发表于 2026-6-15 09:12</div>

            <h1 id="thread_subject">L7刹车响，有同样情况的吗</h1>
            <div class="t_f" id="postmessage_1">提车两个月，低速刹车一直响，去店里说正常。</div></div>
            <div id="post_2"><div class="t_f" id="postmessage_2">{"".join(TEXT)}</div></div>
            <div id="post_3"><div class="t_f" id="postmessage_3">{"".join(TEXT)}</div></div></div>""",
            title="L7刹车响，有同样情况的吗 - 青柠车友 - 车友论坛",
            head='<meta name="generator" content="Discuz! X3.5">',
        ),
        title="L7刹车响，有同样情况的吗",
        text=("提车两个月，低速刹车一直响，去店里说正常。",),
        published="2026-06-15T09:12",
        kind="post",
    ),
    Case(
        name="post of a few words",
        html=document(
            f"""<h1>求助</h1><p class="meta"><a class="nickname">柠檬不酸</a> {WHEN}</p>
            <div class="post-content">刹车响 有人遇到吗</div><div class="reply-list">{comments(5)}</div>""",
            title="求助 - 车友社区",
        ),
        title="求助",
        text=("刹车响 有人遇到吗",),
        published="2026-06-15T09:12",
        author="柠檬不酸",
        kind="article",
    ),
    Case(
        name="blog with sidebar",
        html=document(
            f"""<div id="main"><article class="post"><h1 class="entry-title">我的L7用车日记</h1>
            <div class="entry-meta"><span class="author-name">柠檬不酸</span> <time>2026年6月15日 09:12</time></div>
            <div class="entry-content">{paragraphs(TEXT[:3])}</div></article></div>
            <aside class="sidebar"><h3>最新文章</h3>{recommended(4)}</aside>""",
            title="我的L7用车日记 - 柠檬的博客",
        ),
        title="我的L7用车日记",
        text=TEXT[:3],
        published="2026-06-15T09:12",
        author="柠檬不酸",
        never=["蓝鲸"],
    ),
    Case(
        name="flash news",
        html=document(
            headed(
                '<div class="txt">晨报讯，青柠汽车：L7免费检测延长至9月底。</div><div><a>上一篇</a> <a>下一篇</a></div>'
            )
            + "<div>晨报网版权所有，未经授权不得转载。地址：某某路1号，电话：000-0000。</div>"
        ),
        title=TITLE,
        text=("晨报讯，青柠汽车：L7免费检测延长至9月底。",),
        published="2026-06-15T09:12",
        never=["版权"],
    ),
    Case(
        name="recommendations longer than the text",
        html=document(headed(f"<div>{paragraphs(TEXT[:2])}</div>") + f"<div><h2>相关阅读</h2>{recommended(12)}</div>"),
        title=TITLE,
        text=TEXT[:2],
        published="2026-06-15T09:12",
        never=["蓝鲸"],
    ),
    Case(
        name="comments longer than the text",
        html=document(
            headed(f"<div>{paragraphs(TEXT[:2])}</div>") + f"<div><h4>网友评论（9）</h4><ul>{comments(9)}</ul></div>"
        ),
        title=TITLE,
        text=TEXT[:2],
        published="2026-06-15T09:12",
        never=["车友", "评论"],
    ),
    Case(
        name="traditional Chinese",
        html=document(
            """<article><h1>青檸汽車回應煞車異響</h1><p class="meta">記者 陳小明／臺北報導 2026/06/15 09:12</p>
            <div class="story">
            <p>青檸汽車今日發表聲明，表示已經收到多位車主的反映，並成立專案小組處理相關問題。</p>
            <p>聲明指出，異響與煞車盤表面的鏽蝕有關，並不影響煞車性能，車主可以預約免費檢測。</p></div></article>
            <div>延伸閱讀</div><ul><li><a>藍鯨汽車公布上半年銷量</a></li></ul>""",
            title="青檸汽車回應煞車異響 | 汽車 | 晨報新聞網",
        ),
        title="青檸汽車回應煞車異響",
        text=(
            "青檸汽車今日發表聲明，表示已經收到多位車主的反映，並成立專案小組處理相關問題。",
            "聲明指出，異響與煞車盤表面的鏽蝕有關，並不影響煞車性能，車主可以預約免費檢測。",
        ),
        published="2026-06-15T09:12",
        author="陳小明",
        never=["延伸"],
    ),
    Case(
        name="GBK",
        html=document(
            headed(f"<div>{paragraphs()}</div>"),
            head='<meta http-equiv="Content-Type" content="text/html; charset=gb2312">',
        ),
        title=TITLE,
        text=TEXT,
        published="2026-06-15T09:12",
        encoding="gb18030",
    ),
    Case(
        name="GB2312 declared, UTF-8 sent",
        html=document(headed(f"<div>{paragraphs()}</div>"), head='<meta charset="gb2312">'),
        title=TITLE,
        text=TEXT,
        published="2026-06-15T09:12",
    ),
    Case(
        name="AMP",
        html=f"""<html amp><head><title>{TITLE}</title><script type="application/ld+json">{
            json.dumps(
                {
                    "@context": "https://schema.org",
                    "@type": "NewsArticle",
                    "headline": TITLE,
                    "datePublished": "2026-06-15T09:12:00+08:00",
                    "author": {"@type": "Person", "name": "李晨"},
                    "publisher": {"@type": "Organization", "name": "晨报"},
                },
                ensure_ascii=False,
            )
        }</script></head>
        <body><amp-sidebar><ul>{NAVIGATION}</ul></amp-sidebar><main><h1>{TITLE}</h1><amp-img></amp-img>{
            paragraphs()
        }</main></body></html>""",
        title=TITLE,
        text=TEXT,
        published="2026-06-15T09:12",
        author="李晨",
    ),
    Case(
        name="JSON-LD only",
        html=f"""<html><head><title>{TITLE} - 晨报网</title><script type="application/ld+json">{
            json.dumps(
                [
                    {
                        "@graph": [
                            {"@type": "WebSite", "name": "晨报网"},
                            {
                                "@type": ["NewsArticle"],
                                "headline": TITLE,
                                "datePublished": "2026-06-15T01:12:00Z",
                                "articleBody": LINES,
                            },
                        ]
                    }
                ]
            )
        }</script></head><body><div id="root"></div></body></html>""",
        title=TITLE,
        text=TEXT,
        published="2026-06-15T09:12",
    ),
    Case(
        name="application state",
        html=document(
            '<div id="__next"></div><script id="__NEXT_DATA__" type="application/json">'
            + json.dumps({"props": {"title": TITLE, "publishTime": WHEN, "content": paragraphs()}})
            + "</script>"
        ),
        title=TITLE,
        text=TEXT,
        published="2026-06-15T09:12",
    ),
    Case(
        name="script variable",
        html=document(
            f"<script>var BASE_DATA = {{articleInfo: {{title: '{TITLE}', content: '{escape(paragraphs())}', "
            f"subInfo: {{source: '车市观察', time: '{WHEN}:31'}}}}}};</script>"
        ),
        title=TITLE,
        text=TEXT,
        published="2026-06-15T09:12:31",
    ),
)
