"""XLSX, row by row. Bounded: a file that unpacks to more than any table, or a row that is none, is refused.

openpyxl reads values and dates; the addresses behind cells, which it leaves out when it streams, are looked for
while the sheet is checked.
"""

import re
import zipfile
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any, Final

from openpyxl import load_workbook
from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.utils.exceptions import InvalidFileException

from app.imports.table import Cell, Known, Row, Table, below_header
from app.jsonl import LONGEST_LINE_BYTES
from core.errors import InvalidInput

# Source: the limits of a sheet as Microsoft publishes them (1,048,576 rows, 65,530 hyperlinks).
MOST_ROWS: Final = 1_048_576
MOST_LINKS: Final = 65_530
# Guess: the largest sheet with texts takes less; strings that all cells share are held in memory.
LARGEST_SHEET_BYTES: Final = 2 << 30
LARGEST_STRINGS_BYTES: Final = 256 << 20
LARGEST_PART_BYTES: Final = 16 << 20
CHUNK: Final = 1 << 20

# What a broken archive or document makes zipfile, the parsers (a SyntaxError) and openpyxl raise.
_BROKEN: Final = (
    ArithmeticError, AssertionError, AttributeError, EOFError, InvalidFileException, LookupError, NotImplementedError,
    OSError, RecursionError, RuntimeError, SyntaxError, TypeError, ValueError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
_PIECE_END: Final = re.compile(rb"</(?:\w{1,9}:)?(?:row|si)>")
# Every repetition is bounded: the text is hostile, and patterns that look for an end that never comes are quadratic.
_LINK: Final = re.compile(rb"<(?:\w{1,9}:)?hyperlink\s[^<>]{1,4000}>")
_FORMULA: Final = re.compile(
    rb"<(?:\w{1,9}:)?c\s[^<>]{0,200}?\br=\"([A-Z]{1,3}\d{1,7})\"[^<>]{0,200}>\s{0,20}<(?:\w{1,9}:)?f[^<>]{0,200}>"
    rb"\s{0,20}HYPERLINK\(\s{0,20}(?:\"|&quot;)([^<>\"]{1,4000}?)(?:\"|&quot;)",
    re.IGNORECASE,
)
_RELATION: Final = re.compile(r"<(?:\w{1,9}:)?Relationship\s[^<>]{1,4000}>")
_ATTRIBUTE: Final = re.compile(r'([\w:]+)="([^"]*)"')
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(slots=True)
class _Sheet:
    """targets: row → column (0-based) → address."""

    targets: dict[int, dict[int, str]] = field(default_factory=dict)

    def add(self, cell: str, address: str) -> None:
        try:
            row, column = coordinate_to_tuple(cell.partition(":")[0].upper())
        except (ValueError, KeyError):
            return
        self.targets.setdefault(row, {})[column - 1] = address


@contextmanager
def opened(path: Path, known: Known, sheet: str | None) -> Iterator[Table]:
    """sheet: by name; None means the first that has a header, else the first. Raises InvalidInput."""
    with _translated(path.name):
        _check(path)
        book: Any = load_workbook(path, read_only=True, data_only=True, keep_links=False)  # Any: no types
    try:
        with _translated(path.name):
            chosen = _choose(book, known, sheet)
            links = _links(path, chosen._worksheet_path)
            header, rows = below_header(_rows(chosen, links), known)
        if header is None:
            raise InvalidInput(f"工作表「{chosen.title}」是空的")
        yield Table(
            f"Excel 工作表「{chosen.title}」", header.columns, rows, _written_at(book), serial_days_from=book.epoch
        )
    finally:
        book.close()


@contextmanager
def _translated(name: str) -> Iterator[None]:
    try:
        yield
    except InvalidInput:
        raise
    except _BROKEN as error:
        raise InvalidInput(f"文件 {name} 不是完好的 .xlsx 工作簿，请用 Excel 打开后另存为 .xlsx") from error


def _check(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            limit = LARGEST_PART_BYTES
            if member.filename.startswith("xl/worksheets/"):
                limit = LARGEST_SHEET_BYTES
            elif "sharedStrings" in member.filename:
                limit = LARGEST_STRINGS_BYTES
            elif not member.filename.endswith((".xml", ".rels")):
                continue  # pictures and the like are not read
            if member.file_size > limit:
                raise InvalidInput(f"文件 {path.name} 解压后过大（{member.filename} 超过 {limit >> 20} MB）")
            if "sharedStrings" in member.filename:
                for _ in _pieces(archive, member.filename):
                    pass


def _pieces(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """Pieces of a part that overlap by a little. Raises InvalidInput for a row or string that goes on and on."""
    since, tail = 0, b""
    with archive.open(name) as part:
        while chunk := part.read(CHUNK):
            end = chunk.rfind(b"</row>")
            if end < 0:
                last = deque(_PIECE_END.finditer(chunk), maxlen=1)
                end = last[0].start() if last else -1
            since = len(chunk) - end if end >= 0 else since + len(chunk)
            if since > LONGEST_LINE_BYTES:
                raise InvalidInput("工作表里有一行过长，不像是表格")
            yield tail + chunk
            tail = chunk[-4096:]


def _links(path: Path, part: str) -> dict[int, dict[int, str]]:
    """Addresses behind the cells of a sheet: hyperlinks, and HYPERLINK("...") formulas; at most MOST_LINKS of each."""
    found = _Sheet()
    with zipfile.ZipFile(path) as archive:
        relations = _relations(archive, part)
        marked: list[bytes] = []
        formulas = 0
        for piece in _pieces(archive, part):
            if b"hyperlink" in piece:  # a plain search takes a hundredth of the time of the pattern
                marked += _LINK.findall(piece)[: MOST_LINKS - len(marked)]
            for cell, address in _FORMULA.findall(piece) if b"HYPERLINK" in piece else ():
                if (formulas := formulas + 1) <= MOST_ROWS:
                    found.add(cell.decode(), unescape(address.decode("utf-8", "replace")))
    for mark in marked:
        attributes = dict(_ATTRIBUTE.findall(mark.decode("utf-8", "replace")))
        target = next((relations.get(value, "") for name, value in attributes.items() if name.endswith(":id")), "")
        if target and "ref" in attributes:
            found.add(attributes["ref"], target)
    return found.targets


def _relations(archive: zipfile.ZipFile, part: str) -> dict[str, str]:
    folder, _, name = part.rpartition("/")
    try:
        text = archive.read(f"{folder}/_rels/{name}.rels").decode("utf-8", "replace")
    except KeyError:
        return {}
    each = (dict(_ATTRIBUTE.findall(mark)) for mark in _RELATION.findall(text))
    return {mark["Id"]: unescape(mark["Target"]) for mark in each if "Id" in mark and "Target" in mark}


def _choose(book: Any, known: Known, name: str | None) -> Any:  # Any: no types
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
    if name is not None:
        for sheet in book.worksheets:
            if sheet.title == name:
                return sheet
        raise InvalidInput(f"没有工作表「{name}」；有：{'、'.join(sheet.title for sheet in book.worksheets)}")
    if not sheets:
        raise InvalidInput("工作簿里没有工作表")
    for sheet in sheets:
        header, _ = below_header(_rows(sheet, {}), known)
        # One known word alone stands in a cover sheet, too.
        if header is not None and header.known >= min(2, sum(map(bool, header.columns))):
            return sheet
    return sheets[0]


def _rows(sheet: Any, links: dict[int, dict[int, str]]) -> Iterator[Row | InvalidInput]:  # Any: no types
    sheet.reset_dimensions()  # writers that stream state a wrong one
    with _translated(sheet.title):
        for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
            if number > MOST_ROWS:
                raise InvalidInput(f"工作表「{sheet.title}」的行数超过 Excel 的上限")
            row = Row(number, _plain(cells), links.get(number, {}))
            if row.filled:
                yield row


def _plain(cells: Sequence[Any]) -> list[Cell]:  # Any: no types
    return [_cell(value) for value in cells]


def _cell(value: Any) -> Cell:  # Any: no types
    if isinstance(value, str):
        return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), value).replace("\r", "") if "_x" in value else value
    return value if value is None or isinstance(value, int | float | datetime) else str(value)


def _written_at(book: Any) -> datetime | None:  # Any: no types
    """When the writer says it saved the file, in UTC."""
    moment = book.properties.modified
    return moment.replace(tzinfo=UTC) if isinstance(moment, datetime) and moment.tzinfo is None else None
