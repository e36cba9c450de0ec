"""More pages: layouts that put the text, the date or the name where a simple reading misses them."""

from typing import Final

from tests.unit.article_pages import OTHER, TEXT, TITLE, WHEN, Case, document, headed, paragraphs, recommended

SIGNED: Final = "晨报讯（记者 李晨 通讯员 王小雨）" + TEXT[0]

LAYOUTS: Final = (
    Case(
        name="tables of 2005",
        html=document(
            f"""<table width="960"><tr><td><font>首页 &gt; 汽车 &gt; 正文</font></td></tr>
            <tr><td align="center"><b>{TITLE}</b></td></tr>
            <tr><td align="center">2026年06月15日09:12　晨报　作者：李晨</td></tr>
            <tr><td><font size="3">　　{"<br><br>　　".join(TEXT)}</font></td></tr>
            <tr><td>【<a>发表评论</a>】【<a>打印</a>】【<a>关闭</a>】</td></tr></table>"""
        ),
        title=TITLE,
        text=TEXT,
        published="2026-06-15T09:12",
        author="李晨",
        never=["打印", "首页"],
    ),
    Case(
        name="paragraphs by br",
        html=document(headed(f"<div>{'<br><br>'.join(TEXT)}<br></div>")),
        title=TITLE,
        text=TEXT,
        published="2026-06-15T09:12",
    ),
    Case(
        name="only div",
        html=document(f"<div><div><div>{TITLE}</div><div>{WHEN}</div></div><div>{paragraphs(tag='div')}</div></div>"),
        title=TITLE,
        text=TEXT,
        published="2026-06-15T09:12",
    ),
    Case(
        name="advertisements in the text",
        html=document(
            headed(
                f"<div>{paragraphs(TEXT[:2])}<div class='ad-box'>{OTHER}</div><p>广告</p>"
                f"<script>show()</script><p style='display:none'>{OTHER}</p>{paragraphs(TEXT[2:])}</div>"
            )
        ),
        title=TITLE,
        text=TEXT,
        published="2026-06-15T09:12",
        never=["广告", "蓝鲸"],
    ),
    Case(
        name="several containers",
        html=document(
            headed("".join(f"<div class='block'>{paragraphs(TEXT[n : n + 1])}</div><div>广告</div>" for n in range(4)))
        ),
        title=TITLE,
        text=TEXT,
        published="2026-06-15T09:12",
        never=["广告"],
    ),
    Case(
        name="gallery",
        html=document(
            headed(
                "".join(
                    f"<figure><img src='/{n}.jpg'><figcaption>{text}</figcaption></figure>"
                    for n, text in enumerate(TEXT[:3])
                )
            )
        ),
        title=TITLE,
        text=TEXT[:3],
        published="2026-06-15T09:12",
    ),
    Case(
        name="signed in brackets at the beginning",
        html=document(headed(f"<div>{paragraphs([SIGNED, *TEXT[1:]])}<p>编辑 刘小明 校对 何晴</p></div>")),
        title=TITLE,
        text=(SIGNED, *TEXT[1:], "编辑 刘小明 校对 何晴"),
        published="2026-06-15T09:12",
        author="李晨",
    ),
    Case(
        name="signed in brackets at the end",
        html=document(headed(f"<div>{paragraphs([*TEXT[:3], TEXT[3] + '(文/图 李晨 王小雨)'])}</div>")),
        title=TITLE,
        text=(*TEXT[:3], TEXT[3] + "(文/图 李晨 王小雨)"),
        published="2026-06-15T09:12",
        author="李晨",
    ),
    Case(
        name="name and outlet by a stroke",
        html=document(headed(f"<div>{paragraphs()}</div>", info=f"<p>李晨/晨报</p><p>{WHEN} <span></span></p>")),
        title=TITLE,
        text=TEXT,
        published="2026-06-15T09:12",
        author="李晨",
    ),
    Case(
        name="only the editor is named",
        html=document(
            headed(
                f"<div>{paragraphs()}<p>（编辑：王小雨 李晨）</p></div><p>【责任编辑：王小雨】</p>",
                info=f"来源：晨报 {WHEN} 编辑：王小雨",
            ),
            head='<meta name="author" content="王小雨"><meta name="source" content="晨报">',
        ),
        title=TITLE,
        text=(*TEXT, "（编辑：王小雨 李晨）"),
        published="2026-06-15T09:12",
    ),
    Case(
        name="photographer and reporter in the text are no authors",
        html=document(
            headed(
                f"<div><p>图为检测现场。晨报记者 李晨 摄</p>{paragraphs()}"
                "<p>记者李红从青柠汽车获悉，检测全程免费。</p><p>（全文完）</p></div>"
            )
        ),
        title=TITLE,
        text=("图为检测现场。晨报记者 李晨 摄", *TEXT, "记者李红从青柠汽车获悉，检测全程免费。", "（全文完）"),
        published="2026-06-15T09:12",
    ),
    Case(
        name="outlet in the author's place",
        html=document(
            headed(f"<div>{paragraphs()}</div>", info=f"{WHEN} 作者：晨报网 来源：晨报网"),
            head='<meta name="author" content="晨报网">',
        ),
        title=TITLE,
        text=TEXT,
        published="2026-06-15T09:12",
    ),
    Case(
        name="day in the head, minute on the page",
        html=document(
            headed(
                f"<div>{paragraphs()}</div>",
                info=f"<span>发布时间：{WHEN}</span> <span>更新时间：2026-06-18 08:00</span>",
            ),
            head="<meta name='publishdate' content='2026-06-15'>"
            "<meta property='article:modified_time' content='2026-06-18T08:00:00+08:00'>",
        ),
        title=TITLE,
        text=TEXT,
        published="2026-06-15T09:12",
    ),
    Case(
        name="dates in the text and the sidebar are not the date",
        html=document(
            f"<div><h1>{TITLE}</h1><div>{paragraphs()}"
            "<p>2025-01-02 03:04，青柠汽车曾召回一批L7，涉及一百多辆。</p></div></div>"
            f"<div class='sidebar'><p>2026-06-20 10:00 {OTHER}</p></div>"
        ),
        title=TITLE,
        text=(*TEXT, "2025-01-02 03:04，青柠汽车曾召回一批L7，涉及一百多辆。"),
    ),
    Case(
        name="day in the address",
        html=document(f"<div><h1>{TITLE}</h1><div>{paragraphs()}</div></div>"),
        title=TITLE,
        text=TEXT,
        published="2026-06-15",
        url="http://news.example/auto/2026/0615/c1001-123.html",
    ),
    Case(
        name="title cut in the head, badge in the heading",
        html=document(f"<div><h1>{TITLE} <span>原创</span></h1><div>{WHEN}</div><div>{paragraphs()}</div></div>"),
        title=TITLE,
        text=TEXT,
        published="2026-06-15T09:12",
    ),
    Case(
        name="title longer on the page",
        html=document(headed(f"<div>{paragraphs()}</div>"), title=f"{TITLE[:12]}…_晨报网"),
        title=TITLE,
        text=TEXT,
        published="2026-06-15T09:12",
    ),
    Case(
        name="site's name in the first heading",
        html=document(
            f"<h1><a href='/'>晨报网_汽车新闻_新车报价，权威汽车资讯</a></h1>"
            f"<div class='t'>{TITLE}</div><div>{WHEN}</div><div>{paragraphs()}</div>",
            title=f"汽车频道--{TITLE}",
        ),
        title=TITLE,
        text=TEXT,
        published="2026-06-15T09:12",
    ),
    Case(
        name="text in a share area",
        html=document(
            headed(f"<div class='js_img_share_area'><div class='BSHARE_POP'>{paragraphs()}</div></div>")
            + f"<div class='recommend'>{recommended(6)}</div>"
        ),
        title=TITLE,
        text=TEXT,
        published="2026-06-15T09:12",
        never=["蓝鲸"],
    ),
    Case(
        name="text area filled by script",
        html=f"""<html><head><title></title></head><body><textarea class="article-title">{TITLE}</textarea>
        <textarea class="article-time">1781485920000</textarea>
        <textarea class="article-content">{paragraphs().replace("<", "&lt;")}</textarea>
        <div id="app"></div></body></html>""",
        title=TITLE,
        text=TEXT,
        published="2026-06-15T09:12",
    ),
)
