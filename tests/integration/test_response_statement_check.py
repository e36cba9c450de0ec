"""Compliance reports kept with an incident."""

import hashlib
from datetime import date
from typing import Any

import pytest

from core import audit
from core.access import SYSTEM, Person, Role
from core.database import Database
from core.errors import InvalidInput, NotFound
from response import incident, statement_check, timeline
from response.compliance.check import ComplianceReport, Verdict, check
from response.compliance.rule import Context, Level, Rule, RulePack, RulePacks
from tests.conftest import Clock
from tests.integration.test_response_incident import opened

LEGAL = Person("吴律", frozenset({Role.LEGAL}))


def packs() -> RulePacks:
    rule = Rule.model_validate(
        {
            "id": "T-1",
            "title": "绝对化用语",
            "articles": ("第九条",),
            "levels": {Context.STATEMENT: Level.BLOCK},
            "patterns": ("绝对安全", "电话[0-9]+"),
            "reason": "理由",
            "suggestion": "建议",
            "effective_from": date(2015, 9, 1),
            "verified": "memory",
            "positive": ("绝对安全",),
            "negative": ("注意安全",),
        }
    )
    return RulePacks((RulePack(id="test", title="测试规则", version="1", rules=(rule,)),))


def test_a_report_is_attached_with_text_hash_pack_and_audit(database: Database, clock: Clock) -> None:
    found = opened(database, clock())
    text = "我司产品绝对安全"
    checked = statement_check.check_text(database, LEGAL, found.id, text, Context.STATEMENT, now=clock(), packs=packs())
    with database.read() as connection:
        kept = statement_check.reports(connection, LEGAL, found.id)
        told = timeline.of(connection, LEGAL, found.id)[-1]
    assert kept == (checked,)
    assert (checked.report.verdict, checked.report.pack_version, checked.person) == (Verdict.REVISE, "test 1", "吴律")
    assert checked.text_hash == hashlib.sha256(text.encode()).hexdigest()
    assert [finding.quote for finding in checked.report.findings] == ["绝对安全"]
    assert told.text == "文稿合规检查：需要修改（共 1 处，其中须修改 1 处）"


def test_what_is_read_later_is_masked_in_place(database: Database, clock: Clock) -> None:
    found = opened(database, clock())
    now, text = clock(), "绝对安全，请拨打电话13812345678"
    fresh = statement_check.check_text(database, LEGAL, found.id, text, Context.STATEMENT, now=now, packs=packs())
    with database.read() as connection:
        kept = statement_check.reports(connection, LEGAL, found.id)[0]
    assert fresh.text == text
    assert kept.text == "绝对安全，请拨打电话138********"
    assert [finding.quote for finding in kept.report.findings] == ["绝对安全", "电话138********"]
    assert [(each.start, each.end) for each in kept.report.findings] == [
        (each.start, each.end) for each in fresh.report.findings
    ]


def test_a_text_may_be_checked_without_an_incident(database: Database, clock: Clock) -> None:
    checked = statement_check.check_text(
        database, LEGAL, None, "注意安全\x00", Context.STATEMENT, now=clock(), packs=packs()
    )
    with database.read() as connection:
        rows = audit.entries_of(connection, [f"text:{checked.id}"])
    assert (checked.incident_id, checked.report.verdict) == (None, Verdict.CLEAR)
    assert [row.action for row in rows] == ["text.checked"]


@pytest.mark.parametrize("text", ["", "  \n", "长" * 20_001], ids=["empty", "blank", "too long"])
def test_texts_that_cannot_be_checked_are_refused(database: Database, clock: Clock, text: str) -> None:
    with pytest.raises(InvalidInput):
        statement_check.check_text(database, LEGAL, None, text, Context.STATEMENT, now=clock())
    with pytest.raises(NotFound):
        statement_check.check_text(database, LEGAL, "YQ-20200101-01", "好", Context.STATEMENT, now=clock())


def test_others_write_while_a_text_is_checked(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = opened(database, clock())

    def meanwhile(*arguments: Any, **values: Any) -> ComplianceReport:
        with database.write() as connection:
            incident.add_note(connection, SYSTEM, found.id, text="同时写入", now=clock())
        return check(*arguments, **values)

    monkeypatch.setattr(statement_check, "check", meanwhile)
    statement_check.check_text(database, LEGAL, found.id, "好", Context.STATEMENT, now=clock(), packs=packs())
    with database.read() as connection:
        assert len(statement_check.reports(connection, LEGAL, found.id)) == 1
