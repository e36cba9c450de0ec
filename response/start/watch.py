"""Step 4: how far the first crawl is, and how often the brand was met."""

from dataclasses import dataclass
from datetime import timedelta

from core import inbox
from core.access import Action, Person, require
from crawler import sources
from crawler.sources import Source
from index.base import MentionIndex
from index.query import EVERYTHING, Query
from response.coverage import TROUBLED
from response.services import Services

# Guess: what a first crawl brings is younger, or is not what somebody waits for.
REACH = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """sources: in use. read: of which a crawl has ended. texts: what was read, brand or not. waiting: not analysed."""

    sources: tuple[Source, ...]
    running: int
    read: int
    troubled: int
    pages: int
    texts: int
    named: int
    waiting: int

    @property
    def is_over(self) -> bool:
        """Every source was read once, and all of it is analysed."""
        return self.read == len(self.sources) and not self.running and not self.waiting

    @property
    def said(self) -> str:
        """23 个源 4,812 篇，提及 6 次."""
        return f"{len(self.sources):,} 个源 {self.texts:,} 篇，提及 {self.named:,} 次"

    @property
    def advice(self) -> str:
        """What to do now; empty while there is nothing to say."""
        if not self.sources:
            return "还没有登记来源：先选几个公开来源，或者直接导入、粘贴帖子。"
        if not self.is_over:
            return "采集在后台继续，可以先做后面的步骤。"
        if self.named:
            return ""
        if not self.texts:
            return "来源里还没有读到文章：到「来源」页看每个来源的状态。"
        return (
            "公开来源里目前没有提到这个品牌，这很常见：新闻只写大事。"
            "可以补充别名、加上自己行业的论坛和媒体，或导入微博、小红书等平台的导出表。"
        )


def watch(services: Services, person: Person, brand: str) -> Watched:
    """Count everything anew."""
    require(person, Action.READ_SOURCES)
    require(person, Action.READ_MENTIONS)
    with services.database.read() as connection:
        used = tuple(each for each in sources.list_all(connection, person) if each.enabled)
        backlog = inbox.backlog(connection)
    now = services.now()
    theirs = EVERYTHING.where(source=[each.name for each in used], since=now - REACH, until=now + timedelta(days=1))
    running = [each for each in used if sources.is_running(each)]
    return Watched(
        sources=used,
        running=len(running),
        read=sum(each.last_finished_at is not None for each in used),
        troubled=sum(each.health in TROUBLED for each in used),
        pages=sum(each.progress_pages for each in running),
        texts=_count(services.index, theirs),
        named=_count(services.index, theirs.where(brand=brand)),
        waiting=backlog.unanalysed + backlog.unindexed,
    )


def _count(index: MentionIndex, query: Query) -> int:
    return sum(bucket.count for bucket in index.aggregate(query))
