"""The author of a page: one bare name, only where the page gives one, never the outlet, never the editor.

A label (作者、记者、文) may be followed by any pen name; a name without a label must look like a Chinese name.
"""

import re
from collections.abc import Iterator
from typing import Final

from crawler.extract.body import Body
from crawler.extract.layout import Layout
from crawler.extract.metadata import Metadata
from crawler.extract.title import folded

# Guess: written from general knowledge of common family names; a list with counts would show what is missing.
_FAMILY: Final = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴"
    "夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
    "庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐沿梅莫庄辛管祝左涂谷祁时舒耿牟卜路詹关苗"
    "凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边辜"
    "吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来嵺苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷"
    "卓花仇艾蓝都巩稽井练仲乐虞卞封竺冼原官衣楚佟栗匡宗应台巫鞠僧桑荆谌银扬明沙薄伏岑习胥保和蔺肖闫"
    "張劉陳楊趙黃吳孫馬羅鄭謝韓馮許鄧蕭呂蘇盧蔣賈葉閻鍾陸顧龍萬錢湯賴龔龐蘭顏嚴魯韋畢聶齊莊"
)
_DOUBLE_NAMES: Final = "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|司徒|夏侯|端木|百里|歐陽|司馬|諸葛"
_HAN: Final = r"[\u4e00-\u9fff]"
_NAME: Final = rf"(?:(?:{_DOUBLE_NAMES}){_HAN}{{1,2}}|[{_FAMILY}]{_HAN}{{1,2}}|{_HAN}{{1,4}}·{_HAN}{{1,6}})"
_END: Final = r"(?=[\s）)】\]，,、。；;/／|｜·—\-（(]|$)"
_PEN_NAME: Final = (
    r"(?:(?!(?:19|20)\d\d[-年/.]\d)(?!(?:来源|编辑|责编|责任编辑|校对|审核|时间|发布时间|阅读|浏览|点击)[:：])"
    r"[^\s，,、。；;/／|｜丨()（）【】\[\]<>《》:：]){1,24}(?:\s[A-Z][a-z]+)?"
)
_LABEL: Final = re.compile(
    r"(?:(?:本文作者|原创作者|作\s*者)(?=\s*[:：|丨｜])"
    r"|(?:^|[\s|｜/【\[（(，。、；])(?:作者|撰\s*文|撰\s*稿(?:人)?|执笔|文字|文\s?[/／|丨｜·]\s?图"
    r"|图\s?[/／]\s?文|图文|文|采写|[Bb][Yy]"
    r"|(?:本[报网台刊]|见习|实习|特约|首席|资深|全媒体)*\s*(?:记者|記者|通讯员)))"
    rf"\s*(?:[:：|丨｜]\s*|(?<=文)\s?[/／]\s*|(?<=[图文者yY])\s+(?=(?:{_NAME}){_END}|[A-Z][a-z]))(?P<name>{_PEN_NAME})"
)
_REPORTER: Final = re.compile(
    rf"(?:记者|記者|通讯员|特约撰稿人?|撰稿人|评论员)\s*[:：]?\s*(?P<name>{_NAME})(?:{_END}|(?=报道|報導|電|电"
    rf"|文|摄影报道|发自|\s))"
)
_OPENING: Final = re.compile(
    rf"[（(【][^（()）]{{0,24}}?(?:记者|記者|通讯员|特约撰稿|特派员)\s*[:：]?\s*(?P<name>{_NAME}){_END}"
)
_CREDIT: Final = re.compile(
    rf"[（(](?:文\s?[/／]\s?图|图\s?[/／]\s?文|图文|文|作者)?\s?[:：]?\s*(?P<name>{_NAME})(?:[\s、]{_NAME})*[）)]\s*$"
)
_DOUBLE: Final = re.compile(rf"^(?P<name>{_NAME})\s?[/／]\s?[\u4e00-\u9fff]{{2,10}}(?:\s|$)")
_POSTED: Final = re.compile(r"posted\s+(?:@|on)\s+[\d\-/ :]+\s+(?P<name>\S{2,24})\s+阅读", re.IGNORECASE)  # cnblogs
_PHOTOGRAPHER: Final = re.compile(r"^\s*[^，。]{0,6}(?:摄(?!影报道)|供图|制图|图(?!文))")
_OUTLET: Final = re.compile(
    r".*(?:网|網|报|報|社|局|频道|电视台|电台|台|日报|晚报|周刊|杂志|编辑部|编辑|小编|记者|官方|综合|整理|政府"
    r"|委员会|办公室|中心|公司|集团|部门|法院|检察院|公安|协会|大学|学院|管理员|佚名|未知|匿名|本站|原创|转载"
    r"|来源|客户端|融媒体|"
    r"admin|administrator|editor|网友|新闻|财经|科技|在线|传媒|文化|论坛)",
    re.IGNORECASE,
)
# What else stands in a place that is named for the author.
_NO_PERSON: Final = re.compile(
    r".*(?:媒体|之家|视频|资讯|频道|头条|周末|广播|卫视|研究院|研究所|出版|智库|发布|来源|来自|时间|正文|首页|更多|分享|关注"
    r"|收藏|订阅|登录|注册|微信|评论|阅读|字号|字体|打印|举报|点赞|听新闻|下载|专栏|号$)",
    re.IGNORECASE,
)
_EDITOR: Final = re.compile(r"(?:责任编辑|责编|编辑|校对|编审|审核|监制|值班|主编|录入|上传|发布人)[^，。]{0,12}$")
_ACCOUNT: Final = re.compile(
    r"vcard|note-author|avatar_*-?name|js_name|js_author_name|author-?name|authorinfo-name|user-?card-?name|media-?name|nick_?-?name|follow-nick"
    r"|account-?name|authorname"
)
_SOURCE: Final = re.compile(r"source|laiyuan")
_CREDIT_LINE: Final = re.compile(r"本文(?:作者|来自|来源|系|由)|(?:作者|撰文)\s?[:：|｜/]|文\s?[/／|｜:：]")
# What stands alone in brackets at the end of a text and begins like a family name.
_NO_NAMES: Final = re.compile(
    r"全文完?|全?完|未完.*|江苏|江西|安徽|宁夏|武汉|郑州|苏州|徐州|常州|温州|成都|金华|石家庄|单位.*|应.{2}|方言"
    r"|时政|时评|和讯|经济|安全|成交|明天|华夏|万元|亿元|于.*日|连载|查看.*|解读|解放|关注|关于|高清|白皮书|组图"
    r"|图片|文章.*|全部|简介|介绍"
)
_STRIP: Final = re.compile(
    r"^(?:作者|文|记者|原创|By|by|BY|[:：/@|\s])+|(?:[\s:：/|+＋]|关注|订阅|發表|发表于|发布于)+$"
)
_DATE: Final = re.compile(r"\s*(?:19|20)\d\d[-年/.]\s?\d")
_LONGEST_PEN_NAME: Final = 12
_PLACE: Final = re.compile(r"[网站号省市县区镇局部院会馆家界业圈版页类型机车频道闻榜语化育经体融产]$|新闻")
_BELOW: Final = 3
# Guesses: a byline stands within these many lines, and is this long.
_HEAD: Final = 14
_OPENING_LINES: Final = 3
_CLOSING_LINES: Final = 4
_BEHIND: Final = 6
_LONGEST_LINE: Final = 120


