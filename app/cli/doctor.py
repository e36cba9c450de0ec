"""``tingfeng doctor``: check everything, say what is wrong and how to mend it. Exit status 1 when something is."""

import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import typer
from rich.console import Console
from rich.table import Table

from app import configuration, wiring
from app.cli import lines
from app.cli.options import Config, Data, Jsonl, settings_of
from app.leases import lease_table
from core import inbox, removed, watchlist
from core.access import SYSTEM
from core.errors import TingfengError
from core.settings import IndexEngine, Settings
from crawler import sources
from response.services import Services

command = typer.Typer(add_completion=False)

# Guess: one day of a busy brand with evidence; below it a crawl may end half way.
LEAST_FREE_BYTES: Final = 500 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the report; advice says how to mend it."""

    name: str
    is_good: bool
    result: str
    advice: str = ""


@command.command()
def doctor(data: Data = None, config: Config = None, jsonl: Jsonl = False) -> None:
    """自检：设置、磁盘、数据库、索引、配置文件、来源。"""
    settings = settings_of(data, config)
    checks = list(_all(settings))
    if jsonl:
        lines.write({"name": c.name, "ok": c.is_good, "result": c.result, "advice": c.advice} for c in checks)
    else:
        _show(settings, checks)
    if not all(check.is_good for check in checks):
        raise typer.Exit(1)


def _all(settings: Settings) -> Iterator[Check]:
    yield _guarded("磁盘", lambda: _disk(settings))
    yield _guarded("SQLite", _sqlite)
    yield _guarded("配置文件", lambda: _file(settings))
    try:
        services = wiring.build(settings)
    except TingfengError as error:
        yield Check(name="数据库与索引", is_good=False, result=error.message, advice="按提示处理后再运行一次")
        return
    for name, check in (
        ("数据库", _database),
        ("索引", _index),
        ("品牌", _brands),
        ("来源", _sources),
        ("调度", _scheduler),
    ):
        yield _guarded(name, lambda check=check: check(services))  # type: ignore[misc]  # bound at once


def _guarded(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except TingfengError as error:
        return Check(name=name, is_good=False, result=error.message)


def _disk(settings: Settings) -> Check:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.data_dir).free
    good, shown = free >= LEAST_FREE_BYTES, f"{settings.data_dir} 剩余 {free // 1024**2:,} MB"
    return Check(name="磁盘", is_good=good, result=shown, advice="" if good else "清理磁盘，或用 --data 换一个目录")


def _sqlite() -> Check:
    with sqlite3.connect(":memory:") as connection:
        options = {row[0] for row in connection.execute("PRAGMA compile_options")}
    good = "ENABLE_FTS5" in options
    advice = "" if good else "这个 Python 的 SQLite 不带全文检索（FTS5），请换用 python.org 或系统自带的 Python"
    return Check(name="SQLite", is_good=good, result=sqlite3.sqlite_version, advice=advice)


def _file(settings: Settings) -> Check:
    if not settings.config_file.exists():
        return Check(name="配置文件", is_good=True, result="没有配置文件", advice="用 tingfeng init 生成一份")
    read = configuration.read(settings.config_file)
    counts = "，".join(f"{section} {len(entries)}" for section, entries in read.sections.items())
    return Check(name="配置文件", is_good=True, result=f"{settings.config_file}：{counts}")


def _database(services: Services) -> Check:
    with services.database.read() as connection:
        waiting, stored = inbox.backlog(connection), inbox.count(connection)
    result = f"信息 {stored:,} 条，待分析 {waiting.unanalysed:,}，待索引 {waiting.unindexed:,}"
    return Check(name="数据库", is_good=True, result=result)


def _index(services: Services) -> Check:
    """Well when it answers and holds exactly what the state database says it holds."""
    health = services.index.health()
    with services.database.read() as connection:
        waiting, stored, leaving = inbox.backlog(connection), inbox.count(connection), removed.count(connection)
    expected, most = stored - waiting.unanalysed - waiting.unindexed, stored + leaving
    result = f"{health.engine}：{health.detail}"
    if health.is_healthy and not expected <= health.count <= most:
        result = f"{health.engine}：应有 {expected:,} 条信息，实有 {health.count:,} 条"
    is_good = health.is_healthy and expected <= health.count <= most
    advice = "" if is_good else "用 tingfeng reindex 重建索引"
    if not health.is_healthy and services.settings.index_engine is IndexEngine.ELASTIC:
        advice = "检查 TINGFENG_ELASTICSEARCH_URL，以及 Elasticsearch 是否在运行"
    return Check(name="索引", is_good=is_good, result=result, advice=advice)


def _brands(services: Services) -> Check:
    with services.database.read() as connection:
        names = [brand.name for brand in watchlist.active(connection)]
    advice = "" if names else "在 tingfeng.yaml 的 brands 写上品牌"
    return Check(name="品牌", is_good=bool(names), result="、".join(names) or "没有品牌", advice=advice)


def _sources(services: Services) -> Check:
    with services.database.read() as connection:
        found = sources.list_all(connection, SYSTEM)
    bad = [source for source in found if source.enabled and source.last_error_message]
    result = f"{len(found)} 个来源" + "".join(f"；{source.name}：{source.last_error_message}" for source in bad)
    advice = "" if found and not bad else "检查网址和选择器，再运行 tingfeng crawl 来源名"
    return Check(name="来源", is_good=bool(found) and not bad, result=result, advice=advice)


def _scheduler(services: Services) -> Check:
    with services.database.read() as connection:
        row = connection.execute(lease_table.select()).first()
    is_running = row is not None and row.until > services.now()
    result = f"运行中（{row.holder}）" if row is not None and is_running else "未运行"
    return Check(name="调度", is_good=True, result=result, advice="" if is_running else "用 tingfeng serve 启动")


def _show(settings: Settings, checks: list[Check]) -> None:
    console = Console(file=sys.stdout)
    table = Table("", "检查", "结果", "怎么办")
    for check in checks:
        table.add_row("✓" if check.is_good else "✗", check.name, check.result, check.advice)
    console.print(table)
    shown = Table("设置", "值", title="生效的设置（密码已遮盖）")
    for name, value in settings.masked().items():
        shown.add_row(f"TINGFENG_{name.upper()}", "" if value is None else str(value))
    console.print(shown)
