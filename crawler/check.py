"""Look at sources once before they are registered: one page each, politely, within a time limit; stores nothing.

For a child process: no Scrapy engine runs, but its robots parser and our address guard do. Hosts are asked side by
side, each one request at a time. Whatever a site does is a reason in the result, never an exception.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Final
from urllib.parse import urlsplit

from core.errors import SourceChanged, TingfengError
from core.mention import SHANGHAI
from core.settings import Settings
from crawler import definition
from crawler.checked import Checked
from crawler.definition import FORUM_KINDS, Source, SourceKind, delay_seconds, selectors_of
from crawler.extract.feed import Entry, read_feed
from crawler.extract.json_text import read_json
from crawler.extract.listing import read_list
from crawler.extract.sitemap import read_sitemap
from crawler.offer import offered
from crawler.pace import NoTimeLeft
from crawler.visitor import Answer, Visitor

# Guess: hosts asked at the same time; each is one page.
PARALLEL_HOSTS: Final = 12
# Guess: a feed whose newest entry is older says nothing any more, though it answers.
ASLEEP: Final = timedelta(days=60)
NO_TIME: Final = "没有在限定时间内答复"


def check(
    sources: Sequence[Source],
    site: str = "",
    *,
    settings: Settings,
    now: datetime,
    seconds: float,
    is_inside: bool = False,
) -> tuple[Checked, ...]:
    """Results in the order of the sources, the site's first. is_inside: the site may be on the own network."""
    # Not asyncio.run: it would wait for a look-up of a name that nobody waits for any more.
    loop = asyncio.new_event_loop()
    return loop.run_until_complete(_check_all(sources, site, is_inside, settings, now, seconds))


async def _check_all(
    sources: Sequence[Source], site: str, is_inside: bool, settings: Settings, now: datetime, seconds: float
) -> tuple[Checked, ...]:
    """A host that does not answer in time loses its own sources alone."""
    limit = asyncio.Semaphore(PARALLEL_HOSTS)
    by_host: defaultdict[str, list[Source]] = defaultdict(list)
    for source in sources:
        by_host[urlsplit(source.url).hostname or ""].append(source)
    found: dict[str, Checked] = {}

    async def of_host(own: Sequence[Source]) -> None:
        delay = max(delay_seconds(settings, source) for source in own)
        async with limit, Visitor(settings, delay_seconds=delay, allow_private=own[0].allow_private) as visitor:
            for source in own:
                found[source.name] = await _checked(source, visitor, now)

    async def of_site() -> None:
        delay = min(1.0, settings.crawl_delay_seconds)
        async with Visitor(settings, delay_seconds=delay, allow_private=is_inside) as visitor:
            found[""] = await offered(site, visitor, now)

    work: list[Awaitable[None]] = [of_host(own) for own in by_host.values()]
    tasks = [asyncio.ensure_future(each) for each in chain([of_site()] if site else [], work)]
    if tasks:
        await asyncio.wait(tasks, timeout=seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    late = Checked(name=site, is_ok=False, reason=NO_TIME)
    first = [found.get("", late)] if site else []
    return (*first, *(found.get(source.name) or _failed(source, NO_TIME) for source in sources))


async def _checked(source: Source, visitor: Visitor, now: datetime) -> Checked:
    try:
        answer = await visitor.get(source.url, judged=source.origin)
        count, reason = read(source, answer, now)
    except NoTimeLeft:
        return _failed(source, NO_TIME)
    except TingfengError as error:
        return _failed(source, error.message)
    is_ok = not reason.startswith("最近一条")
    return Checked(name=source.name, is_ok=is_ok, reason=reason, found=count, definition=definition.definition(source))


def _failed(source: Source, reason: str) -> Checked:
    return Checked(name=source.name, is_ok=False, reason=reason, definition=definition.definition(source))


def read(source: Source, answer: Answer, now: datetime) -> tuple[int, str]:
    """How many entries the page has, and a sentence. Raises SourceChanged where it is not what the kind says."""
    match source.kind:
        case SourceKind.FEED:
            return _told(read_feed(answer.text, answer.url, now=now).entries, now)
        case SourceKind.SITEMAP if "<html" not in answer.text[:2000].lower():
            places = read_sitemap(answer.text, answer.url, now=now).places
            return _told([place.entry for place in places], now)
        case SourceKind.LISTING:
            items = read_list(answer.text, answer.url, selectors_of(source), now=now).items
            return len(items), f"能读取，列表上有 {len(items)} 条"
        case SourceKind.JSON:
            read_json(answer.text, answer.url)
    if not answer.text.strip():
        raise SourceChanged("网页是空的", url=answer.url)
    return 0, "网页能打开" + ("，各楼在采集时读取" if source.kind in FORUM_KINDS else "")


def _told(entries: Sequence[Entry], now: datetime) -> tuple[int, str]:
    if not entries:
        raise SourceChanged("能打开，但里面没有条目")
    newest = max(_times(entries), default=None)
    if newest is not None and now - newest > ASLEEP:
        return len(entries), f"最近一条是 {newest.astimezone(SHANGHAI):%Y-%m-%d}，像是已经停止更新"
    return len(entries), f"能读取，{len(entries)} 条"


def _times(entries: Sequence[Entry]) -> Iterator[datetime]:
    return (entry.published.at for entry in entries if entry.published is not None)
