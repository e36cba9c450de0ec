"""A line in the terminal that tells how far crawls have come; nothing where nobody watches."""

import sys
import time
from collections.abc import Callable
from typing import Final, Self

from rich.console import Console
from rich.status import Status

from crawler.outcome import Progress

SECONDS_PER_MINUTE: Final = 60


class Watching:
    """Context manager; ``report`` may be given to crawls. clock: monotonic seconds."""

    def __init__(self, console: Console | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console or Console(file=sys.stderr)
        self._clock = clock
        self._began = clock()
        self._progress: dict[str, Progress] = {}
        self._status: Status | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._status = self._console.status("正在采集…")
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    def report(self, name: str, progress: Progress) -> None:
        """Show the newest state of all crawls."""
        self._progress[name] = progress
        if self._status is not None:
            self._status.update(self.said())

    def said(self) -> str:
        """Pages, mentions, rate, and what the queue holds: more may come out of it."""
        pages = sum(each.pages for each in self._progress.values())
        mentions = sum(each.mentions for each in self._progress.values())
        waiting = sum(each.waiting for each in self._progress.values())
        rate = pages / max(self._clock() - self._began, 1e-9)
        name = next(iter(self._progress)) if len(self._progress) == 1 else f"{len(self._progress)} 个来源"
        said = f"{name}：{pages} 页，{mentions} 条信息，{rate:.1f} 页/秒"
        if not waiting or not rate:
            return said
        return f"{said}，还有至少 {waiting} 页，约 {_length(waiting / rate)}"


def _length(seconds: float) -> str:
    if seconds < SECONDS_PER_MINUTE:
        return f"{max(1, round(seconds))} 秒"
    return f"{round(seconds / SECONDS_PER_MINUTE)} 分钟"
