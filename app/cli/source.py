"""``tingfeng source``: try an address, register, list and disable sources."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from app import wiring
from app.cli import lines, proposal
from app.cli.crawl_file import as_named
from app.cli.options import Config, Data, Supervised, services_of, settings_of, settings_of_child
from app.clock import system_clock
from core import inbox
from core.access import SYSTEM
from core.errors import InvalidInput
from crawler import crawl_log, gap, health, impact, run, sources
from crawler.definition import from_definition, read_file

command = typer.Typer(add_completion=False, help="看一个网址怎么采；登记、查看、停用来源")


@command.command()
def add(
    file: Annotated[Path, typer.Argument(help="来源文件（YAML），写法见 docs/sources.md")],
    data: Data = None,
    config: Config = None,
) -> None:
    """登记来源文件里的一个或多个来源；同名的会被更新。"""
    definitions = read_file(file)
    services = services_of(data, config)
    with services.database.write() as connection:
        saved = [sources.save(connection, SYSTEM, source, now=services.now()) for source in definitions]
    lines.write({"name": source.name, "kind": source.kind, "url": source.url} for source in saved)


@command.command()
def propose(
    url: Annotated[str, typer.Argument(help="任意网址：列表页、论坛版块、RSS、网站地图、JSON 接口")],
    json: Annotated[bool, typer.Option("--json", help="全部结果为一行 JSON")] = False,
    save: Annotated[bool, typer.Option("--save", help="登记为来源")] = False,
    name: Annotated[str | None, typer.Option(help="来源名（默认为网站域名）", show_default=False)] = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """看一个网址能怎么采：识别种类，找出列表和选择器，打印可用的来源文件。最多请求 6 次，不存信息。"""
    settings = settings_of(data, config)
    now = system_clock(settings.clock_offset_seconds)
    values = {"kind": "listing", "url": url} | ({"name": name} if name else {})
    trial = run.propose(settings, as_named(from_definition(values)), now=now)
    proposal.tell(trial)
    if save:
        services = services_of(data, config)
        with services.database.write() as connection:
            sources.save(connection, SYSTEM, from_definition(proposal.definition(trial)), now=services.now())
    if json:
        lines.write([trial.as_line()])
    else:
        lines.write_text(proposal.written(trial))


@command.command()
def check(
    file: Annotated[Path | None, typer.Argument(help="来源文件（YAML）", show_default=False)] = None,
    site: Annotated[str | None, typer.Option(help="网站地址：看它有没有可采集的列表", show_default=False)] = None,
    inside: Annotated[bool, typer.Option("--inside", help="--site 的网站在内网")] = False,
    seconds: Annotated[int, typer.Option(min=1, max=600, help="最长时间（秒）")] = 30,
    data: Data = None,
    config: Config = None,
    supervised: Supervised = False,
) -> None:
    """试读来源：每个只取一页，遵守 robots.txt，不登记也不入库；每行输出一个结果。"""
    if file is None and site is None:
        raise InvalidInput("请写来源文件，或用 --site 写网站地址")
    definitions = read_file(file) if file is not None else ()
    settings = settings_of_child() if supervised else settings_of(data, config)
    now = system_clock(settings.clock_offset_seconds)
    asked = {"settings": settings, "now": now(), "seconds": seconds, "is_inside": inside}
    found = wiring.part("check")(definitions, site or "", **asked)
    lines.write(asdict(item) for item in found)


@command.command("list")
def list_(data: Data = None, config: Config = None) -> None:
    """列出来源及其最近一次采集的结果。"""
    services = services_of(data, config)
    with services.database.read() as connection:
        found = sources.list_all(connection, SYSTEM)
    lines.write(asdict(item) for item in found)


@command.command()
def disable(name: Annotated[str, typer.Argument(help="来源名")], data: Data = None, config: Config = None) -> None:
    """停用来源；已采集的信息保留。"""
    services = services_of(data, config)
    with services.database.write() as connection:
        sources.disable(connection, SYSTEM, name, now=services.now())
    lines.write([{"name": name, "enabled": False}])


@command.command()
def record(name: Annotated[str, typer.Argument(help="来源名")], data: Data = None, config: Config = None) -> None:
    """打印来源的合规评估记录（Markdown），供法务存档。"""
    services = services_of(data, config)
    now = services.now()
    since = now - health.BASELINE
    with services.database.read() as connection:
        source = sources.get(connection, SYSTEM, name)
        crawls = crawl_log.since(connection, name, since)
        gaps = gap.between(connection, SYSTEM, since=since, until=now, sources=[name])
        mentions = inbox.count(connection, source=name)
    said = impact.record(source, services.settings, crawls=crawls, gaps=gaps, mentions=mentions, now=now)
    lines.write_text(said)
