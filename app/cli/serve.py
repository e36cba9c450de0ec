"""``tingfeng serve``: the whole product by one command."""

import sys
from typing import Annotated

import typer

from app import server
from app.cli.options import Config, Data, services_of
from core import accounts
from core.settings import Settings
from response.services import Services

command = typer.Typer(add_completion=False)


@command.command()
def serve(
    data: Data = None,
    config: Config = None,
    host: Annotated[str | None, typer.Option(help="监听地址（默认 127.0.0.1）", show_default=False)] = None,
    port: Annotated[int | None, typer.Option(help="端口（默认 8080，0 为自动选择）", show_default=False)] = None,
) -> None:
    """启动完整服务：网页、API、采集、分析、预警。Ctrl+C 结束。"""
    services = services_of(data, config, host=host, port=port)
    listening = server.bind(services.settings.host, services.settings.port)
    password = first_password(services)
    server.serve(services, listening, on_ready=lambda bound, _end: announce(bound.settings, password))


def first_password(services: Services) -> str | None:
    """First start: the administrator's password; else None."""
    with services.database.write() as connection:
        return accounts.ensure_admin(connection, now=services.now())


def announce(settings: Settings, password: str | None) -> None:
    """Say where the product is, and the first password, once."""
    lines = [f"听风已启动：http://{settings.host}:{settings.port}/    （API：/api/v1，描述文件 /api/v1/openapi.json）"]
    if password is not None:
        lines.append(f"首次启动，已创建管理员账号 admin，密码 {password} （只显示这一次，请妥善保存）")
    if not settings.config_file.exists():
        lines.append("还没有配置文件：用 tingfeng init 生成一份，写上品牌和来源后重新启动")
    sys.stderr.write("\n".join(lines) + "\n")
