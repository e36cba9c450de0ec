"""The charts: one theme, one set of defaults, and the table that says the same.

Series are ordered lists. Text from outside is a value in these options, never a key. Legend positions are explicit:
ECharts 6 would put the legend at the bottom, on top of the axis.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final

from nicegui import events, ui

from core.mention import Sentiment
from dashboard import parts
from index.trends import Day

COLOURS: Final = {Sentiment.NEGATIVE: "#c2372e", Sentiment.NEUTRAL: "#8a97a6", Sentiment.POSITIVE: "#2f7f5f"}
# Stacked from the axis upwards: what matters stands on the ground, where heights can be compared.
ORDER: Final = (Sentiment.NEGATIVE, Sentiment.NEUTRAL, Sentiment.POSITIVE)

_TEXT: Final = "#4a5868"
_LINE: Final = "#e3e8ee"
Options = dict[str, Any]  # Any: ECharts options are JSON of any shape


def defaults() -> Options:
    """What all charts share."""
    return {
        "animation": False,
        "textStyle": {"fontFamily": "inherit", "color": _TEXT},
        "grid": {"left": 8, "right": 12, "top": 40, "bottom": 4, "containLabel": True},
        "legend": {"top": 4, "right": 8, "itemWidth": 14, "itemHeight": 10, "textStyle": {"color": _TEXT}},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}, "confine": True},
    }


def trend_options(days: Sequence[Day]) -> Options:
    """Mentions per Shanghai day, stacked by sentiment."""
    return defaults() | {
        "xAxis": {
            "type": "category",
            "data": [f"{each.day:%m-%d}" for each in days],
            "axisTick": {"show": False},
            "axisLine": {"lineStyle": {"color": _LINE}},
            "axisLabel": {"color": _TEXT, "hideOverlap": True},
        },
        "yAxis": {
            "type": "value",
            "minInterval": 1,
            "splitLine": {"lineStyle": {"color": _LINE}},
            "axisLabel": {"color": _TEXT},
        },
        "series": [_series(sentiment, days) for sentiment in ORDER],
    }


def trend(days: Sequence[Day], *, address_of: Callable[[date, Sentiment | None], str]) -> None:
    """The chart, whose bars open their mentions, and below it the same as a table of links."""

    def open_point(event: events.EChartPointClickEventArguments) -> None:
        sentiment = ORDER[event.series_index]
        ui.navigate.to(address_of(days[event.data_index].day, sentiment))

    chart = ui.echart(trend_options(days), on_point_click=open_point).classes("chart")
    chart.props["role"] = "img"
    chart.props["aria-label"] = summary(days)
    with parts.tag("details", classes="as-table"):
        parts.tag("summary", "以表格查看（点击柱子或数字可查看信息）")
        _table(days, address_of)


def summary(days: Sequence[Day]) -> str:
    """The chart in one sentence."""
    if not days:
        return "没有数据"
    total = sum(each.counts.total for each in days)
    negative = sum(each.counts.negative for each in days)
    peak = max(days, key=lambda each: each.counts.total)
    said = f"{len(days)} 天信息量趋势：共 {parts.number(total)} 条，其中负面 {parts.number(negative)} 条"
    return f"{said}；最高为 {peak.day:%m月%d日}，{parts.number(peak.counts.total)} 条" if total else said


def _series(sentiment: Sentiment, days: Sequence[Day]) -> Options:
    return {
        "name": parts.SENTIMENT_LABELS[sentiment],
        "type": "bar",
        "stack": "sentiment",
        "barMaxWidth": 22,
        "itemStyle": {"color": COLOURS[sentiment]},
        "data": [getattr(each.counts, sentiment.value) for each in days],
    }


def _table(days: Sequence[Day], address_of: Callable[[date, Sentiment | None], str]) -> None:
    with parts.tag("div", classes="scroll"), parts.tag("table", classes="table compact"):
        with parts.tag("thead"), parts.tag("tr"):
            for heading in ("日期", "合计", *(parts.SENTIMENT_LABELS[each] for each in ORDER)):
                parts.tag("th", heading, scope="col", classes="" if heading == "日期" else "right")
        with parts.tag("tbody"):
            for each in reversed(days):
                with parts.tag("tr"):
                    parts.tag("th", f"{each.day:%Y-%m-%d}", scope="row")
                    _number(each.counts.total, address_of(each.day, None))
                    for sentiment in ORDER:
                        _number(getattr(each.counts, sentiment.value), address_of(each.day, sentiment))


def _number(count: int, href: str) -> None:
    with parts.tag("td", classes="right"):
        if count:
            parts.link(parts.number(count), href)
        else:
            parts.tag("span", "0", "muted")
