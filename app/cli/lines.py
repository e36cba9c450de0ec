"""Lines in and out: UTF-8 whatever the locale, one JSON object per line, a bad line answered in its place."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from core.errors import InvalidInput, TingfengError
from core.mention import shanghai_text

# Guess: far above any mention (10,000 characters are 40 kB); a longer line is a broken file, not a text.
LONGEST_LINE_BYTES = 16 * 1024 * 1024


def write(values: Iterable[Mapping[str, object]]) -> None:
    """Write one object per line to stdout; ends quietly when the reader has gone."""
    _write_out(encode(value) + b"\n" for value in values)


def write_text(text: str) -> None:
    """Write a document to stdout, in the same manner."""
    _write_out([text.encode("utf-8", "replace")])


def _write_out(pieces: Iterable[bytes]) -> None:
    try:
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Nobody reads any more (``| head``); what Python would flush at its end goes nowhere as well.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def encode(value: Mapping[str, object]) -> bytes:
    """One line without its end: UTF-8, times with +08:00."""
    return json.dumps(value, ensure_ascii=False, default=_printed).encode("utf-8", "replace")


def read(path: Path) -> Iterator[dict[str, Any] | TingfengError]:  # Any: decoded JSON
    """Each line as an object, or the error that stands in its place. ``-`` is standard input."""
    if str(path) == "-":
        yield from _objects(sys.stdin.buffer)
        return
    try:
        file = path.open("rb")
    except OSError as error:
        raise InvalidInput(f"文件 {path} 无法读取") from error
    with file:
        yield from _objects(file)


def error_line(mention_id: object, error: TingfengError) -> dict[str, object]:
    """What stands in the place of a bad line."""
    return {"id": mention_id, "error": error.as_line()}


def _objects(file: BinaryIO) -> Iterator[dict[str, Any] | TingfengError]:  # Any: decoded JSON
    for line in file:
        if len(line) > LONGEST_LINE_BYTES:
            yield InvalidInput("这一行过长")
            continue
        try:
            value = json.loads(line.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            yield InvalidInput("这一行不是有效的 JSON")
            continue
        yield value if isinstance(value, dict) else InvalidInput("这一行应为 JSON 对象")


def _printed(value: object) -> object:
    return shanghai_text(value) if isinstance(value, datetime) else str(value)
