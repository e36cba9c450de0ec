"""The impact record of a source (合规评估记录): what is collected, on what ground, how politely; for legal to print."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from core.mention import shanghai_text
from core.settings import Settings
from crawler.crawl_log import Crawl
from crawler.definition import Source, delay_seconds, interval_of
from crawler.gap import Gap

NOT_STATED: Final = "**未填写**"
ROBOTS: Final = {"allowed": "允许", "refused": "不允许（不采集）", "absent": "网站没有 robots.txt", None: "尚未采集"}


def record(
    source: Source, settings: Settings, *, crawls: Sequence[Crawl], gaps: Sequence[Gap], mentions: int, now: datetime
) -> str:
    """Markdown. crawls, gaps: those of the last 28 days. mentions: stored now."""
    return "\n".join(
        [
            f"# 来源合规评估记录：{source.name}",
            "",
            f"生成于 {shanghai_text(now)[:16]}，内容取自系统当前登记和采集记录。",
            *_table("一、登记", _register(source)),
            *_table("二、怎样采集", _manner(source, settings)),
            *_table("三、个人信息", _personal(settings)),
            *_table("四、过去 28 天", _lately(crawls, gaps, mentions)),
            "",
        ]
    )


def _table(title: str, rows: Iterator[tuple[str, str]]) -> list[str]:
    cells = [f"| {name} | {value.replace('|', chr(92) + '|')} |" for name, value in rows]
    return ["", f"## {title}", "", "| 项目 | 内容 |", "|---|---|", *cells]


def _register(source: Source) -> Iterator[tuple[str, str]]:
    yield "网址", source.url
    yield "类型和平台", f"{source.kind} / {source.platform}"
    yield "等级和权重", f"{source.tier} / {source.weight:g}"
    yield "负责人", source.owner or NOT_STATED
    yield "采集目的", source.purpose or NOT_STATED
    yield "处理依据", source.legal_basis or NOT_STATED
    yield "网站条款", source.terms_note or NOT_STATED
    yield "状态", "启用" if source.enabled else "停用"


def _manner(source: Source, settings: Settings) -> Iterator[tuple[str, str]]:
    yield "robots.txt", ROBOTS.get(source.robots_verdict, str(source.robots_verdict))
    yield "身份标识", settings.user_agent
    yield "请求间隔", f"同一主机至少 {delay_seconds(settings, source):g} 秒；robots.txt 的 Crawl-delay 更长时以它为准"
    yield (
        "采集频率",
        f"每 {interval_of(settings, source).total_seconds() / 60:g} 分钟一次，每次至多 {source.max_pages} 个列表页",
    )
    yield "遇到限制", "按 Retry-After 等待；401、403、要求登录或验证码的页面不采集，不绕过"
    yield "内网地址", "允许" if source.allow_private else "拒绝"


def _personal(settings: Settings) -> Iterator[tuple[str, str]]:
    yield "保存的字段", "标题、正文、网址、发布时间、作者名和作者编号、公开的互动数"
    yield "作者", "只存散列值" if settings.hash_authors else "原样保存；页面、通知、导出中的个人信息遮盖"
    yield "保留期限", f"{settings.retention_days} 天，到期每天自动删除"
    yield "删除请求", "tingfeng forget --author 或 --url：信息、历史版本、截图和索引一并删除，以后不再收录"


def _lately(crawls: Sequence[Crawl], gaps: Sequence[Gap], mentions: int) -> Iterator[tuple[str, str]]:
    failed = sum(crawl.error_code is not None for crawl in crawls)
    yield "采集次数", f"{len(crawls)}（失败 {failed}）"
    yield "请求的网页", str(sum(crawl.pages for crawl in crawls))
    yield "新增信息", str(sum(crawl.new for crawl in crawls))
    yield "采集中断", f"{len(gaps)} 段未补齐"
    yield "现存信息", str(mentions)
