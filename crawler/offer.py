"""What a site offers to be collected by, from its address alone: WordPress, a feed, a sitemap, in this order."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urljoin, urlsplit

from parsel import Selector

from core.errors import SourceChanged, TingfengError
from core.mention import Platform
from core.normalise import canonical_url
from crawler import definition
from crawler.checked import Checked
from crawler.definition import SourceKind
from crawler.extract.feed import read_feed
from crawler.extract.sitemap import read_sitemap, sitemaps_of
from crawler.pace import NoTimeLeft
from crawler.platforms import wordpress
from crawler.visitor import Answer, Visitor

NOTHING: Final = "没有找到 WordPress 接口、订阅源或网站地图；可以写一个列表来源，见 docs/sources.md"


@dataclass(frozen=True, slots=True)
class _Offer:
    """url: what would be read; the page itself needs no second look."""

    kind: SourceKind
    url: str
    said: str


async def offered(site: str, visitor: Visitor, now: datetime) -> Checked:
    """The first offer that can be read; the definition in the result is ready to be saved."""
    address = site if "://" in site else f"https://{site}"
    try:
        home = await visitor.get(canonical_url(address))
        for offer in _offers(home):
            with suppress(SourceChanged):
                count = await _read(offer, visitor, now)
                return _found(home, offer, count, visitor)
    except NoTimeLeft:
        return Checked(name=site, is_ok=False, reason="没有在限定时间内答复")
    except TingfengError as error:
        return Checked(name=site, is_ok=False, reason=error.message)
    return Checked(name=site, is_ok=False, reason=NOTHING)


def _offers(home: Answer) -> Iterator[_Offer]:
    if wordpress.interface(home.text, home.links, home.url):
        yield _Offer(SourceKind.WORDPRESS, home.url, "是 WordPress 网站")
        return
    page = Selector(text=home.text or "<html></html>", type="html")
    links = page.xpath("//link[@rel='alternate'][contains(@type,'rss') or contains(@type,'atom')]/@href").getall()
    for link in links[:2]:
        yield _Offer(SourceKind.FEED, urljoin(home.url, link), "有订阅源")
    for link in (*sitemaps_of(home.robots, home.url)[:1], urljoin(home.url, "/sitemap.xml")):
        yield _Offer(SourceKind.SITEMAP, link, "有网站地图")


async def _read(offer: _Offer, visitor: Visitor, now: datetime) -> int:
    """Entries found; raises SourceChanged where there are none."""
    if offer.kind is SourceKind.WORDPRESS:
        return 0
    answer = await visitor.get(offer.url)
    is_feed = offer.kind is SourceKind.FEED
    count = len(
        read_feed(answer.text, answer.url, now=now).entries
        if is_feed
        else read_sitemap(answer.text, answer.url, now=now).places
    )
    if not count:
        raise SourceChanged("里面没有条目", url=offer.url)
    return count


def _found(home: Answer, offer: _Offer, count: int, visitor: Visitor) -> Checked:
    host = urlsplit(home.url).hostname or home.url
    values: dict[str, object] = {
        "name": f"{host}（自有网站）",
        "kind": offer.kind,
        "url": offer.url,
        "platform": Platform.NEWS,
    }
    values["allow_private"] = visitor.allow_private
    source = definition.from_definition(values)
    entries = f"，{count} 条" if count else ""
    return Checked(
        name=source.name,
        is_ok=True,
        reason=f"{offer.said}{entries}",
        found=count,
        definition=definition.definition(source),
    )
