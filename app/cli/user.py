"""``tingfeng user``: accounts, passwords, tokens."""

import secrets
from typing import Annotated

import typer

from app.cli import lines
from app.cli.options import Config, Data, services_of
from core import accounts
from core.access import SYSTEM, Person, Role

command = typer.Typer(add_completion=False, help="账号、密码和访问令牌")

Name = Annotated[str, typer.Argument(help="账号名")]


@command.command()
def add(
    name: Name,
    role: Annotated[list[Role], typer.Option(help="角色，可重复")],
    data: Data = None,
    config: Config = None,
) -> None:
    """新建账号；密码只显示这一次。"""
    services, password = services_of(data, config), secrets.token_urlsafe(12)
    with services.database.write() as connection:
        accounts.create(connection, SYSTEM, name, password, role, now=services.now())
    lines.write([{"name": name, "roles": [item.value for item in role], "password": password}])


@command.command("list")
def list_(data: Data = None, config: Config = None) -> None:
    """列出账号。"""
    services = services_of(data, config)
    with services.database.read() as connection:
        found = accounts.accounts(connection, SYSTEM)
    lines.write({"name": item.name, "roles": sorted(item.roles), "enabled": item.enabled} for item in found)


@command.command()
def password(name: Name, data: Data = None, config: Config = None) -> None:
    """重设密码；新密码只显示这一次，原有登录全部失效。"""
    services, value = services_of(data, config), secrets.token_urlsafe(12)
    with services.database.write() as connection:
        accounts.set_password(connection, SYSTEM, name, value, now=services.now())
    lines.write([{"name": name, "password": value}])


@command.command()
def disable(name: Name, data: Data = None, config: Config = None) -> None:
    """停用账号；登录和令牌立即失效。"""
    services = services_of(data, config)
    with services.database.write() as connection:
        accounts.set_enabled(connection, SYSTEM, name, False, now=services.now())
    lines.write([{"name": name, "enabled": False}])


@command.command()
def token(
    name: Name, note: Annotated[str, typer.Option(help="用途")] = "", data: Data = None, config: Config = None
) -> None:
    """为账号创建 API 访问令牌；令牌只显示这一次。"""
    services = services_of(data, config)
    with services.database.write() as connection:
        made, secret = accounts.create_token(connection, Person(name, frozenset()), note, now=services.now())
    lines.write([{"id": made.id, "name": name, "token": secret}])
