"""The charts: one theme, one set of defaults, and the table that says the same.

Series are ordered lists. Text from outside is a value in these options, never a key. Legend positions are explicit:
ECharts 6 would put the legend at the bottom, on top of the axis.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from nicegui import events, ui

from core.mention import Sentiment
from dashboard import parts
from index.trends import Day
from response.coverage import DayGap

COLOURS: Final = {Sentiment.NEGATIVE: "#c2372e", Sentiment.NEUTRAL: "#8a97a6", Sentiment.POSITIVE: "#2f7f5f"}
# Stacked from the axis upwards: what matters stands on the ground, where heights can be compared.
ORDER: Final = (Sentiment.NEGATIVE, Sentiment.NEUTRAL, Sentiment.POSITIVE)

_TEXT: Final = "#4a5868"
_LINE: Final = "#e3e8ee"
_GAP: Final = "#efe3c8"
GAP_NAME: Final = "采集中断（小时）"
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


def trend_options(days: Sequence[Day], gaps: Mapping[date, DayGap]) -> Options:
    """Mentions per Shanghai day, stacked by sentiment, before a ground that marks the days with gaps.

    The ground has axes of its own, hidden ones: bars on one axis would stand side by side.
    """
    labels = [f"{each.day:%m-%d}" for each in days]
    x_axis = {
        "type": "category",
        "data": labels,
        "axisTick": {"show": False},
        "axisLine": {"lineStyle": {"color": _LINE}},
        "axisLabel": {"color": _TEXT, "hideOverlap": True},
    }
    y_axis = {
        "type": "value",
        "minInterval": 1,
        "splitLine": {"lineStyle": {"color": _LINE}},
        "axisLabel": {"color": _TEXT},
    }
    series = [_series(sentiment, days) for sentiment in ORDER]
    if not any(each.day in gaps for each in days):
        return defaults() | {"xAxis": x_axis, "yAxis": y_axis, "series": series}
    hidden = {"show": False, "axisLabel": {"show": False}}  # labels that are not shown would still take their room
    hidden_x = hidden | {"type": "category", "data": labels}
    hidden_y = hidden | {"type": "value", "max": 0.01}  # any gap fills the height
    return defaults() | {
        "xAxis": [x_axis, hidden_x],
        "yAxis": [y_axis, hidden_y],
        "series": [*series, _ground(days, gaps)],
    }


def trend(
    days: Sequence[Day], *, address_of: Callable[[date, Sentiment | None], str], gaps: Mapping[date, DayGap]
) -> None:
    """The chart, whose bars open their mentions, and below it the same as a table of links."""

    def open_point(event: events.EChartPointClickEventArguments) -> None:
        if event.series_index < len(ORDER):
            sentiment = ORDER[event.series_index]
            ui.navigate.to(address_of(days[event.data_index].day, sentiment))

    chart = ui.echart(trend_options(days, gaps), on_point_click=open_point).classes("chart")
    chart.props["role"] = "img"
    chart.props["aria-label"] = summary(days)
    with parts.tag("details", classes="as-table"):
        parts.tag("summary", "以表格查看（点击柱子或数字可查看信息）")
        _table(days, address_of, gaps)


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


def _ground(days: Sequence[Day], gaps: Mapping[date, DayGap]) -> Options:
    return {
        "name": GAP_NAME,
        "type": "bar",
        "xAxisIndex": 1,
        "yAxisIndex": 1,
        "barWidth": "100%",
        "z": 0,
        "silent": True,
        "itemStyle": {"color": _GAP},
        "data": [gaps[each.day].hours if each.day in gaps else None for each in days],
    }


def _table(
    days: Sequence[Day], address_of: Callable[[date, Sentiment | None], str], gaps: Mapping[date, DayGap]
) -> None:
    with parts.tag("div", classes="scroll"), parts.tag("table", classes="table compact"):
        with parts.tag("thead"), parts.tag("tr"):
            for heading in ("日期", "合计", *(parts.SENTIMENT_LABELS[each] for each in ORDER)):
                parts.tag("th", heading, scope="col", classes="" if heading == "日期" else "right")
        with parts.tag("tbody"):
            for each in reversed(days):
                with parts.tag("tr"):
                    with parts.tag("th", f"{each.day:%Y-%m-%d}", scope="row"):
                        if missing := gaps.get(each.day):
                            said = f"采集中断 {missing.hours:g} 小时：{'、'.join(missing.sources)}"
                            parts.tag("span", said, "muted small block")
                    _number(each.counts.total, address_of(each.day, None))
                    for sentiment in ORDER:
                        _number(getattr(each.counts, sentiment.value), address_of(each.day, sentiment))


def _number(count: int, href: str) -> None:
    with parts.tag("td", classes="right"):
        if count:
            parts.link(parts.number(count), href)
        else:
            parts.tag("span", "0", "muted")
