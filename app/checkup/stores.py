"""What is stored: state database, search index, brands, sources, channels, scheduler."""

from collections.abc import Iterator

from alerts import channel
from app.checkup.check import Check, bad, good, warning
from app.checkup.file import is_address
from app.leases import lease_table
from core import inbox, removed, watchlist
from core.access import SYSTEM
from core.settings import IndexEngine
from crawler import sources
from response.services import Services


def database(services: Services) -> Iterator[Check]:
    """It answers, and how much waits."""
    with services.database.read() as connection:
        waiting, stored = inbox.backlog(connection), inbox.count(connection)
    kind = "SQLite" if services.database.is_sqlite else "PostgreSQL"
    result = f"{kind}：信息 {stored:,} 条，待分析 {waiting.unanalysed:,}，待索引 {waiting.unindexed:,}"
    yield good("数据库", result)


def index(services: Services) -> Iterator[Check]:
    """Well when it answers and holds what the state database says it holds, no more and no less.

    A mention that is analysed anew, waits with a newer revision, or was removed just now may be in it all the same.
    """
    health = services.index.health()
    if not health.is_healthy:
        is_elastic = services.settings.index_engine is IndexEngine.ELASTIC
        advice = (
            "检查 TINGFENG_ELASTICSEARCH_URL，以及 Elasticsearch 是否在运行" if is_elastic else "运行 tingfeng reindex"
        )
        yield bad("索引", f"{health.engine}：{health.detail}", advice)
        return
    with services.database.read() as connection:
        waiting, stored, leaving = inbox.backlog(connection), inbox.count(connection), removed.count(connection)
    least, most = stored - waiting.unanalysed - waiting.unindexed, stored + leaving
    if least <= health.count <= most:
        yield good("索引", f"{health.engine}：{health.detail}")
        return
    expected = f"{least:,}" if least == most else f"{least:,} 到 {most:,}"
    result = f"{health.engine}：应有 {expected} 条信息，实有 {health.count:,} 条"
    yield bad("索引", result, "用 tingfeng reindex 重建索引")


def contents(services: Services, *, is_pending: bool) -> Iterator[Check]:
    """Brands, sources and channels the product works with. is_pending: the file waits to be applied."""

    def advice(section: str, what: str) -> str:
        return "配置文件生效后就有" if is_pending else f"在 tingfeng.yaml 的 {section} 写上{what}"

    with services.database.read() as connection:
        brands = [brand.name for brand in watchlist.active(connection)]
        found = sources.list_all(connection, SYSTEM)
        channels = channel.active(connection)
    if brands:
        yield good("品牌", "、".join(brands))
    else:
        yield warning("品牌", "系统里还没有品牌", advice("brands", "品牌"))
    failing = [source for source in found if source.enabled and source.last_error_code]
    if failing:
        told = "；".join(f"{source.name}：{source.last_error_message}" for source in failing)
        yield bad(
            "来源", f"{len(found)} 个，其中 {len(failing)} 个出错：{told}", "按提示检查，再运行 tingfeng crawl 来源名"
        )
    elif found:
        yield good("来源", f"{len(found)} 个")
    else:
        yield warning("来源", "系统里还没有来源", advice("sources", "来源"))
    wrong = [one.name for one in channels if "url" in one.options and not is_address(str(one.options["url"]))]
    if wrong:
        yield bad("通知渠道", f"地址有误：{'、'.join(wrong)}", "url 应以 http:// 或 https:// 开头并带主机名")
    elif channels:
        yield good("通知渠道", "、".join(one.name for one in channels))
    else:
        yield warning("通知渠道", "没有启用的渠道，预警不会通知任何人", advice("channels", "渠道"))


def scheduler(services: Services) -> str | None:
    """Who holds the lease now; None: nobody."""
    with services.database.read() as connection:
        row = connection.execute(lease_table.select()).first()
    return str(row.holder) if row is not None and row.until > services.now() else None
