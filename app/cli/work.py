"""``tingfeng work``: one pipeline worker; ``serve`` runs one as its child, more may run on other machines."""

import os
import signal
import socket
from threading import Event
from typing import Annotated

import typer

from app import children, wiring
from app.cli import lines
from app.cli.options import Config, Data, Supervised, services_of, settings_of_child
from app.pipeline import Pipeline

command = typer.Typer(add_completion=False)


@command.command()
def work(
    data: Data = None,
    config: Config = None,
    worker: Annotated[str | None, typer.Option(help="进程名；同名进程重启后立即接手", show_default=False)] = None,
    until_idle: Annotated[bool, typer.Option("--until-idle", help="处理完现有信息后退出")] = False,
    supervised: Supervised = False,
) -> None:
    """分析收件箱里的信息并写入索引。"""
    services = wiring.build(settings_of_child()) if supervised else services_of(data, config)
    settings = services.settings

    def make_analyser(brands):  # type: ignore[no-untyped-def]  # typed by Pipeline, loaded by name
        return wiring.part("analyser")(brands, segmenter=settings.segmenter, sentiment=settings.sentiment_engine)

    pipeline = Pipeline(services, make_analyser, worker=worker or f"{socket.gethostname()}:{os.getpid()}")
    if until_idle:
        done = pipeline.run_until_idle()
        lines.write([{"analysed": done.analysed, "indexed": done.indexed}])
        return
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if supervised:
        children.stop_with_parent(stop)
    pipeline.run(stop)
