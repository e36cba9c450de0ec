"""``tingfeng crawl``: one crawl of one source, or of all enabled ones, each in a process of its own."""

import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from app import children, configuration, wiring
from app.cli import lines
from app.cli.crawl_file import crawl_file
from app.cli.options import Config, Data, Supervised, settings_of, settings_of_child
from app.cli.watching import Watching
from app.clock import system_clock
from core.access import SYSTEM
from core.database import Database
from core.errors import InvalidInput, SourceError
from core.settings import Settings
from crawler import run, sources

command = typer.Typer(add_completion=False)


@command.command()
def crawl(
    name: Annotated[str | None, typer.Argument(help="来源名；不写则采集全部启用的来源", show_default=False)] = None,
    source: Annotated[Path | None, typer.Option(help="只采集这个来源文件（YAML），不用数据库")] = None,
    output: Annotated[Path | None, typer.Option(help="与 --source 一起：信息写入的 JSONL 文件")] = None,
    data: Data = None,
    config: Config = None,
    supervised: Supervised = False,
) -> None:
    """采集一个来源，结果为一行 JSON；出错时退出码为 1。"""
    settings = settings_of_child() if supervised else settings_of(data, config)
    now = system_clock(settings.clock_offset_seconds)
    if source is not None:
        crawl_file(settings, source, output, now=now)
        return
    if output is not None:
        raise InvalidInput("--output 要与 --source 一起使用")
    database = wiring.build_database(settings)
    if not supervised and settings.config_file.exists():
        configuration.apply_if_changed(database, settings.config_file, now=now())
    if name is None:
        _crawl_all(settings, database)
        return
    with Watching() as watching:
        result = run.crawl(settings, name, now=now, report=watching.report)
    lines.write([asdict(result)])
    if result.error_code:
        raise SourceError(result.error_message)


def _crawl_all(settings: Settings, database: Database) -> None:
    """A Twisted reactor runs once in a process: each source gets a child of its own."""
    with database.read() as connection:
        names = [source.name for source in sources.list_all(connection, SYSTEM) if source.enabled]
    failed = [name for name in names if _child(settings, name)]
    if failed:
        raise SourceError(f"{len(failed)} 个来源采集出错：{'、'.join(failed)}；用 tingfeng source list 看原因")


def _child(settings: Settings, name: str) -> int:
    command_line = [sys.executable, "-m", "app.cli", "crawl", "--supervised", name]
    return subprocess.run(command_line, env=children.environment(settings), check=False).returncode
