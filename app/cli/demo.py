"""``tingfeng demo``: the whole product on sample sites of its own, in a folder of its own, on loopback only."""

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Annotated, Final, TextIO

import typer

from app import logs, server, wiring
from app.cli.serve import first_password
from app.demo import stage
from app.demo.director import Director
from app.demo.receiver import Receiver
from app.demo.screen import Screen, shortfall
from app.demo.site import SampleSite
from app.demo.story import build
from core.errors import ConfigurationError, TingfengError
from response.services import Services

command = typer.Typer(add_completion=False)

LOG: Final = "demo.log"


@command.command()
def demo(
    data: Annotated[
        Path | None, typer.Option("--data", help="数据目录（默认为临时目录，结束后删除）", show_default=False)
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="网页的端口，0 为自动选择")] = 0,
    minutes: Annotated[float, typer.Option(min=0, help="这么久还没有预警就结束，退出码为 1")] = 10,
    exit_after_first_alert: Annotated[
        bool, typer.Option("--exit-after-first-alert", help="第一个预警送达、事件建立后退出")
    ] = False,
) -> None:
    """演示：示例论坛和新闻站、真实采集、预警、舆情事件、网页。不访问外网。最后一行输出为 JSON 小结。"""
    started = time.monotonic()
    folder = data or Path(tempfile.mkdtemp(prefix="tingfeng-demo-"))
    with _log_into(folder / LOG) as terminal:
        director = _play(folder, port, terminal, (started, 60 * minutes), until_climax=exit_after_first_alert)
    sys.stdout.write(json.dumps(director.scene.summary(), ensure_ascii=False) + "\n")
    is_late = time.monotonic() - started > 60 * minutes
    if not director.scene.is_climax and (is_late or exit_after_first_alert):
        after = f" {minutes:g} 分钟内" if is_late else ""
        raise TingfengError(f"演示{after}没有等到预警，{shortfall(director.scene)}。日志：{folder / LOG}")
    if data is None:
        shutil.rmtree(folder, ignore_errors=True)


def _play(folder: Path, port: int, terminal: TextIO, patience: tuple[float, float], *, until_climax: bool) -> Director:
    """patience: when the command was given and the seconds from then on."""
    settings = stage.settings_of(folder, port)
    logs.configure(settings.log_level)
    services = wiring.build(settings)
    story, secret = build(services.now()), stage.new_secret()
    with SampleSite(story) as site, Receiver(secret) as receiver:
        names = stage.furnish(services, site_url=site.base_url, webhook_url=receiver.url, secret=secret)
        password = first_password(services) or "（已有账号，密码不变）"
        listening = server.bind(settings.host, settings.port)
        director = Director(services, site, receiver, story, names, *patience)

        def perform(bound: Services, end: Callable[[], None]) -> None:
            screen = Screen(terminal, f"http://{bound.settings.host}:{bound.settings.port}/", password)
            Thread(target=_direct, args=(director, screen, until_climax, end), name="director").start()

        try:
            server.serve(services, listening, on_ready=perform)
        finally:
            director.stop.set()
    return director


def _direct(director: Director, screen: Screen, until_climax: bool, end: Callable[[], None]) -> None:
    try:
        with screen:
            director.play(screen.show, until_climax=until_climax)
    finally:
        end()


@contextmanager
def _log_into(file: Path) -> Iterator[TextIO]:
    """What this process and its children write to stderr goes into the file; yields the former stderr."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        log = file.open("ab")
    except OSError as error:
        raise ConfigurationError(f"数据目录 {file.parent} 不可写，请检查权限或磁盘空间") from error
    with log, os.fdopen(os.dup(2), "w", encoding="utf-8", errors="replace") as terminal:
        os.dup2(log.fileno(), 2)
        try:
            yield terminal
        finally:
            os.dup2(terminal.fileno(), 2)
