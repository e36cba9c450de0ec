"""The words of one post, without what is not the writer's: quotes, signature, edit notes, buttons, attachments."""

import re
from collections.abc import Collection, Iterator
from itertools import islice
from typing import Final

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from crawler.extract.shape import INLINE, is_silent
from crawler.extract.tree import line

_TAGS: Final = frozenset({"blockquote", "q", "fieldset", "form", "iframe", "ignore_js_op", "svg"})
_QUOTE_CLASS: Final = re.compile(r"quote|yinyong", re.IGNORECASE)
_FOREIGN: Final = re.compile(
    r"(?:^|[\s_-])(?:quote\w*|quoted?|bbcode_?quote|blockquote|yinyong|ref(?:er)?|reply-?to|in-?reply-?to|signature|sign|sig|pstatus|edit(?:ed|note|-note|by)"
    r"|lastedit|attach\w*|locked|jammer|tools?|actions?|buttons?|btns?|controls?|share|likes?|post-?foot(?:er)?|advert\w*|ads?)(?:$|[\s_-])",
    re.IGNORECASE,
)
ACTION: Final = re.compile(
    r"^\W{0,3}(?:回复|引用|举报|编辑|删除|分享|收藏|点赞|赞|顶|踩|支持|反对|只看(?:该作者|楼主|TA|他)|倒序浏览|回到?顶部|返回顶部|TOP|复制链接|评分|使用道具"
    r"|评论|推荐|打赏|亮了|只看此人|查看回复|感谢|收起|展开|喜欢|打赏|踩一下|引用回复|回复TA|thanks?|reply|quote|report|edit|delete|like|share|link)\W{0,3}(?:[(（]?\d{1,6}[)）]?)?\W{0,3}$",
    re.IGNORECASE,
)
_NOTE: Final = re.compile(
    r"^(?:本帖最后由.{1,60}编辑.{0,3}|本帖最後由.{1,60}編輯.{0,3}|.{0,8}最后(?:由.{1,40})?(?:编辑|修改)(?:于|时间|：|:|在).{0,60}"
    r"|(?:最后|最近|本帖|此帖|该帖|编辑于|修改于|edited).{0,40}(?:编辑|修改|edited|\d).{0,40}\d{1,2}:\d\d.{0,6}"
    r"|※ (?:来源|修改|引用).{0,120}"
    r"|last edited .{0,80}"
    r"|登录/注册后可看大图"
    r"|下载附件.{0,40}|保存到相册|来自[:：]?\s?\S{0,20}(?:客户端|手机版|iPhone|Android)|发自.{1,20}(?:客户端|iPhone|Android|手机)"
    r"|sent from .{1,30}|_{3,}|-{3,}|={3,}|—{3,})$",
    re.IGNORECASE,
)
# Stands for a quote that was left out; never part of a page.
_QUOTED: Final = "\x00"
_SAYS: Final = re.compile(
    r"^.{0,60}(?:wrote|said|says|has written|写道|说道?|的(?:话|回复|帖子|发言)|发表于.{0,30}|posted by .{1,40}"
    r"|回复|引用|引文|quote)\s?[:：]?$",
    re.IGNORECASE,
)
# Stands on both sides of a link; alone in its row before a quote it names who is quoted.
_LINK: Final = "\x02"
_NAME_LINK: Final = re.compile(r"\x02[^\x02]{1,40}\x02\s?[:：]?")
# Stands for a button that was left out.
_PRESSED: Final = "\x01"
_QUOTE_LABEL: Final = re.compile(
    r"^(?:引用|引文|原帖|quote|quoting)(?:\s?[:：]$|\s.{0,60}[:：]?$)|^(?:原帖由|quote from).{0,80}$", re.IGNORECASE
)
_SLANTED: Final = ("i", "em", "small", "font")
_INLINE_QUOTE: Final = re.compile(r"\s*(?:引用|引文|原帖)\s?[:：]")
_BLOCKS: Final = frozenset({"div", "table", "td", "dl", "section", "aside"})
# Labels of buttons that people also write.
SAID: Final = frozenset(
    re.findall(
        r"[\w-]+",
        "顶 赞 踩 支持 反对 感谢 喜欢 分享 收藏 点赞 like thanks TOP",
    )
)
_NUMBERED: Final = re.compile(r"^#?\s?\d{1,6}\s?[楼#层]?$")
_COUNT: Final = re.compile(r"(?:^|[\s_-])(?:no|num|number|floor|lou|louceng|index|count)(?:$|[\s_-])", re.IGNORECASE)
_COUNTED: Final = re.compile(r"^[(（]?\d{1,6}\s?[个次条]?(?:赞|回复|评论|喜欢|点赞|打赏)?[)）]?$")
# Guess: white space between tags before the first words of a box.
MOST_TEXTS: Final = 8
# Source: mail and telnet boards, which mark each quoted line.
_QUOTED_ROW: Final = re.compile(r"[:>＞]\s\S|【\s?在 .{1,60}提到")
_RULE: Final = re.compile(r"^(?:--|_{3,}|-{5,}|—{3,}|={5,})$")
# Laid out in the line of words; list items and paragraphs are lines of their own.
_IN_LINE: Final = INLINE - {"p", "li", "ul", "ol", "pre", "br"}


