"""``tingfeng doctor``: check everything, say what is wrong and how to mend it. Exit status 1 when something is."""

import sys
from collections.abc import Iterator
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from app import logs, wiring
from app.checkup import file, machine, stores
from app.checkup.check import Check, Mark, bad, good, guarded, warning
from app.cli import lines
from app.cli.options import Config, Data, Jsonl
from app.clock import system_clock
from core.errors import ConfigurationError
from core.settings import Settings, read_settings

command = typer.Typer(add_completion=False)


@command.command()
def doctor(data: Data = None, config: Config = None, jsonl: Jsonl = False) -> None:
    """自检：环境、磁盘、设置、配置文件、数据库、索引、来源、渠道、端口；有问题时退出码为 1。"""
    settings, checks = _checked(data, config)
    if jsonl:
        lines.write(_line(check) for check in checks)
    else:
        _show(settings, checks)
    if any(check.mark is Mark.BAD for check in checks):
        raise typer.Exit(1)


def _checked(data: Path | None, config: Path | None) -> tuple[Settings | None, list[Check]]:
    checks = list(guarded("环境", machine.programs))
    try:
        settings = read_settings(data_dir=data, config_file=config)
    except ConfigurationError as error:
        return None, [*checks, bad("设置", error.message, "改正环境变量或 .env，说明见 docs/settings.md")]
    logs.configure(settings.log_level)
    checks.append(good("设置", "全部有效"))
    path = settings.config_file
    checks += guarded("配置文件", lambda: file.check(path, is_demanded=config is not None))
    is_readable = path.exists() and not any(check.mark is Mark.BAD and check.name == "配置文件" for check in checks)
    folder = list(guarded("数据目录", lambda: machine.folder(settings, system_clock(0)())))
    checks += folder
    if folder[0].mark is Mark.BAD:
        checks += machine.port(settings, is_running=False)
    else:
        checks += guarded("数据库与索引", lambda: _stored(settings, path if is_readable else None))
    return settings, checks


def _stored(settings: Settings, path: Path | None) -> Iterator[Check]:
    """path: of a file that can be read."""
    services = wiring.build(settings)
    entries = (
        list(guarded("配置文件", lambda: file.entries(services.database, path, now=services.now()))) if path else []
    )
    yield from entries
    is_pending = any(check.mark is not Mark.GOOD for check in entries)
    yield from guarded("数据库", lambda: stores.database(services))
    yield from guarded("索引", lambda: stores.index(services))
    yield from guarded("内容", lambda: stores.contents(services, is_pending=is_pending))
    holder = stores.scheduler(services)
    yield good("服务", f"运行中（{holder}）") if holder else warning("服务", "未运行", "用 tingfeng serve 启动")
    yield from machine.port(settings, is_running=holder is not None)


def _line(check: Check) -> dict[str, object]:
    is_good = check.mark is not Mark.BAD
    mark = check.mark.name.lower()
    return {"name": check.name, "ok": is_good, "mark": mark, "result": check.result, "advice": check.advice}


def _show(settings: Settings | None, checks: list[Check]) -> None:
    for check in checks:
        advice = f" → {check.advice}" if check.advice else ""
        sys.stdout.write(f"{check.mark.value} {check.name}：{check.result}{advice}\n")
    if settings is None:
        return
    shown = Table("设置", "值", title="生效的设置（密码已遮盖）")
    for name, value in settings.masked().items():
        shown.add_row(f"TINGFENG_{name.upper()}", "" if value is None else str(value))
    Console(file=sys.stdout).print(shown)
