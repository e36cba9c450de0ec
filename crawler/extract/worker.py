"""Extraction in a process of its own: pages come on standard input, articles go to standard output.

Ends when standard input does, so it never outlives the crawl that started it, not even after kill -9.
"""

import os
import pickle
import struct
import sys
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Final

from core.errors import SourceChanged
from crawler.extract.article import Article, extract

# A message is its length and a pickle; both ends are ours.
LENGTH: Final = struct.Struct("!Q")


@dataclass(frozen=True, slots=True)
class Task:
    """What ``extract`` is given."""

    html: str
    url: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """What ``extract`` raised."""

    message: str


def encode(message: object) -> bytes:
    """A message as it goes over the pipe."""
    body = pickle.dumps(message)
    return LENGTH.pack(len(body)) + body


def work(task: Task) -> Article | Refused:
    """Extract; a page that cannot be parsed is an answer, too."""
    try:
        return extract(task.html, task.url, now=task.now)
    except SourceChanged as error:
        return Refused(error.message)


def main() -> None:
    """Serve until standard input ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not come between
    while (task := _next(sys.stdin.buffer)) is not None:
        answers.write(encode(work(task)))
        answers.flush()


def _next(tasks: BinaryIO) -> Task | None:
    head = tasks.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    body = tasks.read(*LENGTH.unpack(head))
    found: Task = pickle.loads(body)  # from our own parent
    return found


if __name__ == "__main__":
    main()