def find_author(layout: Layout, metadata: Metadata, *, title: int | None, body: Body) -> str:
    """A bare name, or empty."""
    head = _zone(layout, title, body.lines)
    outlets = {folded(name) for name in (*metadata.outlets, metadata.site) if name} | _sources(layout, head)
    for name in _candidates(layout, metadata, head, body):
        bare = _bare(name)
        if bare and folded(bare) not in outlets and not _NO_NAMES.fullmatch(bare):
            return bare
    return _account(layout, metadata, head, outlets)


def bare_name(written: str, outlet: str) -> str:
    """The name in a field for it, such as 本报记者 李晨; empty when it is the outlet."""
    name = next(_labelled(written), "") or _bare(written)
    return "" if folded(name) == folded(outlet) or _NO_NAMES.fullmatch(name) else name


def _candidates(layout: Layout, metadata: Metadata, head: range, body: Body) -> Iterator[str]:
    """Names by the strength of what says that they wrote the text."""
    for person in metadata.people:
        named = next(_labelled(person), person)
        yield from (named,) if not _OUTLET.fullmatch(named) else ()
    for number in head:
        yield from _labelled(layout.lines[number].text)
    yield from _marked(layout, head)
    yield from _alone(layout, head)
    texts = [layout.lines[number].text for number in body.lines]
    for text in texts[:_OPENING_LINES]:
        yield from _labelled(text) if _CREDIT_LINE.match(text) else ()
        yield from _named(_OPENING, text[:200])
    yield from _closing(layout, texts, body.lines)
    for text in texts[:_OPENING_LINES]:
        yield from _named(_REPORTER, text[:60])
    yield from (name for name in metadata.script_authors if re.fullmatch(_NAME, name))


