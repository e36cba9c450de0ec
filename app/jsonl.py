"""JSONL in: UTF-8 whatever the locale, one JSON object per line, an error in the place of a bad one."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from core.errors import InvalidInput, TingfengError

# Guess: far above any mention (10,000 characters are 40 kB); a longer line is a broken file, not a text.
LONGEST_LINE_BYTES = 16 * 1024 * 1024


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
