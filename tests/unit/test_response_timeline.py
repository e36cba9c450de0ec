"""Sentences of the timeline, on plain audit rows."""

from datetime import UTC, datetime

import pytest

from core.audit import AuditEntry
from response.timeline import sentence


def a_row(action: str, note: str = "", **details: object) -> AuditEntry:
    at = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)
    return AuditEntry(id=1, at=at, person="林晓", action=action, subject="incident:x", details=details, note=note)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            a_row("alert.opened", number="YJ-20260616-01", level="orange", explanation="60 分钟 40 条，负面 30 条"),
            "触发橙色预警 YJ-20260616-01：60 分钟 40 条，负面 30 条",
        ),
        (a_row("alert.raised", level="red", explanation="负面 90 条"), "预警升为红色：负面 90 条"),
        (a_row("alert.closed", outcome="false_alarm", note="是汽水"), "关闭预警（误报）：是汽水"),
        (
            a_row("incident.opened", alert_number="YJ-20260616-01", level="orange", suspects=[{"name": "618安心购"}]),
            "由预警 YJ-20260616-01 建立舆情事件，级别橙色；可能相关的活动：618安心购",
        ),
        (a_row("message.sent", channel="值班系统", reason=""), "通知已送达（值班系统）"),
        (a_row("message.rejected", channel="值班系统", reason="签名不符"), "通知被拒收（值班系统）：签名不符"),
        (a_row("incident.raised", before="orange", level="red"), "级别由橙色升为红色"),
        (
            a_row(
                "incident.task_added",
                title="回电车主",
                owner="客服",
                due_at="2026-06-16T12:00:00+00:00",
                is_blocker=True,
            ),
            "添加关键任务「回电车主」，负责人 客服，期限 06-16 20:00",
        ),
        (a_row("incident.task_finished", title="回电车主", note="已回访"), "完成任务「回电车主」：已回访"),
        (a_row("incident.note_added", note="可能扩散，先联系车主"), "备注：可能扩散，先联系车主"),
        (a_row("incident.closed", cause="接插件故障", lesson="早核实"), "结案，原因：接插件故障；经验教训：早核实"),
        (a_row("incident.closed", cause="接插件故障", lesson=""), "结案，原因：接插件故障"),
        (a_row("incident.frozen", note="等监管"), "记录了操作 incident.frozen：等监管"),
        (a_row("incident.note_added", note="车主电话13812345678"), "备注：车主电话138********"),
    ],
)
def test_sentence(row: AuditEntry, expected: str) -> None:
    assert sentence(row) == expected


def test_rows_of_other_versions_never_break_the_page() -> None:
    rows = [a_row("incident.task_added"), a_row("incident.opened", suspects="?"), a_row("alert.raised", level="purple")]
    assert [sentence(row) for row in rows] == [
        "添加任务「」，负责人 ，期限 未记录",
        "由预警  建立舆情事件，级别",
        "预警升为purple：",
    ]
