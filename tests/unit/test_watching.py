"""The line in the terminal while crawls run."""

import io

from rich.console import Console

from app.cli.watching import Watching
from crawler.outcome import Progress


def test_the_line_says_rate_and_what_remains_at_least() -> None:
    seconds = iter([0.0, 10.0, 10.0, 10.0])
    screen = io.StringIO()
    with Watching(Console(file=screen, force_terminal=True, width=120), lambda: next(seconds)) as watching:
        watching.report("论坛", Progress(pages=20, mentions=150, waiting=90))
        assert watching.said() == "论坛：20 页，150 条信息，2.0 页/秒，还有至少 90 页，约 45 秒"
        watching.report("新闻", Progress(pages=10))
    assert "2 个来源：30 页，150 条信息，3.0 页/秒" in screen.getvalue()


def test_nothing_is_written_where_nobody_watches() -> None:
    screen = io.StringIO()
    with Watching(Console(file=screen)) as watching:
        watching.report("论坛", Progress(pages=20))
    assert screen.getvalue() == ""
