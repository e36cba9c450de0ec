"""``tingfeng apply``: the configuration file into the state database, now."""

import typer

from app import configuration, wiring
from app.cli import lines
from app.cli.options import Config, Data, settings_of
from app.clock import system_clock

command = typer.Typer(add_completion=False)


@command.command()
def apply(data: Data = None, config: Config = None) -> None:
    """把 tingfeng.yaml 的品牌、来源、规则、渠道写入系统（运行中的服务立即生效）。"""
    settings = settings_of(data, config)
    read = configuration.read(settings.config_file)
    now = system_clock(settings.clock_offset_seconds)()
    configuration.apply(wiring.build_database(settings), read, now=now)
    lines.write([{section: len(entries) for section, entries in read.sections.items()}])
