"""Small parts every page is made of: elements with a role, chips, numbers, times, and marked text.

Text from outside becomes a text node (``tag``) or goes through ``highlighted``, which escapes first; the only place
with ``sanitize=False``. Values may come from outside, keys of props never do: keys that begin with ``:`` are run.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Final
from urllib.parse import urlencode, urlsplit

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from alerts.level import Level
from core.mention import SHANGHAI, DatePrecision, Platform, Sentiment, Status, shanghai_text
from index.base import Span

SENTIMENT_LABELS: Final[Mapping[Sentiment, str]] = {
    Sentiment.NEGATIVE: "负面",
    Sentiment.NEUTRAL: "中性",
    Sentiment.POSITIVE: "正面",
}
PLATFORM_LABELS: Final[Mapping[Platform, str]] = {
    Platform.NEWS: "新闻",
    Platform.FORUM: "论坛",
    Platform.WEIBO: "微博",
    Platform.WECHAT: "微信",
    Platform.VIDEO: "视频",
    Platform.BLOG: "博客",
    Platform.QA: "问答",
    Platform.REVIEW: "点评",
    Platform.COMPLAINT: "投诉",
    Platform.HOTLINE: "热线",
    Platform.STORE: "商店",
    Platform.HOTLIST: "热榜",
    Platform.OTHER: "其他",
}
MENTION_STATUS_LABELS: Final[Mapping[Status, str]] = {
    Status.LIVE: "有效",
    Status.CHANGED: "已修改",
    Status.DELETED: "已删除",
    Status.EXCLUDED: "已排除",
}
# The classes of nlp's rule packs; a class without a label is shown by its name.
RISK_LABELS: Final[Mapping[str, str]] = {
    "safety": "安全",
    "casualty": "伤亡",
    "quality": "质量",
    "service": "服务",
    "price": "价格",
    "fraud": "欺诈",
    "legal": "法律",
    "labour": "劳动用工",
    "data_leak": "数据泄露",
    "executive": "高管",
    "advertising": "广告宣传",
    "food_safety": "食品安全",
}

# Guess: two lines of a list at 1,000 px.
SNIPPET_LENGTH: Final = 120
# Characters kept in front of the first marked word of a snippet.
SNIPPET_LEAD: Final = 24


def tag(kind: str, /, text: str = "", classes: str = "", **attributes: str) -> TextElement:
    """An HTML element; ``data_label="x"`` becomes ``data-label``. Attribute names are ours, values may be anyone's."""
    element = TextElement(tag=kind, text=text)
    for key, value in attributes.items():
        element.props[key.rstrip("_").replace("_", "-")] = value
    return element.classes(classes) if classes else element


def link(text: str, href: str, classes: str = "link", **attributes: str) -> TextElement:
    """A link inside the product; ``href`` is built by ``address``."""
    return tag("a", text, classes, href=href, **attributes)


