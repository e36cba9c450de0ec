"""``tingfeng dates``: the date engine on lines or on the words of the command line; nothing is stored."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from app.cli import lines
from app.cli.options import Jsonl
from app.clock import system_clock
from core.errors import InvalidInput, TingfengError
from core.mention import as_utc
from crawler.extract import dates

command = typer.Typer(add_completion=False)

_PRECISION: Final = {"second": "精确到秒", "minute": "精确到分", "day": "精确到日"}

Texts = Annotated[list[str] | None, typer.Argument(metavar="TEXT", help="写有时间的文字，可以多段", show_default=False)]
Now = Annotated[str | None, typer.Option("--now", help="以何时为现在（ISO 8601，默认本机时间）", show_default=False)]


@command.command(name="dates")
def dates_(text: Texts = None, now: Now = None, jsonl: Jsonl = False) -> None:
    """识别文字中的发布时间：3分钟前、昨天 12:30、发表于 2026-3-1 08:15 等；没有时间则为空，从不猜测。

    加 --jsonl 从标准输入逐行读取 {"text", "now"}，逐行输出 {"value", "precision"}：有秒或分时 value 为带 +08:00 的
    ISO 8601，只知道日期时为 YYYY-MM-DD，没有时间为 null。
    """
    if jsonl == bool(text):
        raise typer.BadParameter("请给出 TEXT，或用 --jsonl 从标准输入读取")
    moment = system_clock()() if now is None else _moment(now)
    if jsonl:
        lines.write(_answer(values, moment) for values in lines.read(Path("-")))
        return
    for words in text or ():
        found = dates.parse(words, now=moment)
        typer.echo(f"{words}\t{f'{found.printed}（{_PRECISION[found.precision]}）' if found else '没有时间'}")


def _answer(values: dict[str, Any] | TingfengError, default: datetime) -> dict[str, object]:  # Any: decoded JSON
    if isinstance(values, TingfengError):
        return lines.error_line(None, values)
    try:
        text, now = values.get("text"), values.get("now")
        if not isinstance(text, str):
            raise InvalidInput("text 应为文字", field="text")
        found = dates.parse(text, now=default if now is None else _moment(now))
    except TingfengError as error:
        return lines.error_line(values.get("id"), error)
    return {"value": found.printed if found else None, "precision": found.precision if found else None}


def _moment(text: object) -> datetime:
    """Raises InvalidInput."""
    try:
        return as_utc(datetime.fromisoformat(str(text)))
    except ValueError as error:
        raise InvalidInput("now 应为 ISO 8601 时间，例如 2026-06-16T10:30:00+08:00", field="now") from error