def words_of(node: etree._Element, drop: Collection[etree._Element]) -> str:
    """Own words of the post in ``node``; drop: elements inside it that were read as something else."""
    return _clean("".join(_pieces(node, set(drop))))


def _pieces(root: etree._Element, drop: set[etree._Element]) -> Iterator[str]:
    """Text with a line break at each block; without recursion, and without a copy of the page."""
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        is_block = isinstance(element.tag, str) and element.tag not in _IN_LINE
        if event == "start":
            if element is not root and (element in drop or _is_foreign(element)):
                walk.skip_subtree()
                yield f"\n{_QUOTED}\n" if _is_quote(element) else "\n" if element.tag in ("div", "p") else _PRESSED
                continue
            yield "\n" if is_block else ""
            yield f"{_LINK if element.tag == 'a' else ''}{(element.text or '').replace(chr(10), ' ')}"
        else:
            yield _LINK if element.tag == "a" else ""
            yield "\n" if is_block else ""
            if element is not root:
                yield (element.tail or "").replace("\n", " ")


def _is_foreign(element: etree._Element) -> bool:
    if not isinstance(element.tag, str) or element.tag in _TAGS or is_silent(element):
        return True
    if _FOREIGN.search(_classes(element)) or (element.tag in _BLOCKS and _is_labelled_quote(element)):
        return True
    if element.tag in _SLANTED and _INLINE_QUOTE.match(element.text or ""):
        return True
    if element.tag == "a" and len(element) and element.find(".//img") is not None:
        return element.find(".//div") is not None or element.find("br") is not None  # the caption of a picture
    if element.tag not in ("a", "span", "em", "label", "li", "i", "b", "small") or len(element) > 2:
        return False
    words = line(element)[:30]
    return bool(ACTION.match(words)) or bool(
        _NUMBERED.match(words) and (words[0] == "#" or _COUNT.search(_classes(element)))
    )


def _is_labelled_quote(element: etree._Element) -> bool:
    """A box that begins with the word for a quote."""
    first = next((text.strip() for text in islice(element.itertext(), MOST_TEXTS) if text.strip()), "")
    return bool(_INLINE_QUOTE.match(first)) or (bool(_QUOTE_LABEL.match(first)) and len(line(element)) > len(first))


def _is_quote(element: etree._Element) -> bool:
    return element.tag in ("blockquote", "q", "fieldset", *_SLANTED) or bool(_QUOTE_CLASS.search(_classes(element)))


def _classes(element: etree._Element) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''}"[:200]


def _clean(text: str) -> str:
    """Without notes and the words that introduce a quote; what follows a drawn rule is a signature."""
    kept, is_link = list[str](), False
    for row in (" ".join(piece.split()) for piece in text.split("\n")):
        if row == _QUOTED:
            if kept and (_SAYS.match(kept[-1]) or is_link):
                kept.pop()
            continue
        is_link = bool(_NAME_LINK.fullmatch(row)) if row else is_link
        row = row.replace(_LINK, "")
        is_pressed, row = _PRESSED in row, " ".join(row.replace(_PRESSED, " ").split())
        if is_pressed and not re.search(r"\w", row):
            continue
        if _RULE.match(row) and (kept or row == "--"):
            break
        if _QUOTED_ROW.match(row):
            continue
        if _is_bar(row):
            continue
        if row and not _NOTE.match(row) and (row.lstrip(":： ") in SAID or not ACTION.match(row)):
            kept.append(row)
    return "\n".join(kept)


def _is_bar(row: str) -> bool:
    """Buttons beside one another: ``举报 | 评论 6个赞``."""
    parts = row.replace("|", " ").split() if "|" in row[:90] and len(row) < 90 else []
    return "|" in row[:90] and all(ACTION.match(part) or _COUNTED.match(part) for part in parts) and len(row) < 90
