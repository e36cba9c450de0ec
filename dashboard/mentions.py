"""信息检索: search box, filters, facets and the list. Everything that is asked for stands in the address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fastapi import Request
from nicegui import ui

from core import watchlist
from core.access import Person
from core.errors import InvalidQuery, UserError
from core.mention import SHANGHAI, Mention, Platform, Sentiment, Status
from dashboard import coverage, parts, shell
from dashboard.mentions_query import SHOWS, Asked, asked
from dashboard.shell import View
from index.base import Bucket, Dimension, Hit, SearchPage, Span
from response import coverage as reach
from response import mentions
from response.coverage import Coverage
from response.services import Services

PAGE_SIZE: Final = 20
FACET_SIZE: Final = 8
FACETS: Final = (
    (Dimension.SENTIMENT, "情感"),
    (Dimension.PLATFORM, "平台"),
    (Dimension.BRAND, "品牌"),
    (Dimension.SOURCE, "来源"),
    (Dimension.RISK, "风险"),
)
# Guess: ranges an editor asks for most.
PRESETS: Final = (("今天", 1), ("近 7 天", 7), ("近 30 天", 30))
GRAMMAR: Final = (
    ("刹车 失灵", "两个词都出现"),
    ('"刹车失灵"', "连在一起"),
    ("自燃 OR 起火", "任一个词（也可写“或”）"),
    ("刹车 NOT 刹车片", "不含某词（也可写“非”或 -刹车片）"),
    ("品牌:青柠汽车 情感:负面", "按字段：品牌 来源 平台 情感 话题 作者 状态 风险 等级"),
    ("平台:(微博 OR 论坛)", "字段的多个值"),
    ("published:[now-7d TO now]", "时间范围，也可写 published:2026-06-16"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What the page shows; ``refused`` instead of results when the question cannot be read."""

    asked: Asked
    brands: tuple[str, ...]
    page: SearchPage | None = None
    facets: tuple[tuple[Bucket, ...], ...] = ()
    coverage: Coverage | None = None
    refused: UserError | None = None


def register(services: Services) -> None:
    """The page /mentions."""

    @ui.page("/mentions", title="信息检索 · 听风")
    async def page(request: Request) -> None:
        question = asked(request.query_params)
        await shell.page(services, request, "信息检索", lambda s, p: results(s, p, question), draw)


def results(services: Services, person: Person, question: Asked) -> Results:
    """One page of hits and the counts beside it; blocking."""
    with services.database.read() as connection:
        brands = tuple(each.name for each in watchlist.brands(connection, person) if each.enabled)
    try:
        filters = question.filters()
        page = mentions.search(services, person, question.q, filters, limit=PAGE_SIZE, cursor=question.cursor or None)
        facets = tuple(
            mentions.facets(services, person, question.q, filters, by=[dimension], limit=FACET_SIZE)
            for dimension, _ in FACETS
        )
    except UserError as error:
        return Results(asked=question, brands=brands, refused=error)
    reached = reach.coverage(services, person)
    return Results(asked=question, brands=brands, page=page, facets=facets, coverage=reached)


def draw(view: View[Results], shown: Results) -> None:
    """Form, then facets beside the list."""
    now = view.desk.services.now()
    _form(shown, now)
    if shown.refused is not None:
        _refused(shown.asked, shown.refused)
    if shown.page is None:
        return
    if shown.coverage is not None:
        coverage.line(shown.coverage)
    with parts.tag("div", classes="columns reverse"):
        with parts.tag("section", classes="column-wide", aria_label="检索结果"):
            _list(shown.asked, shown.page, now)
        with parts.tag("aside", classes="column-narrow", aria_label="按条件缩小范围"):
            # Narrow screens fold the counts away behind this switch.
            parts.tag("input", classes="fold visually-hidden", type="checkbox", id="fold-facets")
            parts.tag("label", "按来源、风险等缩小范围", "fold-label button", for_="fold-facets")
            with parts.tag("div", classes="facets"):
                for (dimension, label), buckets in zip(FACETS, shown.facets, strict=True):
                    _facet(shown.asked, dimension, label, buckets)


