"""One line of the report, and how a check that fails on its way becomes one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from core.errors import TingfengError


class Mark(StrEnum):
    """WARNING is told but is no problem: the exit status stays 0."""

    GOOD = "✓"
    WARNING = "!"
    BAD = "✗"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """advice says how to mend it."""

    name: str
    mark: Mark
    result: str
    advice: str = ""


def good(name: str, result: str) -> Check:
    """All is well."""
    return Check(name=name, mark=Mark.GOOD, result=result)


def warning(name: str, result: str, advice: str) -> Check:
    """Worth knowing."""
    return Check(name=name, mark=Mark.WARNING, result=result, advice=advice)


def bad(name: str, result: str, advice: str) -> Check:
    """Something will not work."""
    return Check(name=name, mark=Mark.BAD, result=result, advice=advice)


def guarded(name: str, checks: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """The checks of one place; what stops them is the last line."""
    try:
        yield from checks()
    except TingfengError as error:
        yield bad(name, error.message, "按提示处理后再运行一次")
    except OSError as error:
        yield bad(name, f"系统报告：{error.strerror or type(error).__name__}", "检查路径、权限和磁盘")
