"""Compliance checks of texts, kept with the incident they were written for.

The check itself is ``compliance.check``; here it is stored: which text (by hash), which packs, what was found, who
asked and when. What is read later is masked; only the author sees the own draft as it is, right after the check.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    insert,
    select,
)

from core import audit
from core.access import Action, Person, require
from core.database import Database, UtcTime, metadata, storable
from core.errors import InvalidInput
from core.mention import Time
from core.personal import mask
from response import incident_record
from response.compliance.check import ComplianceReport, Finding, Verdict, check
from response.compliance.rule import Context, Level, RulePacks

report_table: Final = Table(
    "compliance_report",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("incident_id", String, ForeignKey("incident.id")),
    Column("at", UtcTime, nullable=False),
    Column("person", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("text_hash", String, nullable=False),
    Column("report", JSON, nullable=False),
    Index(None, "incident_id"),
)

_ADAPTER: Final = TypeAdapter(ComplianceReport)
# Guess: ten pages; a statement has one.
LONGEST_TEXT: Final = 20_000

VERDICT_LABELS: Final[Mapping[Verdict, str]] = {
    Verdict.REVISE: "需要修改",
    Verdict.PROVE: "需要补充证明",
    Verdict.REVIEW: "需要人工复核",
    Verdict.CLEAR: "未发现问题",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedText:
    """A text and what the check found. text_hash: SHA-256 of exactly this text, to be compared by later steps."""

    id: int
    incident_id: str | None
    at: Time
    person: str
    text: str
    text_hash: str
    report: ComplianceReport


def check_text(
    database: Database,
    person: Person,
    incident_id: str | None,
    text: str,
    context: Context,
    *,
    now: datetime,
    packs: RulePacks | None = None,
) -> CheckedText:
    """Check a text and keep the report, attached to an incident or on its own.

    packs: those that come with the product when None. Raises InvalidInput, NotFound. Opens its own transactions: a
    long text takes long to check.
    """
    require(person, Action.CHECK_COMPLIANCE)
    if not text.strip() or len(text) > LONGEST_TEXT:
        raise InvalidInput(f"请填写需要检查的文稿（最多 {LONGEST_TEXT} 个字）", field="text")
    if incident_id is not None:
        with database.read() as connection:
            incident_record.find(connection, incident_id)
    kept = storable(text)
    report = check(kept, context=context, packs=packs)
    values = {
        "incident_id": incident_id,
        "at": now,
        "person": person.name,
        "text": kept,
        "text_hash": hashlib.sha256(kept.encode()).hexdigest(),
        "report": _ADAPTER.dump_python(report, mode="json"),
    }
    with database.write() as connection:
        return _keep(connection, person, values, report)


# Any: values of a row
def _keep(connection: Connection, person: Person, values: Mapping[str, Any], report: ComplianceReport) -> CheckedText:
    incident_id = values["incident_id"]
    incident = incident_record.find(connection, incident_id) if incident_id is not None else None
    row = connection.execute(insert(report_table).values(values).returning(report_table)).one()
    audit.record(
        connection,
        person=person,
        action="incident.text_checked" if incident else "text.checked",
        subject=incident.subject if incident else f"text:{row.id}",
        now=values["at"],
        details=_details(row, report),
    )
    return _checked_text(row)


def reports(connection: Connection, person: Person, incident_id: str) -> tuple[CheckedText, ...]:
    """All checks of an incident's texts, the newest first, masked. Raises NotFound."""
    require(person, Action.READ_INCIDENTS)
    incident = incident_record.find(connection, incident_id)
    chosen = select(report_table).where(report_table.c.incident_id == incident.id).order_by(report_table.c.id.desc())
    return tuple(_masked(_checked_text(row)) for row in connection.execute(chosen))


def _details(row: Row[Any], report: ComplianceReport) -> dict[str, object]:  # Any: SQLAlchemy's row of a Core table
    return {
        "report": row.id,
        "text_hash": row.text_hash,
        "pack_version": report.pack_version,
        "verdict": report.verdict.value,
        "findings": len(report.findings),
        "blockers": sum(finding.level is Level.BLOCK for finding in report.findings),
    }


def _checked_text(row: Row[Any]) -> CheckedText:  # Any: as above
    return CheckedText(**{**row._mapping, "report": _ADAPTER.validate_python(row.report)})


def _masked(checked: CheckedText) -> CheckedText:
    """Spans stay right: the mask keeps every length, and a quote is a part of the text."""
    text = mask(checked.text)

    def covered(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        return tuple(replace(finding, quote=text[finding.start : finding.end]) for finding in findings)

    report = checked.report
    report = replace(report, findings=covered(report.findings), cleared=covered(report.cleared))
    return replace(checked, text=text, report=report)