def address(path: str, **query: str | None) -> str:
    """Path with query parameters; empty ones are left out."""
    given = {key: value for key, value in query.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


def mentions_address(query: str) -> str:
    """Where the mentions of a search expression are listed."""
    return address("/mentions", q=query)


def original(url: str, text: str = "查看原文") -> None:
    """Link to where a mention was published; nothing when the address is not a web address."""
    if urlsplit(url).scheme in ("http", "https"):
        with tag("a", text, "link external", href=url, target="_blank", rel="noopener noreferrer nofollow"):
            tag("span", "（新窗口打开）", "visually-hidden")


def chip(text: str, kind: str = "plain") -> TextElement:
    """A short label; ``kind`` chooses the colours of ``.chip-KIND``, the text says the same."""
    return tag("span", text, f"chip chip-{kind}")


def level_chip(level: Level) -> TextElement:
    """红色, 橙色, 黄色, 蓝色."""
    return chip(f"{level.label}色", f"level-{level.value}")


def sentiment_chip(sentiment: Sentiment) -> TextElement:
    """负面, 中性, 正面."""
    return chip(SENTIMENT_LABELS[sentiment], sentiment.value)


def risk_label(name: str) -> str:
    """The Chinese name of a risk class."""
    return RISK_LABELS.get(name, name)


def number(value: int) -> str:
    """12,345"""
    return f"{value:,}"


def percent(share: float) -> str:
    """share: 0-1; 43%, and one digit more below 10%."""
    return f"{share:.1%}" if 0 < share < 0.1 else f"{share:.0%}"


def score(value: float) -> str:
    """A signed value in [-1, 1]."""
    return f"{value:+.2f}"


def expected(value: float | None) -> str:
    """A usual count; None while it is being learned."""
    return "基线建立中" if value is None else f"{value:.1f}"


def clock(moment: datetime, now: datetime) -> str:
    """今天 14:00, 昨天 09:12, 06-01 08:00, 2025-12-31 08:00; in Shanghai."""
    local, today = moment.astimezone(SHANGHAI), now.astimezone(SHANGHAI)
    days = (today.date() - local.date()).days
    if days in (0, 1):
        return f"{'今天' if days == 0 else '昨天'} {local:%H:%M}"
    return f"{local:%m-%d %H:%M}" if local.year == today.year else f"{local:%Y-%m-%d %H:%M}"


def full_clock(moment: datetime) -> str:
    """2026-06-16 14:00:05, in Shanghai."""
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"


def window(start: datetime, end: datetime) -> str:
    """06-16 13:00–14:00, in Shanghai."""
    return f"{start.astimezone(SHANGHAI):%m-%d %H:%M}–{end.astimezone(SHANGHAI):%H:%M}"


def duration(span: timedelta) -> str:
    """The two largest units: 2 天 4 小时, 3 小时 20 分, 5 分钟."""
    minutes = max(0, int(span.total_seconds()) // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} 天 {hours} 小时"
    return f"{hours} 小时 {minutes} 分" if hours else f"{minutes} 分钟"


def time(moment: datetime | None, now: datetime, *, precision: DatePrecision | None = None) -> None:
    """A moment as people read it, with the whole of it as tool tip; a day is shown as a day."""
    if moment is None:
        tag("span", "—", "muted")
        return
    shown = f"{moment.astimezone(SHANGHAI):%Y-%m-%d}" if precision is DatePrecision.DAY else clock(moment, now)
    title = shown if precision is DatePrecision.DAY else full_clock(moment)
    tag("time", shown, "time", datetime=shanghai_text(moment), title=title)


def highlighted(text: str, spans: Iterable[Span], *, kinds: Sequence[str] = (), classes: str = "") -> None:
    """Text with marked places; everything is escaped. kinds: a class for each span, ours, never from outside."""
    ui.html(marked(text, list(spans), kinds), sanitize=False, tag="span").classes(classes)


def marked(text: str, spans: Sequence[Span], kinds: Sequence[str] = ()) -> str:
    """HTML: the text escaped, the spans in ``<mark>``; of overlapping spans the first counts."""
    pieces: list[str] = []
    done = 0
    given = [*kinds, *[""] * (len(spans) - len(kinds))]
    for span, kind in sorted(zip(spans, given, strict=True), key=lambda pair: (pair[0].start, pair[0].end)):
        start, end = span.start, min(span.end, len(text))
        if start < done or start >= end:
            continue
        opening = f'<mark class="{escape(kind)}">' if kind else "<mark>"
        pieces += [escape(text[done:start]), opening, escape(text[start:end]), "</mark>"]
        done = end
    return "".join([*pieces, escape(text[done:])])


def snippet(text: str, spans: Sequence[Span], *, length: int = SNIPPET_LENGTH) -> tuple[str, tuple[Span, ...]]:
    """The part of a long text around its first span, line breaks as spaces, with the spans moved along."""
    first = spans[0].start if spans else 0
    start = max(0, min(first - SNIPPET_LEAD, len(text) - length))
    end = min(len(text), start + length)
    before, after = "…" if start else "", "…" if end < len(text) else ""
    shift = len(before) - start
    cut = "".join(" " if character.isspace() else character for character in text[start:end])
    inside = (span for span in spans if span.start >= start and span.end <= end)
    return f"{before}{cut}{after}", tuple(
        Span(part=span.part, start=span.start + shift, end=span.end + shift) for span in inside
    )


def empty(text: str, hint: str = "") -> None:
    """What a list shows when there is nothing in it, and what to do next."""
    with tag("div", classes="empty"):
        tag("p", text, "empty-text")
        if hint:
            tag("p", hint, "muted")


def problem(title: str, message: str) -> None:
    """A failure in words, inline."""
    with tag("div", classes="problem", role="alert"):
        tag("strong", title)
        tag("span", message)


def choice(label: str, name: str, options: Iterable[tuple[str, str]], chosen: str, *, submits: bool = True) -> None:
    """A select of a GET form; options are (value, label). submits: a choice sends the form at once."""
    with tag("label", classes="field inline"):
        tag("span", label)
        with tag("select", name=name) as select:
            for value, shown in options:
                option = tag("option", shown, value=value)
                if value == chosen:
                    option.props["selected"] = "selected"
        if submits:
            select.on("change", js_handler="(event) => event.target.form.requestSubmit()")


def fact(name: str, value: str, classes: str = "") -> None:
    """One row of a ``dl``."""
    with tag("div", classes="fact"):
        tag("dt", name)
        tag("dd", value, classes)


def cell(label: str, classes: str = "", *, text: str = "") -> TextElement:
    """A table cell; on narrow screens the row becomes a card and the label stands in front of the value."""
    return tag("td", text, classes, data_label=label)
