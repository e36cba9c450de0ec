"""Lines in and out: UTF-8 whatever the locale, one JSON object per line, a bad line answered in its place."""

import json
import os
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime

from app.jsonl import error_line, read
from core.mention import shanghai_text

__all__ = ["encode", "error_line", "read", "write"]


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


def _printed(value: object) -> object:
    return shanghai_text(value) if isinstance(value, datetime) else str(value)
