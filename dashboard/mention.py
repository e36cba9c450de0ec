"""One mention: its text with the words that decided, what the analysis says of it, and what belongs to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import Request
from nicegui import ui

from core import access
from core.access import Action, Person
from core.mention import Analysis, BrandMatch, Label, Mention, Reason, Status
from dashboard import evidence, form, history, hotlists, parts, shell
from dashboard import mentions as listing
from dashboard.desk import Work
from dashboard.shell import View
from index.base import SearchPage, Span
from response import mentions
from response.mentions import Filters, MentionDetail
from response.services import Services

MOST_NEAR: Final = 6
MOST_REASONS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The mention, others of its story, and whether this person may ask for what is masked."""

    mention: MentionDetail
    near: SearchPage | None
    may_reveal: bool


def register(services: Services) -> None:
    """The page /mentions/{mention_id}."""

    @ui.page("/mentions/{mention_id}", title="信息 · 听风")
    async def page(request: Request, mention_id: str) -> None:
        await shell.page(services, request, "信息详情", lambda s, p: load(s, p, mention_id), draw, up=shell.MENTIONS)


def load(services: Services, person: Person, mention_id: str) -> Shown:
    """Blocking. Raises NotFound."""
    mention = mentions.detail(services, person, mention_id)
    story = mention.analysis.story if mention.analysis else None
    near = mentions.search(services, person, "", Filters(story=story), limit=MOST_NEAR) if story else None
    return Shown(mention=mention, near=near, may_reveal=access.may(person, Action.REVEAL_PERSONAL))


def draw(view: View[Shown], shown: Shown) -> None:
    """Text on the left, analysis on the right."""
    now = view.desk.services.now()
    mention, analysis = shown.mention, shown.mention.analysis
    with parts.tag("div", classes="columns"):
        with parts.tag("div", classes="column-wide"):
            _text(view, shown, now)
            evidence.draw(mention, now)
            history.draw(mention.history, now)
            if shown.near is not None:
                _near(mention, shown.near, now)
        with parts.tag("div", classes="column-narrow"):
            _record(mention, now)
            hotlists.draw_stays(mention.hotlists, now)
            if analysis is None:
                parts.empty("等待分析", "分析通常在采集后几秒内完成。")
            else:
                _sentiment(analysis)
                with parts.tag("section", classes="card groups"):
                    _brands(analysis.brands)
                    _labels("风险", [(parts.risk_label(label.name), label) for label in analysis.risks])
                    _labels("关注点", [(label.name, label) for label in analysis.aspects])
                    _keywords(analysis)


def _text(view: View[Shown], shown: Shown, now: datetime) -> None:
    mention = shown.mention
    reasons = mention.analysis.sentiment.reasons if mention.analysis else ()
    with parts.tag("article", classes="card"):
        with parts.tag("div", classes="hit-head"):
            if mention.analysis:
                parts.sentiment_chip(mention.analysis.sentiment.label)
            if mention.status is not Status.LIVE:
                parts.chip(parts.MENTION_STATUS_LABELS[mention.status], "status")
            with parts.tag("h2", classes="mention-title"):
                _marked(mention.title or "（无标题）", reasons, "title")
        listing.meta(mention, now)
        with parts.tag("div", classes="mention-text"):
            _marked(mention.text or "（无正文）", reasons, "text")
        with parts.tag("div", classes="card-foot"):
            parts.original(mention.url)
            parts.tag("span", "个人信息已用 * 遮盖", "muted small")
            if shown.may_reveal:
                reveal = ui.button("查看未遮盖的内容", on_click=lambda: _ask_reveal(view, mention.id))
                reveal.props("flat dense no-caps")


def _marked(text: str, reasons: Sequence[Reason], part: str) -> None:
    placed = [reason for reason in reasons if reason.part == part and reason.end > reason.start]
    spans = [Span(part=part, start=reason.start, end=reason.end) for reason in placed]
    kinds = ["reason-negative" if reason.weight < 0 else "reason-positive" for reason in placed]
    parts.highlighted(text, spans, kinds=kinds)


def _record(mention: Mention, now: datetime) -> None:
    with parts.tag("section", classes="card"):
        parts.tag("h2", "出处", "card-title")
        with parts.tag("dl", classes="facts"):
            parts.fact("来源", f"{mention.source}（{mention.tier.value} 级）")
            parts.fact("平台", parts.PLATFORM_LABELS[mention.platform])
            parts.fact("作者", mention.author or "未知")
            with parts.tag("div", classes="fact"):
                parts.tag("dt", "发布时间")
                with parts.tag("dd"):
                    parts.time(mention.published_at, now, precision=mention.date_precision)
            parts.fact("采集时间", parts.full_clock(mention.seen_at))
            counted = mention.engagement
            if counted.counted_at:
                counts = (counted.likes, counted.reposts, counted.comments, counted.views)
                named = zip(("赞", "转", "评", "阅"), counts, strict=True)
                said = " · ".join(f"{name} {parts.number(value)}" for name, value in named if value is not None)
                parts.fact("互动", said or "—")


