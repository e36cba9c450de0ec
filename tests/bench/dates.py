"""The date engine on its own table: ``python -m tests.bench.dates``; beside dateparser where that is installed.

The table was written together with the engine, so its accuracy here says that nothing broke, not how it does on texts
nobody has seen. A day counts when the day is right, a time when its minute is.
"""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from core.mention import PRINTED_ZONE
from crawler.extract.dates import parse
from tests.unit.test_crawler_dates_table import NO_TIMES, NOW, TIMES

ROUNDS: Final = 5
# Not a dependency: somebody who wants to compare installs it.
DATEPARSER: Any = import_module("dateparser") if find_spec("dateparser") else None  # Any: has no types
SETTINGS: Final[Mapping[str, object]] = {
    "RELATIVE_BASE": NOW.replace(tzinfo=None),
    "TIMEZONE": "Asia/Shanghai",
    "RETURN_AS_TIMEZONE_AWARE": True,
    "PREFER_DATES_FROM": "past",
    "DATE_ORDER": "YMD",
}


def ours(text: str) -> datetime | None:
    found = parse(text, now=NOW)
    return found.at if found else None


def dateparsers(text: str) -> datetime | None:
    found: datetime | None = DATEPARSER.parse(text, languages=["zh", "en"], settings=SETTINGS)
    return found


def is_right(found: datetime | None, value: str) -> bool:
    if found is None:
        return False
    return found.astimezone(PRINTED_ZONE).isoformat().startswith(value if len(value) == 10 else value[:16])


def measure(name: str, read: Callable[[str], datetime | None]) -> None:
    texts = [*(row[0] for row in TIMES), *NO_TIMES]
    right = sum(is_right(read(text), value) for text, value, _ in TIMES)
    false = sum(read(text) is not None for text in NO_TIMES)
    start = time.process_time()
    for _ in range(ROUNDS):
        for text in texts:
            read(text)
    micros = (time.process_time() - start) / ROUNDS / len(texts) * 1e6
    print(
        f"{name}: {right} of {len(TIMES)} times right, {false} of {len(NO_TIMES)} others taken, {micros:.0f} µs a text"
    )


if __name__ == "__main__":
    measure("ours", ours)
    if DATEPARSER is not None:
        measure(f"dateparser {DATEPARSER.__version__}", dateparsers)
