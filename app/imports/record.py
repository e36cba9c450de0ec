"""From a row to the values of a mention, which ``core.intake`` completes like those of every other door."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from app.imports import columns
from app.imports.columns import Mapped
from app.imports.table import Cell, Row, is_blank
from app.imports.times import Clock, Trouble, Watch
from core.errors import InvalidInput
from core.mention import DatePrecision, Platform
from crawler.extract.dates import Published

COUNTS: Final = ("likes", "reposts", "comments", "views")
# What platforms put around the words that were searched for.
_HIGHLIGHT: Final = re.compile(r"</?(?:em|font|b|strong|span|mark|i)(?:\s[^<>]{0,200})?>", re.IGNORECASE)
_BREAK: Final = re.compile(r"<br\s{0,5}/?>", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"https?://\S+", re.IGNORECASE)
_COUNT: Final = re.compile(r"(\d{1,15}(?:\.\d{1,6})?)([千万亿wk]?)\+?")
_UNITS: Final = {"": 1, "千": 1_000, "k": 1_000, "万": 10_000, "w": 10_000, "亿": 100_000_000}
_ROUNDED: Final = re.compile(r"\d(?:\.\d+)?e\+?\d+", re.IGNORECASE)
# Whole numbers of a spreadsheet are exact below it.
_EXACT: Final = 10**15


@dataclass(slots=True)
class Reader:
    """Reads the rows of one table and counts what should be told."""

    mapped: Mapped
    clock: Clock
    source: str
    watch: Watch
    strange_platforms: Counter[str] = field(default_factory=Counter)
    without_address: int = 0

    def read(self, row: Row) -> dict[str, Any]:  # Any: values of several types
        """Raises InvalidInput for a row that is no mention."""
        title, text = self._text(row, "title"), self._text(row, "text")
        if not title and not text:
            raise InvalidInput("没有标题和正文")
        if row.filled == 1 and sum(map(bool, self.mapped.fields)) > 2:
            raise InvalidInput("只有一格有内容，像是说明或合计行")
        url = self._url(row)
        platform = self._platform(row, url)
        published = self._time(row, "published_at", self.watch)
        values: dict[str, Any] = {  # Any: as above
            "url": url,
            "platform": platform,
            "kind": self.mapped.preset.values.get("kind") or columns.kind_of(platform),
            "source": self._word(row, "source") or self.source,
            "seen_by": (self.source,),
            "title": title,
            "text": text,
            "followers": _count(self._cell(row, "followers")),
            "engagement": self._engagement(row),
        }
        for name in ("author", "author_id", "region", "store"):
            values[name] = self._word(row, name) or None
        if published is not None:
            values |= {"published_at": published.at, "date_precision": published.precision}
        return values | {"native_id": self._native_id(row, values)}

    def _cells(self, row: Row, name: str) -> Iterator[tuple[int, Cell]]:
        for place in self.mapped.fields.get(name, ()):
            if place < len(row.cells) and not is_blank(row.cells[place]):
                yield place, row.cells[place]

    def _cell(self, row: Row, name: str) -> Cell:
        return next((cell for _, cell in self._cells(row, name)), None)

    def _word(self, row: Row, name: str) -> str:
        return " ".join(_written(self._cell(row, name)).split())

    def _text(self, row: Row, name: str) -> str:
        written = _written(self._cell(row, name))
        text = _HIGHLIGHT.sub("", _BREAK.sub("\n", written)) if "<" in written else written
        return " ".join(text.split()) if name == "title" else text

    def _url(self, row: Row) -> str:
        """In the column of addresses, else behind one of our cells; empty where there is none."""
        for place, cell in self._cells(row, "url"):
            if match := _ADDRESS.match(_written(cell)):
                return match[0]
            if place in row.links:
                return row.links[place]
        places = [place for name in ("url", "title", "text") for place in self.mapped.fields.get(name, ())]
        return next((row.links[place] for place in places if _ADDRESS.match(row.links.get(place, ""))), "")

    def _platform(self, row: Row, url: str) -> Platform:
        if fixed := self.mapped.preset.values.get("platform"):
            return Platform(fixed)
        word = self._word(row, "platform")
        if word and (found := columns.platform_of(word[:100])):
            return found
        if word:
            self.strange_platforms[word[:20]] += 1
        try:
            host = urlsplit(url).hostname or ""
        except ValueError:
            host = ""
        return columns.platform_of_host(host) or Platform.OTHER

    def _time(self, row: Row, name: str, watch: Watch | None) -> Published | None:
        cell = self._cell(row, name)
        if cell is None:
            return None
        found = self.clock.read(cell)
        if watch is not None:
            watch.note(cell, found)
        return None if isinstance(found, Trouble) else found

    def _engagement(self, row: Row) -> dict[str, int | datetime | None]:
        """Counters without a time are kept from the first import on: nothing says which of two is newer."""
        counts: dict[str, int | datetime | None] = {name: _count(self._cell(row, name)) for name in COUNTS}
        counted = self._time(row, "counted_at", None)
        is_counted = counted is not None and any(count is not None for count in counts.values())
        return counts | {"counted_at": counted.at if counted and is_counted else None}

    def _native_id(self, row: Row, values: dict[str, Any]) -> str | None:  # Any: as above
        """The key of the other system; where neither it nor an address tells rows apart, a digest of the row."""
        cell = self._cell(row, "native_id")
        if cell is not None and not _is_rounded(cell):
            return _written(cell)
        if values["url"] and not self.mapped.preset.is_shared:
            return None
        self.without_address += not values["url"]
        # What the cell says, not what it means today: 昨天 is another day tomorrow.
        time = values.get("published_at")
        is_day = values.get("date_precision") is DatePrecision.DAY
        written = _written(self._cell(row, "published_at"))
        stated = time.isoformat()[: 10 if is_day else 19] if time and _is_absolute(written) else written
        parts = (values["url"], values["platform"], values["author"] or "", values["title"], stated, values["text"])
        return "row-" + hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _is_absolute(written: str) -> bool:
    """Whether a time says its year, so that a spreadsheet and a text file of the same rows give the same key."""
    return bool(re.search(r"\d{4}", written))


def _written(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT:
        return str(int(cell))
    return str(cell).strip()


def _is_rounded(cell: Cell) -> bool:
    """A long number that a spreadsheet has rounded is not a key any more: several rows have the same."""
    if isinstance(cell, int | float):
        return abs(cell) >= _EXACT
    return isinstance(cell, str) and bool(_ROUNDED.fullmatch(cell.strip()))


def _count(cell: Cell) -> int | None:
    """1234, 1,234, 1.2万, 10万+; None for what is no count."""
    written = _written(cell).replace(",", "").replace("，", "").lower()
    match = _COUNT.fullmatch(written)
    if match is None:
        return None
    count = round(float(match[1]) * _UNITS[match[2]])
    return count if count < _EXACT else None
