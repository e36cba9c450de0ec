"""``tingfeng sender``: who pushes mentions by the API, and the secrets they sign with."""

from dataclasses import asdict
from typing import Annotated, Final

import typer
from sqlalchemy import Connection

from app.cli import import_, lines
from app.cli.options import Config, Data, services_of
from app.imports import folder, mailbox
from core import report, sender
from core.access import SYSTEM
from core.errors import InvalidInput
from core.sender import Sender
from core.settings import secret_key
from crawler import sources

OWN_NAMES: Final = (report.SOURCE, folder.SOURCE, mailbox.SOURCE, import_.SOURCE)

command = typer.Typer(add_completion=False, help="用 API 推送信息的推送方及其密钥")

Name = Annotated[str, typer.Argument(help="推送方名称，也是它推送的信息的来源名")]


@command.command()
def add(name: Name, data: Data = None, config: Config = None) -> None:
    """登记推送方；密钥只显示这一次。"""
    services = services_of(data, config)
    with services.database.write() as connection:
        _check_is_free(connection, name.strip())
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


def _check_is_free(connection: Connection, name: str) -> None:
    """What a sender brings carries its name: it must not pass for what the product itself has read."""
    if name in OWN_NAMES or name in {each.name for each in sources.list_all(connection, SYSTEM)}:
        raise InvalidInput(f"「{name}」已是采集来源或系统自用的名称，请换一个", field="name")


def _with_secret(made: Sender, installation: str) -> dict[str, object]:
    return {"name": made.name, "secret": sender.secret(installation, made.name, made.newest)}
