"""The timeline (时间线) of an incident, read from the audit of the incident and of its alert; never stored.

An action that this file does not know is shown in general words, so that nothing that happened is left out. All
texts are masked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from alerts.level import Level
from alerts.state import Outcome
from core import audit, story
from core.access import SYSTEM, Action, Person, require
from core.audit import AuditEntry
from core.mention import SHANGHAI, Time
from core.personal import mask
from response import incident_record
from response.incident_record import HISTORY_ROWS, Incident
from response.statement_check import VERDICT_LABELS

MILESTONE: Final = "milestone"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One line. person: as shown. text: a Chinese sentence. kind: the audit action, or "milestone"."""

    at: Time
    person: str
    text: str
    kind: str


def of(connection: Connection, person: Person, incident_id: str) -> tuple[TimelineEntry, ...]:
    """What happened, oldest first. Raises NotFound."""
    require(person, Action.READ_INCIDENTS)
    incident = incident_record.find(connection, incident_id)
    subjects = (incident.subject, f"alert:{incident.alert_id}")
    rows = audit.entries_of(connection, subjects, limit=HISTORY_ROWS)
    entries = [*_milestones(connection, incident), *(_entry(row) for row in rows)]
    return tuple(sorted(entries, key=lambda entry: entry.at))


def sentence(row: AuditEntry) -> str:
    """Say in Chinese what an audit row records."""
    wording = _SENTENCES.get(row.action)
    said = wording(row.details) if wording else f"记录了操作 {row.action}"
    return mask(f"{said}：{row.note}" if row.note else said)


def _entry(row: AuditEntry) -> TimelineEntry:
    return TimelineEntry(at=row.at, person=_name(row.person), text=sentence(row), kind=row.action)


def _milestones(connection: Connection, incident: Incident) -> tuple[TimelineEntry, ...]:
    first = story.get(connection, incident.story) if incident.story else None
    if first is None:
        return ()
    text = mask(f"首条相关信息：{first.title}")
    return (TimelineEntry(at=first.first_seen_at, person=_name(SYSTEM.name), text=text, kind=MILESTONE),)


def _name(person: str) -> str:
    return "系统" if person == SYSTEM.name else person


_Details = Mapping[str, object]


def _value(details: _Details, key: str) -> str:
    """A value of a row as text; rows of former versions may lack it."""
    value = details.get(key)
    return "" if value is None else str(value)


def _level(details: _Details, key: str = "level") -> str:
    value = _value(details, key)
    return f"{Level(value).label}色" if value in list(Level) else value


def _moment(details: _Details, key: str) -> str:
    value = _value(details, key)
    return f"{datetime.fromisoformat(value).astimezone(SHANGHAI):%m-%d %H:%M}" if value else "未记录"


def _alert_opened(details: _Details) -> str:
    return f"触发{_level(details)}预警 {_value(details, 'number')}：{_value(details, 'explanation')}"


def _alert_updated(details: _Details) -> str:
    return f"预警更新：{_value(details, 'explanation')}"


def _alert_raised(details: _Details) -> str:
    return f"预警升为{_level(details)}：{_value(details, 'explanation')}"


def _alert_closed(details: _Details) -> str:
    outcome = _value(details, "outcome")
    return f"关闭预警（{_OUTCOMES.get(outcome, outcome)}）"


def _opened(details: _Details) -> str:
    suspects = details.get("suspects")
    found = suspects if isinstance(suspects, list) else []
    names = [_value(each, "name") for each in found if isinstance(each, Mapping)]
    said = f"由预警 {_value(details, 'alert_number')} 建立舆情事件，级别{_level(details)}"
    return f"{said}；可能相关的活动：{'、'.join(names)}" if names else said


def _raised(details: _Details) -> str:
    return f"级别由{_level(details, 'before')}升为{_level(details)}"


def _reopened(details: _Details) -> str:
    return f"舆情反复，事件重新打开，级别由{_level(details, 'before')}升为{_level(details)}"


def _task_added(details: _Details) -> str:
    kind = "关键任务" if details.get("is_blocker") else "任务"
    title, owner = _value(details, "title"), _value(details, "owner")
    return f"添加{kind}「{title}」，负责人 {owner}，期限 {_moment(details, 'due_at')}"


def _task_finished(details: _Details) -> str:
    return f"完成任务「{_value(details, 'title')}」"


def _closed(details: _Details) -> str:
    said = f"结案，原因：{_value(details, 'cause')}"
    lesson = _value(details, "lesson")
    return f"{said}；经验教训：{lesson}" if lesson else said


def _campaign_linked(details: _Details) -> str:
    return f"关联活动「{_value(details, 'name')}」"


def _text_checked(details: _Details) -> str:
    verdict = _value(details, "verdict")
    said = f"文稿合规检查：{_VERDICTS.get(verdict, verdict)}"
    return f"{said}（共 {_value(details, 'findings')} 处，其中须修改 {_value(details, 'blockers')} 处）"


def _plain(said: str) -> Callable[[_Details], str]:
    return lambda _details: said


_VERDICTS: Final[Mapping[str, str]] = {verdict.value: label for verdict, label in VERDICT_LABELS.items()}

_OUTCOMES: Final[Mapping[str, str]] = {
    Outcome.HANDLED: "已处理",
    Outcome.FALSE_ALARM: "误报",
    Outcome.MERGED: "并入其他预警",
    Outcome.SETTLED: "预警解除",
}


def _message(said: str) -> Callable[[_Details], str]:
    def wording(details: _Details) -> str:
        reason = _value(details, "reason")
        return f"{said}（{_value(details, 'channel')}）" + (f"：{reason}" if reason else "")

    return wording


_SENTENCES: Final[Mapping[str, Callable[[_Details], str]]] = {
    "alert.opened": _alert_opened,
    "alert.updated": _alert_updated,
    "alert.raised": _alert_raised,
    "alert.acknowledged": _plain("确认预警"),
    "alert.calmed": _plain("预警平息"),
    "alert.settled": _plain("预警解除"),
    "alert.closed": _alert_closed,
    "message.sent": _message("通知已送达"),
    "message.failed": _message("通知多次发送失败"),
    "message.rejected": _message("通知被拒收"),
    "incident.opened": _opened,
    "incident.raised": _raised,
    "incident.reopened": _reopened,
    "incident.acknowledged": _plain("确认舆情事件，开始处置"),
    "incident.task_added": _task_added,
    "incident.task_finished": _task_finished,
    "incident.note_added": _plain("备注"),
    "incident.campaign_linked": _campaign_linked,
    "incident.text_checked": _text_checked,
    "incident.closed": _closed,
}
