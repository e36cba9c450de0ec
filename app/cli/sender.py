"""``tingfeng sender``: who pushes mentions by the API, and the secrets they sign with."""

from dataclasses import asdict
from typing import Annotated

import typer

from app.cli import lines
from app.cli.options import Config, Data, services_of
from core import sender
from core.access import SYSTEM
from core.sender import Sender
from core.settings import secret_key

command = typer.Typer(add_completion=False, help="用 API 推送信息的推送方及其密钥")

Name = Annotated[str, typer.Argument(help="推送方名称，也是它推送的信息的来源名")]


@command.command()
def add(name: Name, data: Data = None, config: Config = None) -> None:
    """登记推送方；密钥只显示这一次。"""
    services = services_of(data, config)
    with services.database.write() as connection:
        made = sender.add(connection, SYSTEM, name, now=services.now())
    lines.write([_with_secret(made, secret_key(services.settings))])


@command.command()
def rotate(name: Name, data: Data = None, config: Config = None) -> None:
    """换新密钥，只显示这一次；原密钥仍可用，直到 retire 或再次换新。"""
    services = services_of(data, config)
    with services.database.write() as connection:
        made = sender.rotate(connection, SYSTEM, name, now=services.now())
    lines.write([_with_secret(made, secret_key(services.settings))])


@command.command()
def retire(name: Name, data: Data = None, config: Config = None) -> None:
    """作废原密钥，只留最新的。"""
    services = services_of(data, config)
    with services.database.write() as connection:
        lines.write([asdict(sender.retire(connection, SYSTEM, name, now=services.now()))])


@command.command()
def revoke(name: Name, data: Data = None, config: Config = None) -> None:
    """停用推送方，全部密钥立即失效；已推送的信息保留。"""
    services = services_of(data, config)
    with services.database.write() as connection:
        lines.write([asdict(sender.revoke(connection, SYSTEM, name, now=services.now()))])


@command.command("list")
def list_(data: Data = None, config: Config = None) -> None:
    """列出推送方；不显示密钥。"""
    services = services_of(data, config)
    with services.database.read() as connection:
        lines.write(asdict(each) for each in sender.list_all(connection, SYSTEM))


def _with_secret(made: Sender, installation: str) -> dict[str, object]:
    return {"name": made.name, "secret": sender.secret(installation, made.name, made.newest)}
