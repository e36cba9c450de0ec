"""Step 2: public sources that need no account, looked at before they are registered; and what they do not cover."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from core import plain_yaml
from core.access import Action, Person, may, require
from core.errors import InvalidInput
from core.mention import Platform
from crawler import definition, sources
from crawler.checked import Checked
from crawler.definition import Source
from response.services import Services
from response.start import journal

FILE: Final = Path(__file__).with_name("pack.yaml")
PURPOSE: Final = "品牌声誉监测：公开发布的新闻和帖子里对本品牌的提及"
# How a platform that no public source reads is brought in.
WAYS: Final[Mapping[Platform, str]] = {
    Platform.WEIBO: "登录后才能看：导入监测平台的导出表，或让供应商推送",
    Platform.WECHAT: "导入监测平台的导出表；同事看到的文章用「随手报」",
    Platform.VIDEO: "导入监测平台的导出表；同事看到的用「随手报」加截图",
    Platform.QA: "导入监测平台的导出表；看到的用「随手报」",
    Platform.REVIEW: "电商后台导出评价后导入",
    Platform.COMPLAINT: "投诉平台的企业后台导出后导入，或「随手报」",
    Platform.HOTLINE: "客服系统用 API 推送工单",
    Platform.STORE: "应用商店后台导出评论后导入",
    Platform.HOTLIST: "热榜有公开列表的，登记为列表来源",
    Platform.FORUM: "登记论坛版块：只要网址，kind 写 discuz 或 forum",
    Platform.NEWS: "登记订阅源或列表页",
    Platform.BLOG: "登记订阅源，或 WordPress 网站的网址",
}


def pack(industry: str) -> tuple[Source, ...]:
    """The sources for an industry: those for all, and its own."""
    return tuple(source for source, trades in _pack() if not trades or industry in trades)


def check(services: Services, person: Person, brand: str, *, with_pack: bool = True) -> tuple[Checked, ...]:
    """Look at the pack and at the brand's own site; takes up to half a minute. What was found is remembered."""
    require(person, Action.MANAGE_SOURCES)
    with services.database.read() as connection:
        known = journal.read(connection, brand)
    given = pack(known.industry) if with_pack else ()
    is_inside = may(person, Action.REACH_PRIVATE_NETWORK) and _is_inner(known.site)
    found = services.tools.check(services.settings, given, known.site, is_inside=is_inside)
    with services.database.write() as connection:
        details = {"found": [asdict(each) for each in found]}
        journal.note(connection, person, journal.CHECKED, brand, details, now=services.now())
    return found


def register(services: Services, person: Person, brand: str, names: Sequence[str]) -> tuple[str, ...]:
    """Register those of the last check that were chosen; returns their names. Raises InvalidInput."""
    require(person, Action.MANAGE_SOURCES)
    with services.database.write() as connection:
        offered = {each.name: each for each in journal.read(connection, brand).checked}
        if unknown := [name for name in names if not offered.get(name) or not offered[name].definition]:
            raise InvalidInput(f"来源「{unknown[0]}」没有试读过", source=unknown[0])
        for name in names:
            source = definition.from_definition(offered[name].definition)
            sources.save(connection, person, source, now=services.now())
    return tuple(names)


def _is_inner(site: str) -> bool:
    """Who types an inner address means it; a name that leads to one stays refused."""
    try:
        host = urlsplit(site if "://" in site else f"//{site}").hostname or ""
        return host == "localhost" or not ip_address(host).is_global
    except ValueError:
        return False


@cache
def _pack() -> tuple[tuple[Source, frozenset[str]], ...]:
    entries: Any = plain_yaml.load(FILE.read_text(encoding="utf-8"), FILE.name)  # Any: our own file
    return tuple((_source(entry), frozenset(entry.get("industries", ()))) for entry in entries)


def _source(entry: Mapping[str, Any]) -> Source:  # Any: as above
    values = {key: value for key, value in entry.items() if key != "industries"}
    return definition.from_definition({"kind": "feed", "purpose": PURPOSE, **values})