def _form(shown: Results, now: datetime) -> None:
    question = shown.asked
    with parts.tag("form", classes="card search", method="get", action="/mentions", role="search"):
        with parts.tag("div", classes="search-row"):
            box = parts.tag(
                "input", classes="search-box", type="search", name="q", value=question.q, aria_label="检索式"
            )
            box.props["placeholder"] = "输入检索词，例如：刹车 失灵 NOT 刹车片"
            parts.tag("button", "检索", "button primary", type="submit")
        with parts.tag("div", classes="filters"):
            parts.choice("品牌", "brand", _options(shown.brands, question.brand), question.brand)
            sentiments = [("", "全部"), *((each.value, parts.SENTIMENT_LABELS[each]) for each in Sentiment)]
            parts.choice("情感", "sentiment", sentiments, question.sentiment)
            platforms = [("", "全部"), *((each.value, parts.PLATFORM_LABELS[each]) for each in Platform)]
            parts.choice("平台", "platform", platforms, question.platform)
            parts.choice("范围", "show", [(key, label) for key, (label, _) in SHOWS.items()], question.show)
            _days(question, now)
        if question.source:
            parts.tag("input", type="hidden", name="source", value=question.source)
        if question.story:
            parts.tag("input", type="hidden", name="story", value=question.story)
        with parts.tag("div", classes="search-foot"):
            _chosen(question)
            _grammar()


def _options(values: Sequence[str], chosen: str) -> list[tuple[str, str]]:
    known = [*values, *([chosen] if chosen and chosen not in values else [])]
    return [("", "全部"), *((value, value) for value in known)]


def _days(question: Asked, now: datetime) -> None:
    for name, label, value in (("since", "从", question.since), ("until", "到", question.until)):
        with parts.tag("label", classes="field inline"):
            parts.tag("span", label)
            parts.tag("input", type="date", name=name, value=value)
    today = now.astimezone(SHANGHAI).date()
    with parts.tag("span", classes="presets"):
        for label, days in PRESETS:
            since = (today - timedelta(days=days - 1)).isoformat()
            preset = parts.link(label, question.address(since=since, until=""), "link small")
            if question.since == since and not question.until:
                preset.props["aria-current"] = "true"


def _chosen(question: Asked) -> None:
    """What narrows the list and has no control of its own; each can be taken away."""
    chosen = [("来源", "source", question.source), ("话题", "story", question.story)]
    for label, name, value in chosen:
        if value:
            text = f"{label}：{value if name != 'story' else '同一话题'} ×"
            parts.link(text, question.address(**{name: ""}), "chip chip-chosen", aria_label=f"去掉{label}条件")
    if question.is_narrowed:
        parts.link("清空全部条件", "/mentions", "link small")


def _grammar() -> None:
    with parts.tag("details", classes="grammar"):
        parts.tag("summary", "检索语法")
        with parts.tag("dl", classes="grammar-list"):
            for example, meaning in GRAMMAR:
                with parts.tag("div", classes="grammar-row"):
                    with parts.tag("dt"):
                        parts.link(example, parts.mentions_address(example), "code")
                    parts.tag("dd", meaning)


def _refused(question: Asked, error: UserError) -> None:
    parts.problem(error.title, error.message)
    if isinstance(error, InvalidQuery) and question.q:
        place = min(error.position, len(question.q))
        with parts.tag("p", classes="query-problem"):
            shown = f"{question.q} " if place == len(question.q) else question.q
            parts.highlighted(shown, [Span(part="text", start=place, end=place + 1)], kinds=["wrong"])
            parts.tag("span", f"第 {place + 1} 个字处", "muted small")


