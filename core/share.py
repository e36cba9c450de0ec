"""What people paste from apps: a link, or a share text with a link in it; and what the host tells of the medium.

Pure functions; nothing is fetched.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from core.mention import Kind, Platform

# Links in share texts are ASCII and often touch the Chinese words behind them.
_LINK: Final = re.compile(r"https?://[!#-;=?-~]+", re.IGNORECASE)
_LINK_END: Final = ".,;:!?)]}'\"`"
_BARE_LINK: Final = re.compile(r"[a-z0-9.-]{1,200}\.[a-z]{2,24}(?:[:/?][!-~]*)?", re.IGNORECASE)
_TITLE: Final = re.compile("【([^【】]{1,200})】")

# Source: the addresses that the platforms' own share functions give, 2026-06.
HOSTS: Final[Mapping[str, Platform]] = {
    "weibo.com": Platform.WEIBO,
    "weibo.cn": Platform.WEIBO,
    "t.cn": Platform.WEIBO,
    "weixin.qq.com": Platform.WECHAT,
    "douyin.com": Platform.VIDEO,
    "kuaishou.com": Platform.VIDEO,
    "bilibili.com": Platform.VIDEO,
    "b23.tv": Platform.VIDEO,
    "ixigua.com": Platform.VIDEO,
    "xiaohongshu.com": Platform.BLOG,
    "xhslink.com": Platform.BLOG,
    "zhihu.com": Platform.QA,
    "tieba.baidu.com": Platform.FORUM,
    "dianping.com": Platform.REVIEW,
    "tousu.sina.com.cn": Platform.COMPLAINT,
    "12315.cn": Platform.COMPLAINT,
    "toutiao.com": Platform.NEWS,
    "news.cn": Platform.NEWS,
}
KINDS: Final[Mapping[Platform, Kind]] = {
    Platform.NEWS: Kind.ARTICLE,
    Platform.WECHAT: Kind.ARTICLE,
    Platform.REVIEW: Kind.REVIEW,
    Platform.COMPLAINT: Kind.TICKET,
    Platform.HOTLINE: Kind.TICKET,
    Platform.STORE: Kind.TICKET,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """link: the first one, empty without. text: all the rest, as it stood. title: what stands in 【】."""

    link: str = ""
    text: str = ""
    title: str = ""


def read(pasted: str) -> Shared:
    """Take a pasted text apart."""
    pasted = pasted.strip()
    title = _TITLE.search(pasted)
    found = _LINK.search(pasted)
    if found is None:
        return Shared(text=pasted, title=title[1].strip() if title else "")
    link = found[0].rstrip(_LINK_END)
    before, after = pasted[: found.start()].rstrip(), pasted[found.start() + len(link) :].strip()
    text = f"{before} {after}".strip()
    return Shared(link=link, text=text, title=title[1].strip() if title else "")


def is_bare_link(text: str) -> bool:
    """Tell whether the whole text is an address without https://, as people type it."""
    return _BARE_LINK.fullmatch(text.strip()) is not None


def platform_of(link: str) -> Platform:
    """The medium behind a link; OTHER where the host says nothing."""
    try:
        host = (urlsplit(link).hostname or "").lower()
    except ValueError:
        return Platform.OTHER
    return next((platform for end, platform in HOSTS.items() if f".{host}".endswith(f".{end}")), Platform.OTHER)
