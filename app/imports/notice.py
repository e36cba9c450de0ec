"""What a person should see on the sources page when no person is there to read the answer of an import."""

from typing import Final

from app.imports.load import Summary
from core import quarantine
from core.errors import InvalidInput
from response.services import Services

INTERNAL: Final = "程序内部错误，详见服务日志"


def tell(services: Services, source: str, name: str, summary: Summary | None, problem: str) -> None:
    """One row per file or mail with a problem, refused rows, or a doubtful time; told again it stays one."""
    message = _message(summary, problem)
    if not message:
        return
    with services.database.write() as connection:
        raw = quarantine.excerpt(name)
        before = quarantine.latest(connection, source=source)
        if not any((row.raw, row.message) == (raw, message) for row in before):
            quarantine.keep(connection, source=source, raw=name, error=InvalidInput(message), now=services.now())


def _message(summary: Summary | None, problem: str) -> str:
    said = [problem] if problem else []
    if summary is not None and summary.refused:
        reason, _ = summary.refused.most_common(1)[0]
        said.append(f"{sum(summary.refused.values())} 行未导入，多半因为：{reason}")
    if summary is not None:
        said += [warning for warning in summary.warnings if warning.startswith("时间列")]
    return "；".join(said)
