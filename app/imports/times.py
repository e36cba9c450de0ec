"""The time column: every way a table writes a time, and whether the column can be believed.

A time that cannot be read, that lies ahead, or whose order of day and month is open is no time: null, counted, told.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final

from app.imports.table import Cell
from core.mention import PRINTED_ZONE, DatePrecision
from crawler.extract import dates
from crawler.extract.dates import Published
from crawler.extract.dates.published import EARLIEST, LEEWAY, cut

# Source: day 0 of Excel's numbers (1900 system; the error of 1900-02-29 is before our time).
SERIAL_ZERO: Final = datetime(1899, 12, 30)  # noqa: DTZ001  # a wall clock
SERIAL_DAYS: Final = range(32_874, 80_000)  # 1990 to 2119
# Guess: below this share a few odd cells, above it a wrong column.
SHARE_DOUBTFUL: Final = 0.05
# Guess: fewer equal times happen.
FEWEST_FOR_PATTERN: Final = 20
EXAMPLES: Final = 3
_FAR: Final = timedelta(days=200 * 365)

_USUAL: Final = re.compile(
    r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,6})?)?", re.ASCII
)
_NUMBER: Final = re.compile(r"\d{5}(?:\.\d+)?", re.ASCII)
_YEAR_LAST: Final = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?!\d)(.*)", re.ASCII | re.DOTALL)


class DayOrder(Enum):
    """What comes first where the year is last: 06/16/2026."""

    OPEN = "open"
    MONTH_FIRST = "month"
    DAY_FIRST = "day"


class Trouble(Enum):
    """Why a cell gives no time."""

    UNREADABLE = "无法识别"
    AHEAD = "在未来"


def day_order(cells: Iterable[Cell]) -> DayOrder:
    """From cells that allow one reading only (13/06/2026); OPEN when there is none, or they contradict each other."""
    seen = set()
    for cell in cells:
        if isinstance(cell, str) and (match := _YEAR_LAST.match(cell.strip())):
            first, second = int(match[1]), int(match[3])
            if (first > 12) != (second > 12):
                seen.add(DayOrder.DAY_FIRST if first > 12 else DayOrder.MONTH_FIRST)
    return seen.pop() if len(seen) == 1 else DayOrder.OPEN


@dataclass(frozen=True, slots=True)
class Clock:
    """How the times of one file are read. written_at: the moment that 昨天 refers to; now: what lies in the future."""

    written_at: datetime
    now: datetime
    serial_zero: datetime = SERIAL_ZERO
    order: DayOrder = DayOrder.OPEN

    def read(self, cell: Cell) -> Published | Trouble:
        """A cell that is not blank."""
        found = self._number(cell) if isinstance(cell, int | float) else self._written(cell)
        if isinstance(found, Trouble):
            return found
        if found.at > self.now + LEEWAY:
            return Trouble.AHEAD
        return found if found.at >= EARLIEST else Trouble.UNREADABLE

    def _written(self, cell: Cell) -> Published | Trouble:
        if isinstance(cell, datetime):
            return _whole(cell)
        text = self._year_first(str(cell).strip())
        if match := _USUAL.fullmatch(text):
            return _usual(match)
        if _NUMBER.fullmatch(text):
            return self._number(float(text))
        for moment in (self.written_at, self.now):
            if found := dates.parse(text, now=moment):
                return found
        return Trouble.AHEAD if dates.parse(text, now=self.now + _FAR) else Trouble.UNREADABLE

    def _number(self, number: float) -> Published | Trouble:
        if int(number) in SERIAL_DAYS if number == number and abs(number) < 1e15 else False:
            # A second is 1.16e-5 of a day: what is lost by the float is less than half of one.
            seconds = round((number - int(number)) * 86_400)
            return _whole(self.serial_zero + timedelta(days=int(number), seconds=seconds))
        if number != number or abs(number) >= 1e15 or number != int(number):
            return Trouble.UNREADABLE
        return dates.parse(str(int(number)), now=self.now) or Trouble.UNREADABLE

    def _year_first(self, text: str) -> str:
        match = _YEAR_LAST.match(text)
        if match is None or self.order is DayOrder.OPEN:
            return text
        month, day = (match[1], match[3]) if self.order is DayOrder.MONTH_FIRST else (match[3], match[1])
        return f"{match[4]}-{month}-{day}{match[5]}"


@dataclass(slots=True)
class Watch:
    """Counts what the cells of one column gave."""

    column: str
    filled: int = 0
    troubles: Counter[Trouble] = field(default_factory=Counter)
    examples: dict[Trouble, list[str]] = field(default_factory=dict)
    _last: datetime | None = None
    _steps: set[timedelta] = field(default_factory=set)

    def note(self, cell: Cell, found: Published | Trouble) -> None:
        """One cell that is not blank."""
        self.filled += 1
        if isinstance(found, Trouble):
            self.troubles[found] += 1
            if len(shown := self.examples.setdefault(found, [])) < EXAMPLES:
                shown.append(str(cell)[:40])
            return
        if self._last is not None and len(self._steps) < 2:
            self._steps.add(found.at - self._last)
        self._last = found.at

    def warnings(self) -> list[str]:
        """Chinese sentences, the gravest first; empty for a column that looks right."""
        said = []
        share = sum(self.troubles.values()) / self.filled if self.filled else 0
        for trouble, count in self.troubles.most_common():
            grave = "时间列很可能选错了：" if share > SHARE_DOUBTFUL else ""
            examples = "、".join(f"「{example}」" for example in self.examples[trouble])
            said.append(
                f"{grave}「{self.column}」有 {count} 个时间{trouble.value}（共 {self.filled} 个），"
                f"如 {examples}；这些信息按没有发布时间导入"
            )
        read = self.filled - sum(self.troubles.values())
        if read >= FEWEST_FOR_PATTERN and len(self._steps) == 1:
            step = next(iter(self._steps))
            what = "都相同" if not step else "按行等距排列"
            said.append(f"「{self.column}」的 {read} 个时间{what}，像是导出或入库时间，请核对是不是发布时间")
        return said


def _whole(moment: datetime) -> Published:
    """A wall clock of China; what stands at midnight sharp is a day."""
    here = moment if moment.tzinfo else moment.replace(tzinfo=PRINTED_ZONE)
    is_day = (here.hour, here.minute, here.second) == (0, 0, 0)
    return cut(here.astimezone(UTC), DatePrecision.DAY if is_day else DatePrecision.SECOND)


def _usual(match: re.Match[str]) -> Published | Trouble:
    """2026-06-16 08:30[:12], what nearly every export has, without the engine, which takes twenty times as long."""
    try:
        moment = datetime(*(int(part or 0) for part in match.groups()), tzinfo=PRINTED_ZONE)  # type: ignore[arg-type,misc]  # six numbers
        found = _whole(moment)
    except (ValueError, OverflowError):
        return Trouble.UNREADABLE
    is_minute = match[6] is None and found.precision is DatePrecision.SECOND
    return cut(found.at, DatePrecision.MINUTE) if is_minute else found