def _sentiment(analysis: Analysis) -> None:
    found = analysis.sentiment
    with parts.tag("section", classes="card"):
        parts.tag("h2", "情感依据", "card-title")
        with parts.tag("p", classes="sentence"):
            parts.sentiment_chip(found.label)
            said = f"得分 {parts.score(found.score)}（-1 至 +1），置信度 {parts.percent(found.confidence)}"
            parts.tag("span", said, "small")
        if len(analysis.targets) > 1:
            for target in analysis.targets:
                with parts.tag("p", classes="sentence"):
                    parts.tag("span", f"对{target.brand}：")
                    parts.sentiment_chip(target.sentiment.label)
        _reasons(found.reasons)


def _reasons(reasons: Sequence[Reason]) -> None:
    if not reasons:
        parts.tag("p", "没有起决定作用的词。", "muted small")
        return
    weights: dict[str, list[float]] = {}
    for reason in reasons:
        weights.setdefault(reason.words, []).append(reason.weight)
    weighty = sorted(weights.items(), key=lambda pair: -abs(sum(pair[1])))[:MOST_REASONS]
    most = abs(sum(weighty[0][1])) or 1.0
    with parts.tag("table", classes="table compact"):
        with parts.tag("thead"), parts.tag("tr"):
            parts.tag("th", "词语", scope="col")
            parts.tag("th", "权重", "right", scope="col")
            parts.tag("th", "作用", scope="col")
        with parts.tag("tbody"):
            for words, each in weighty:
                total = sum(each)
                with parts.tag("tr"):
                    parts.tag("td", f"{words} ×{len(each)}" if len(each) > 1 else words)
                    parts.tag("td", parts.score(total), "right")
                    with parts.tag("td", classes="weight"):
                        bar = parts.tag("span", classes=f"weight-bar weight-{'negative' if total < 0 else 'positive'}")
                        bar.style(f"width:{abs(total) / most:.0%}")


def _brands(matches: Sequence[BrandMatch]) -> None:
    with parts.tag("div", classes="group"):
        parts.tag("h2", "品牌", "group-title")
        if not matches:
            parts.tag("p", "没有命中监测的品牌。", "muted small")
        for match in matches:
            with parts.tag("p", classes="sentence"):
                parts.chip(match.brand, "brand")
                parts.tag("span", f"命中“{match.alias}”", "small")
                if match.excluded_by:
                    parts.chip("已排除", "status")
                    parts.tag("span", f"规则：{match.excluded_by}", "small")


def _labels(title: str, labels: Sequence[tuple[str, Label]]) -> None:
    if not labels:
        return
    with parts.tag("div", classes="group"):
        parts.tag("h2", title, "group-title")
        for name, label in labels:
            words = "、".join(dict.fromkeys(reason.words for reason in label.reasons if reason.words))
            with parts.tag("p", classes="sentence"):
                parts.chip(name, "risk" if title == "风险" else "plain")
                parts.tag("span", words, "muted small")


def _keywords(analysis: Analysis) -> None:
    if not analysis.keywords:
        return
    with parts.tag("div", classes="group"):
        parts.tag("h2", "关键词", "group-title")
        with parts.tag("div", classes="chips"):
            for keyword in analysis.keywords:
                parts.link(keyword.word, parts.mentions_address(f'"{keyword.word}"'), "chip chip-plain")


def _near(mention: Mention, near: SearchPage, now: datetime) -> None:
    others = [hit.mention for hit in near.hits if hit.mention.id != mention.id]
    with parts.tag("section", classes="card"):
        with parts.tag("div", classes="card-head"):
            parts.tag("h2", f"同一话题（{parts.number(near.total)} 条）", "card-title")
            if mention.analysis and mention.analysis.story:
                parts.link("全部", parts.address("/mentions", story=mention.analysis.story), "link small")
        if not others:
            parts.tag("p", "目前只有这一条。", "muted small")
        for other in others:
            with parts.tag("a", classes="row-link", href=f"/mentions/{other.id}"):
                if other.analysis:
                    parts.sentiment_chip(other.analysis.sentiment.label)
                with parts.tag("span", classes="row-body"):
                    parts.tag("span", other.title or other.text[:40], "row-title")
                    with parts.tag("span", classes="row-note"):
                        parts.tag("span", other.source)
                        parts.time(other.order_time, now)


def _ask_reveal(view: View[Shown], mention_id: str) -> None:
    """The original leaves with a reason only, and the reason is kept."""

    def reveal(values: form.Values) -> Work[object]:
        def work(services: Services, person: Person) -> None:
            found = mentions.reveal(services, person, mention_id, values["reason"])
            later.append(found)

        return work

    later: list[Mention] = []
    form.open_dialog(
        view,
        "查看未遮盖的内容",
        [form.Entry(name="reason", label="理由")],
        submit="查看",
        work=reveal,
        done="已记录查看理由",
        note="查看会留下审计记录，请写明理由。",
        then=lambda: _show_revealed(view, later[0]),
    )


def _show_revealed(view: View[Shown], mention: Mention) -> None:
    with view.aside, ui.dialog(value=True) as dialog, ui.card().classes("dialog wide"):
        parts.tag("h2", mention.title or "（无标题）", "card-title")
        parts.tag("p", f"{mention.source} · {mention.author or '未知作者'}", "muted small")
        parts.tag("div", mention.text, "mention-text")
        with parts.tag("div", classes="dialog-actions"):
            ui.button("关闭", on_click=dialog.close).props("flat no-caps")
