"""A table of another system: rows below a header, whatever file holds them.

A file is read in one pass and in bounded memory; nothing but its first rows is kept. What a broken row holds is
lost alone: an error stands in its place.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from typing import Final

from core.errors import InvalidInput

Cell = str | int | float | bool | datetime | None

# Guess: a title, a period, a query and a logo stand above the header, not a page of text.
ROWS_BEFORE_HEADER: Final = 20
# Guess: no column is named by a sentence.
LONGEST_NAME: Final = 40


@dataclass(frozen=True, slots=True)
class Row:
    """number: as the spreadsheet shows it, or the line of the text file. links: column → address behind its cell."""

    number: int
    cells: Sequence[Cell]
    links: dict[int, str] = field(default_factory=dict)

    @property
    def filled(self) -> int:
        """How many cells hold something."""
        return sum(not is_blank(cell) for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Table:
    """form: as a person calls it. written_at: when it was exported. serial_days_from: day 0 of its numbers."""

    form: str
    columns: tuple[str, ...]
    rows: Iterator[Row | InvalidInput]
    written_at: datetime | None = None
    serial_days_from: datetime | None = None


Opened = AbstractContextManager[Table]
Known = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Header:
    """columns: names by place, empty where there is none. known: how many of them are known. end: rows it takes."""

    columns: tuple[str, ...]
    known: int
    end: int


def is_blank(cell: Cell) -> bool:
    """None, or nothing but blanks."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def header_of(rows: Sequence[Row], known: Known) -> Header | None:
    """The row, or the two (names below a merged group), that name the most columns; None in an empty table."""
    found: list[Header] = []
    for place, row in enumerate(rows[:ROWS_BEFORE_HEADER]):
        single = _header((row,), known, place + 1)
        found.append(single)
        if place + 1 < len(rows):
            double = _header((row, rows[place + 1]), known, place + 2)
            # A row of data below the header has no names of columns.
            if double.known > single.known:
                found.append(double)
    best = max(found, key=lambda header: header.known, default=None)
    if best is None or best.known:
        return best
    return max(found, key=lambda header: sum(map(bool, header.columns)))


def below_header(
    rows: Iterator[Row | InvalidInput], known: Known
) -> tuple[Header | None, Iterator[Row | InvalidInput]]:
    """Find the header in the first rows; the rows after it."""
    first = list(islice(rows, ROWS_BEFORE_HEADER + 2))
    whole = [row for row in first if isinstance(row, Row)]
    header = header_of(whole, known)
    if header is None:
        return None, chain(first, rows)
    last = whole[header.end - 1]
    return header, chain(first[first.index(last) + 1 :], rows)


def _header(rows: Sequence[Row], known: Known, end: int) -> Header:
    width = max(len(row.cells) for row in rows)
    names = []
    for column in range(width):
        written = (_name(row.cells[column]) for row in reversed(rows) if column < len(row.cells))
        names.append(next(filter(None, written), ""))
    return Header(tuple(names), len({name for name in names if name and known(name)}), end)


def _name(cell: Cell) -> str:
    name = " ".join(cell.split()) if isinstance(cell, str) else ""
    return name if len(name) <= LONGEST_NAME else ""
