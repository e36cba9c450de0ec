"""``tingfeng import``: mentions from a file of another system into the inbox; repeating it adds nothing."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from app.cli import lines
from app.cli.import_preview import show
from app.cli.options import Config, Data, services_of
from app.imports import columns
from app.imports.columns import Choice
from app.imports.load import Answer, Import
from core.errors import InvalidInput

SOURCE: Final = "import"

command = typer.Typer(add_completion=False)

PRESETS: Final = "、".join(columns.presets())


@command.command(name="import")
def import_(
    file: Annotated[
        Path,
        typer.Argument(help="CSV、XLSX 或 JSONL 文件；- 为标准输入的 JSONL（每行至少有 url 和 text 或 title）"),
    ],
    source: Annotated[str, typer.Option(help="来源名，如供应商的名字")] = SOURCE,
    map_: Annotated[
        list[str] | None, typer.Option("--map", help="字段=列名，如 --map text=正文；可以写几次", show_default=False)
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help=f"表格的样式（默认自动判断）：{PRESETS}", show_default=False)
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="工作表名（默认第一个有表头的）", show_default=False)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只显示会怎样导入，什么也不写")] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """导入信息：每行输出一个结果（new、changed、repeated 或 error），最后在标准错误输出合计。列名见 docs/import.md。"""
    choice = Choice(tuple(map(_pair, map_ or ())), preset, sheet)
    services = services_of(data, config)
    opened = Import(services, file, source=source, choice=choice)
    if dry_run:
        show(services, opened)
        return
    lines.write(_with_progress(opened.answers()))
    sys.stderr.write(opened.summary.text + "\n")


def _pair(written: str) -> tuple[str, str]:
    field, sign, column = written.partition("=")
    if not sign or not column.strip():
        raise InvalidInput(f"--map {written} 应为 字段=列名，如 --map text=正文")
    return field.strip(), column.strip()


def _with_progress(answers: Iterator[Answer]) -> Iterator[Answer]:
    """How many rows so far: what a file holds is known at its end only."""
    shown = (SpinnerColumn(), TextColumn("导入 {task.completed} 行"), TimeElapsedColumn())
    with Progress(
        *shown, console=Console(file=sys.stderr), transient=True, disable=not sys.stderr.isatty()
    ) as progress:
        task = progress.add_task("导入", total=None)
        for answer in answers:
            progress.advance(task)
            yield answer
