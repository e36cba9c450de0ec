"""``tingfeng demo``: the whole product on sample sites of its own, in a folder of its own, on loopback only."""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Annotated

import typer

from app import logs, server, wiring
from app.cli.serve import first_password
from app.demo import stage
from app.demo.director import Director
from app.demo.receiver import Receiver
from app.demo.screen import Screen
from app.demo.site import SampleSite
from app.demo.story import build
from core.settings import read_settings
from response.services import Services

command = typer.Typer(add_completion=False)


@command.command()
def demo(
    data: Annotated[
        Path | None, typer.Option("--data", help="数据目录（默认为临时目录，结束后删除）", show_default=False)
    ] = None,
    exit_after_first_alert: Annotated[
        bool, typer.Option("--exit-after-first-alert", help="第一个预警送达、事件建立后退出")
    ] = False,
) -> None:
    """演示：示例论坛和新闻站、真实采集、预警、舆情事件、网页。不访问外网。最后一行输出为 JSON 小结。"""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tingfeng-demo-", ignore_cleanup_errors=True) as temporary:
        summary = _play(data or Path(temporary), started, until_climax=exit_after_first_alert)
    sys.stdout.write(json.dumps(summary, ensure_ascii=False) + "\n")
    if exit_after_first_alert and not summary["alert"]:
        raise typer.Exit(1)


def _play(folder: Path, started: float, *, until_climax: bool) -> dict[str, object]:
    settings = stage.settings_of(read_settings(), folder)
    logs.configure(settings.log_level)
    services = wiring.build(settings)
    story, secret = build(services.now()), stage.new_secret()
    with SampleSite(story) as site, Receiver(secret) as receiver:
        names = stage.furnish(services, site_url=site.base_url, webhook_url=receiver.url, secret=secret)
        password = first_password(services) or "（已有账号，密码不变）"
        listening = server.bind(settings.host, settings.port)
        director = Director(services, site, receiver, story, names, started)

        def perform(bound: Services, end: Callable[[], None]) -> None:
            address = f"http://{bound.settings.host}:{bound.settings.port}/"
            Thread(target=_direct, args=(director, address, password, until_climax, end), name="director").start()

        try:
            server.serve(services, listening, on_ready=perform)
        finally:
            director.stop.set()
    return director.scene.summary()


def _direct(director: Director, address: str, password: str, until_climax: bool, end: Callable[[], None]) -> None:
    try:
        with Screen(address, password) as screen:
            director.play(screen.show, until_climax=until_climax)
    finally:
        end()
