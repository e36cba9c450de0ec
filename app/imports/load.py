"""One file into the inbox. Repeating it adds nothing: what was stored before a kill counts as repeated.

A row is answered in its place; what is told about the file as a whole is in ``Summary``.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

from app import jsonl
from app.imports import columns, separated, workbook
from app.imports.columns import Choice, Mapped
from app.imports.record import Reader
from app.imports.table import Opened, Row, Table
from app.imports.times import SERIAL_ZERO, Clock, Watch, day_order
from core import inbox, intake
from core.errors import InvalidInput, TingfengError
from core.mention import Mention
from core.seen_again import Door
from response.services import Services

BATCH: Final = 500
# Rows looked at before the first is read: does the day or the month come first?
SAMPLE_ROWS: Final = 500
LINES: Final = (".jsonl", ".ndjson", ".json")

Answer = dict[str, object]


@dataclass(slots=True)
class Summary:
    """What a person should know about the file. refused: reason → rows. is_trial: nothing was stored."""

    name: str
    is_trial: bool = False
    form: str = "JSONL"
    mapped: Mapped | None = None
    columns: tuple[str, ...] = ()
    rows: int = 0
    new: int = 0
    changed: int = 0
    repeated: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)

    def note(self, answer: Answer) -> None:
        """Count one answer."""
        self.rows += 1
        match answer.get("status"):
            case "new":
                self.new += 1
            case "changed":
                self.changed += 1
            case "repeated":
                self.repeated += 1
            case _:
                error: Any = answer["error"]  # Any: of error_line
                self.refused[error["message"]] += 1

    @property
    def text(self) -> str:
        """One line, then one per reason and warning."""
        refused = sum(self.refused.values())
        # A trial does not compare contents: what is there already may be an edit.
        changed = "" if self.is_trial else f"更新 {self.changed}，"
        counts = f"新增 {self.new}，{changed}已有 {self.repeated}，未导入 {refused}"
        reasons = [f"  未导入 {count} 行：{reason}" for reason, count in self.refused.most_common(10)]
        return "\n".join(
            [
                f"{self.name}：{self.form}，{self.rows} 行，{counts}",
                *reasons,
                *(f"  注意：{each}" for each in self.warnings),
            ]
        )


@dataclass(frozen=True, slots=True)
class Item:
    """One row: a mention, or the error in its place. number: None for JSONL."""

    number: int | None
    mention: Mention | None = None
    error: TingfengError | None = None
    id: object = None


class Import:
    """A file opened for one pass. ``summary`` is complete when the pass has ended."""

    def __init__(self, services: Services, path: Path, *, source: str, choice: Choice | None = None) -> None:
        self._services = services
        self._path = path
        self._source = source
        self._choice = choice or Choice()
        self._key = intake.author_key(services.settings)
        self._told: dict[int, int] = {}  # of an id → of its title and text; numbers, because there are a million
        self.summary = Summary(path.name if str(path) != "-" else "标准输入")

    def answers(self) -> Iterator[Answer]:
        """Store, and answer each row: {"id", "status"} or {"id", "error"}, for tables with "row".

        Raises InvalidInput when the file as a whole cannot be read, before anything is stored.
        """
        with self.items() as items:
            while batch := list(islice(items, BATCH)):
                for answer in stored(self._services, batch):
                    self.summary.note(answer)
                    yield answer

    @contextmanager
    def items(self) -> Iterator[Iterator[Item]]:
        """The rows as they would be stored. Raises InvalidInput."""
        if str(self._path) == "-" or self._path.suffix.lower() in LINES:
            yield self._lines()
            return
        with ExitStack() as stack:
            table = stack.enter_context(_opened(self._path, self._choice))
            mapped = columns.map_columns(table, self._choice)
            self.summary.form, self.summary.mapped, self.summary.columns = table.form, mapped, table.columns
            yield self._rows(table, mapped)

    def _lines(self) -> Iterator[Item]:
        for values in jsonl.read(self._path):
            if isinstance(values, TingfengError):
                yield Item(None, error=values)
            else:
                yield self._item(None, values)

    def _rows(self, table: Table, mapped: Mapped) -> Iterator[Item]:
        first = list(islice(table.rows, SAMPLE_ROWS))
        reader = self._reader(table, mapped, first)
        for row in chain(first, table.rows):
            if isinstance(row, InvalidInput):
                yield Item(None, error=row)
                continue
            try:
                values = reader.read(row)
            except InvalidInput as error:
                yield Item(row.number, error=error)
                continue
            yield self._apart(self._item(row.number, values))
        self.summary.warnings += _warnings(reader, table)

    def _reader(self, table: Table, mapped: Mapped, first: list[Row | InvalidInput]) -> Reader:
        now = self._services.now()
        places = mapped.fields.get("published_at", ())
        cells = [
            row.cells[place] for row in first if isinstance(row, Row) for place in places if place < len(row.cells)
        ]
        touched = datetime.fromtimestamp(self._path.stat().st_mtime, UTC)
        # A file cannot have been written after now, or after it was last touched.
        written_at = min(now, touched, table.written_at or touched)
        zero = table.serial_days_from or SERIAL_ZERO
        clock = Clock(written_at, now, zero, day_order(cells))
        column = table.columns[places[0]] if places else ""
        return Reader(mapped, clock, self._source, Watch(column))

    def _item(self, number: int | None, values: dict[str, Any]) -> Item:  # Any: decoded JSON, or a row's values
        try:
            mention = intake.complete(values, source=self._source, now=self._services.now(), author_key=self._key)
        except TingfengError as error:
            return Item(number, error=error, id=values.get("id"))
        return Item(number, mention)

    def _apart(self, item: Item) -> Item:
        """Two different texts at one address would fold into one: the second is refused, and told why."""
        mention = item.mention
        if mention is None or item.number is None:
            return item
        content = hash((mention.title, mention.text))
        if self._told.setdefault(int(mention.id[:15], 16), content) == content:
            return item
        error = InvalidInput(
            "网址与前面一行相同而内容不同；若是评论等，请用 --preset comment 或 --map native_id=列", row=item.number
        )
        return Item(item.number, error=error)


def _opened(path: Path, choice: Choice) -> Opened:
    """By what the file is, whatever it is called. Raises InvalidInput."""
    try:
        with path.open("rb") as file:
            start = file.read(512)
    except OSError as error:
        raise InvalidInput(f"文件 {path.name} 无法读取") from error
    if start.startswith(b"PK\x03\x04"):
        return workbook.opened(path, choice.knows, choice.sheet)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise InvalidInput(f"文件 {path.name} 是旧版 .xls 或有密码的工作簿，请用 Excel 另存为没有密码的 .xlsx")
    if start.lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith((b"<html", b"<!doctype", b"<table", b"<?xml")):
        raise InvalidInput(f"文件 {path.name} 其实是网页，请用 Excel 打开后另存为 .xlsx")
    return separated.opened(path, choice.knows)


def stored(services: Services, batch: list[Item]) -> Iterator[Answer]:
    """Store a batch of at most BATCH, and answer each item."""
    with services.database.write() as connection:
        mentions = [item.mention for item in batch if item.mention]
        result = inbox.put(connection, mentions, now=services.now(), door=Door.IMPORT)
    status = dict.fromkeys(result.changed, "changed") | dict.fromkeys(result.new, "new")
    for item in batch:
        row: Answer = {} if item.number is None else {"row": item.number}
        if item.mention is None:
            yield row | jsonl.error_line(item.id, item.error or InvalidInput("无法识别"))
        else:
            # A line that names the same mention again is a repetition of the first.
            yield row | {"id": item.mention.id, "status": status.pop(item.mention.id, "repeated")}


def _warnings(reader: Reader, table: Table) -> Iterator[str]:
    if "published_at" not in reader.mapped.fields:
        yield "没有发布时间列，这些信息按看到的时间排列，不参与预警"
        if places := reader.mapped.fields.get("counted_at"):
            yield f"「{table.columns[places[0]]}」是供应商收录的时间，没有当作发布时间"
    yield from reader.watch.warnings()
    if strange := reader.strange_platforms:
        words = "、".join(f"「{word}」{count} 行" for word, count in strange.most_common(5))
        yield f"不认识的媒体类型：{words}，按网址判断，判断不了的记为其他"
    if reader.without_address:
        yield f"{reader.without_address} 行没有网址，用整行内容区分；改过内容再导入会成为新的一条"