def _closing(layout: Layout, texts: list[str], body: tuple[int, ...]) -> Iterator[str]:
    """Signatures at the end of the text and just behind it."""
    behind = range(body[-1] + 1, min(len(layout.lines), body[-1] + 1 + _BEHIND)) if body else range(0)
    for text in reversed(texts[-_CLOSING_LINES:]):
        tail = text[-80:]
        yield from _named(_CREDIT, tail[-40:])
        if len(text) <= _LONGEST_LINE:
            yield from _labelled(text)
            yield from _named(_REPORTER, text)
        else:
            yield from _named(_OPENING, tail)
    for number in behind:
        if len(text := layout.lines[number].text) <= _LONGEST_LINE:
            yield from (match["name"] for match in _POSTED.finditer(text))
            yield from _labelled(text) if len(text) <= 40 else ()


def _labelled(text: str) -> Iterator[str]:
    if len(text) > _LONGEST_LINE:
        return
    if match := _DOUBLE.match(text):
        yield match["name"]
    for match in _LABEL.finditer(text):
        if not _EDITOR.search(text[: match.start("name")]) and not _PHOTOGRAPHER.match(text[match.end("name") :]):
            name = match["name"]
            if not _OUTLET.fullmatch(name):
                yield name
    yield from _named(_REPORTER, text)


def _named(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    for match in pattern.finditer(text):
        if not _EDITOR.search(text[: match.start("name")]) and not _PHOTOGRAPHER.match(text[match.end("name") :]):
            yield match["name"]


def _marked(layout: Layout, head: range) -> Iterator[str]:
    """Elements between title and text whose class says author and whose text looks like a name."""
    for mark in layout.marks:
        if mark.role == "author" and mark.line in head:
            text = _STRIP.sub("", mark.text)
            if not _OUTLET.fullmatch(text) and re.fullmatch(_NAME, text):
                yield text


def _alone(layout: Layout, head: range) -> Iterator[str]:
    """A line just below the title that is a name of three characters and nothing else."""
    for number in head[1 : 1 + _BELOW]:
        text = layout.lines[number].text
        if re.fullmatch(rf"[{_FAMILY}]{_HAN}{{2}}", text) and not _OUTLET.fullmatch(text) and not _PLACE.search(text):
            yield text


def _account(layout: Layout, metadata: Metadata, head: range, outlets: set[str]) -> str:
    """The account of a platform where everybody publishes: its name stands by the title and is marked as a person's."""
    of_title = re.split(r"\s*[_|]\s*|\s[-–—]\s", metadata.title)[1:]
    authored = {folded(name) for name in (*metadata.meta_authors, *metadata.nicknames, *of_title)}
    near = {folded(word) for number in head for word in re.split(r"[\s·|/]+", layout.lines[number].text)}
    if account := next((name for name in metadata.accounts if any(line.text == name for line in layout.lines)), ""):
        return account
    for mark in layout.marks:
        name = _bare(mark.text) if mark.role == "author" else ""
        is_person = _ACCOUNT.search(mark.words) or _may_be_person(name, outlets)
        if name and ((mark.line in head and is_person) or folded(name) in near or folded(name) in authored):
            return name
    named = (name for name in metadata.meta_authors if folded(name) in near and _may_be_person(name, outlets))
    return next(named, "")


def _may_be_person(name: str, outlets: set[str]) -> bool:
    """Short, no label, no outlet: for places that are named for the author and hold whatever a site puts there."""
    is_plain = 2 <= len(name) <= _LONGEST_PEN_NAME and re.search(r"[:：，。\d]", name) is None
    is_other = _OUTLET.fullmatch(name) or _NO_PERSON.match(name) or folded(name) in outlets
    return is_plain and not is_other


def _zone(layout: Layout, title: int | None, body: tuple[int, ...]) -> range:
    """Lines from the title to the beginning of the text."""
    end = body[0] if body else min(len(layout.lines), (title or 0) + _HEAD)
    start = title if title is not None and title < end else max(0, end - _HEAD)
    return range(max(start, end - 4 * _HEAD), end)


def _sources(layout: Layout, head: range) -> set[str]:
    """Outlets named after 来源 near the title, or by an element for it."""
    found = (re.search(r"(?:来源|來源|稿源)[:：]\s*([^\s|｜]{2,24})", layout.lines[number].text) for number in head)
    marked = {folded(m.text) for m in layout.marks if m.line in head and _SOURCE.search(m.words)}
    return marked | {folded(match[1]) for match in found if match}


def _bare(name: str) -> str:
    text = _STRIP.sub("", _DATE.split(name)[0]).strip()
    return text if (2 if text.isascii() else 1) <= len(text) <= 24 and re.search(r"[^\W\d_]", text) else ""
