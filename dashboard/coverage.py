"""覆盖范围: the line that says which platforms a page's figures stand on, and which are not connected."""

from collections.abc import Sequence
from typing import Final

from core.mention import Platform
from dashboard import parts
from response.coverage import Coverage

# Guess: more names than this make a line nobody reads.
MOST_NAMED: Final = 4


def line(coverage: Coverage) -> None:
    """One line under a page's figures; the sources page has the rest."""
    with parts.tag("p", classes="coverage muted small", role="note"):
        parts.tag("span", _connected(coverage))
        if coverage.missing:
            parts.tag("span", f"未接入：{_names(coverage.missing)}。")
        if coverage.troubled:
            named = "、".join(coverage.troubled[:MOST_NAMED])
            more = f" 等 {len(coverage.troubled)} 个" if len(coverage.troubled) > MOST_NAMED else ""
            parts.tag("span", f"异常来源：{named}{more}。", "text-negative")
        parts.link("覆盖范围", "/sources#coverage", "link")


def _connected(coverage: Coverage) -> str:
    if not coverage.covered:
        return "还没有接入任何平台。"
    return f"以上数字来自：{_names([each.platform for each in coverage.covered])}。"


def _names(platforms: Sequence[Platform]) -> str:
    return "、".join(parts.PLATFORM_LABELS[platform] for platform in platforms)
