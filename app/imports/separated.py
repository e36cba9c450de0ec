"""CSV and its kin as they come: any of the charsets and delimiters that Chinese exports have, without a declaration."""

import codecs
import csv
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final, TextIO

from app.imports.table import Known, Row, Table, below_header, header_of
from app.jsonl import LONGEST_LINE_BYTES
from core.errors import InvalidInput
from crawler.extract.decode import decode

DELIMITERS: Final = {",": "逗号", "\t": "制表符", ";": "分号", "|": "竖线"}
CHARSETS: Final = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "gb18030": "GBK", "big5hkscs": "Big5", "utf-16": "UTF-16"}
MARKS: Final = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
CHUNK: Final = 1 << 20
# Guess: what is looked at to know charset and delimiter.
SAMPLE: Final = 1 << 16
SAMPLE_ROWS: Final = 30


@contextmanager
def opened(path: Path, known: Known) -> Iterator[Table]:
    """Raises InvalidInput when the file cannot be read or is empty."""
    try:
        charset = charset_of(path)
        file = path.open(encoding=charset, errors="replace", newline="")
    except OSError as error:
        raise InvalidInput(f"文件 {path.name} 无法读取") from error
    with file:
        delimiter = _delimiter(file, known)
        file.seek(0)
        header, rows = below_header(_rows(_Bounded(file), delimiter), known)
        if header is None:
            raise InvalidInput(f"文件 {path.name} 是空的")
        form = f"CSV（{CHARSETS.get(charset, charset)}，{DELIMITERS[delimiter]}分隔）"
        yield Table(form, header.columns, rows)


def charset_of(path: Path) -> str:
    """By the byte order mark; UTF-8 where the whole file is; else what fits best where it is not."""
    with path.open("rb") as file:
        start = file.read(4)
        for mark, charset in MARKS.items():
            if start.startswith(mark):
                return charset
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        while chunk := file.read(CHUNK):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                around = _around(chunk, error.start)
                return "utf-8" if _is_damaged_utf8(around) else decode(around).charset
    return "utf-8"


def _around(chunk: bytes, place: int) -> bytes:
    """Whole lines around a place that is not UTF-8: half a character would count against every charset."""
    start = chunk.rfind(b"\n", 0, place) + 1
    end = chunk.find(b"\n", place + SAMPLE)
    return chunk[max(start, place - SAMPLE) : end if end >= 0 else place + SAMPLE]


def _is_damaged_utf8(lines: bytes) -> bool:
    """A few bad bytes in much good UTF-8; in other charsets six of seven characters would be bad."""
    text = lines.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    return sum(character > "\x7f" for character in text) - bad > 2 * bad


class _Bounded:
    """The lines of a file; one that no table has comes in pieces, so that it takes no more memory than the longest."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def __iter__(self) -> Iterator[str]:
        while line := self._file.readline(LONGEST_LINE_BYTES):
            yield line


def _rows(lines: _Bounded, delimiter: str) -> Iterator[Row | InvalidInput]:
    # For the whole process; the largest field of Python's own default is 131,072 characters.
    csv.field_size_limit(LONGEST_LINE_BYTES)
    reader = csv.reader(iter(lines), delimiter=delimiter)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield InvalidInput(f"第 {number} 行起有一格过长（多半是引号没有成对）", row=number)
            continue
        row = Row(number, cells)
        if row.filled:
            yield row


def _delimiter(file: TextIO, known: Known) -> str:
    """The one under which the header has the most known names, then the most names."""
    sample = file.read(SAMPLE).splitlines(keepends=True)[: 4 * SAMPLE_ROWS]
    return max(DELIMITERS, key=lambda delimiter: _promise(sample, delimiter, known))


def _promise(sample: list[str], delimiter: str, known: Known) -> tuple[int, int]:
    rows: list[Row] = []
    try:
        rows.extend(Row(0, cells) for cells in islice(csv.reader(sample, delimiter=delimiter), SAMPLE_ROWS))
    except csv.Error:
        return 0, 0
    header = header_of([row for row in rows if row.filled], known)
    return (header.known, sum(map(bool, header.columns))) if header else (0, 0)