def _list(question: Asked, page: SearchPage, now: datetime) -> None:
    total = parts.number(page.total) + ("" if page.total_is_exact else "+")
    with parts.tag("div", classes="list-head"):
        parts.tag("h2", f"共 {total} 条", "card-title")
        parts.tag("span", "按发布时间，最新在前" + ("（续页）" if question.cursor else ""), "muted small")
    if not page.hits:
        hint = "换个说法，或放宽时间、情感等条件。" if question.is_narrowed else "来源采集到信息后会显示在这里。"
        parts.empty("没有找到信息", hint)
    for hit in page.hits:
        _hit(hit, now)
    with parts.tag("div", classes="pager"):
        if question.cursor:
            parts.link("回到第一页", question.address(), "button")
        if page.cursor:
            parts.link("更多", question.address(cursor=page.cursor), "button primary")


def _hit(hit: Hit, now: datetime) -> None:
    mention = hit.mention
    titles = [span for span in hit.highlights if span.part == "title"]
    with parts.tag("article", classes="card hit"):
        with parts.tag("div", classes="hit-head"):
            if mention.analysis:
                parts.sentiment_chip(mention.analysis.sentiment.label)
            if mention.status is not Status.LIVE:
                parts.chip(parts.MENTION_STATUS_LABELS[mention.status], "status")
            with parts.tag("h3", classes="hit-title"), parts.tag("a", href=f"/mentions/{mention.id}"):
                parts.highlighted(mention.title or "（无标题）", titles)
        text, spans = parts.snippet(mention.text, [span for span in hit.highlights if span.part == "text"])
        with parts.tag("p", classes="hit-text"):
            parts.highlighted(text, spans)
        meta(mention, now)


def meta(mention: Mention, now: datetime) -> None:
    """Where, who, when, and what it is about, in one line."""
    with parts.tag("div", classes="meta"):
        for brand in mention.analysis.brand_names if mention.analysis else ():
            parts.chip(brand, "brand")
        for risk in mention.analysis.risks if mention.analysis else ():
            parts.chip(f"风险：{parts.risk_label(risk.name)}", "risk")
        for aspect in (mention.analysis.aspects if mention.analysis else ())[:4]:
            parts.chip(aspect.name)
        parts.tag("span", f"{mention.source} · {parts.PLATFORM_LABELS[mention.platform]}")
        if mention.author:
            parts.tag("span", mention.author, "author")
        parts.time(mention.order_time, now, precision=mention.date_precision if mention.published_at else None)
        parts.original(mention.url, "原文")


def _facet(question: Asked, dimension: Dimension, label: str, buckets: Sequence[Bucket]) -> None:
    if not buckets:
        return
    chosen = "" if dimension is Dimension.RISK else str(getattr(question, dimension.value))
    with parts.tag("section", classes="card facet"):
        parts.tag("h2", label, "facet-title")
        with parts.tag("ul", classes="facet-list"):
            for bucket in buckets:
                with parts.tag("li"):
                    _facet_value(question, dimension, bucket, is_chosen=bucket.keys[0] == chosen)


def _facet_value(question: Asked, dimension: Dimension, bucket: Bucket, *, is_chosen: bool) -> None:
    value = bucket.keys[0]
    if dimension is Dimension.RISK:
        # In brackets, because OR would keep the risk to itself.
        href = question.address(q=f"({question.q}) 风险:{value}" if question.q else f"风险:{value}")
    else:
        href = question.address(**{dimension.value: "" if is_chosen else value})
    with parts.tag("a", classes="facet-link", href=href) as entry:
        parts.tag("span", _named(dimension, value))
        parts.tag("span", "× 取消" if is_chosen else parts.number(bucket.count), "facet-count")
    if is_chosen:
        entry.props["aria-current"] = "true"


def _named(dimension: Dimension, value: str) -> str:
    if dimension is Dimension.SENTIMENT:
        return parts.SENTIMENT_LABELS[Sentiment(value)]
    if dimension is Dimension.PLATFORM:
        return parts.PLATFORM_LABELS[Platform(value)]
    return parts.risk_label(value) if dimension is Dimension.RISK else value
