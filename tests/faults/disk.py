"""Places with little space: a real disk where the system lets us mount one, else a database that may not grow.

SQLite raises the same error for both. Both have room for the import of one batch of lines, and not for two.
"""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.pool import Pool


@dataclass(frozen=True)
class Disk:
    """A place with little space."""

    folder: Path
    enlarge: Callable[[], object]


@contextmanager
def mounted(place: Path) -> Iterator[Disk]:
    """A disk with room for the import of one batch of lines, not of two. Raises OSError where we must not mount."""
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", str(place)]
    if (answer := subprocess.run(command, capture_output=True, text=True, check=False)).returncode:
        raise PermissionError(answer.stderr.strip())
    try:
        yield Disk(place, partial(remount, place, "size=64m"))
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def remount(place: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", place], check=True)


@contextmanager
def limited(place: Path) -> Iterator[Disk]:
    """A state database with room for one batch of lines, not for two."""
    place.mkdir()
    pages = [300]

    def limit(connection: Any, *_: object) -> None:  # Any: the driver's own connection type
        connection.execute(f"PRAGMA max_page_count={pages[-1]}")

    event.listen(Pool, "checkout", limit)
    try:
        yield Disk(place, partial(pages.append, 2**30))
    finally:
        event.remove(Pool, "checkout", limit)
