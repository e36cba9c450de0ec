"""``tingfeng evaluate``: what the scheduler does every minute, once."""

import typer

from alerts import alert
from app import duties
from app.cli import lines
from app.cli.options import Config, Data, services_of
from core.access import SYSTEM

command = typer.Typer(add_completion=False)


@command.command()
def evaluate(data: Data = None, config: Config = None) -> None:
    """立即计算一次预警并发送通知；输出未关闭的预警，一行一条。"""
    services = services_of(data, config)
    try:
        duties.evaluate(services)
    finally:  # a finding that failed keeps no message of the others back
        duties.deliver(services)
    with services.database.read() as connection:
        found = alert.list_open(connection, SYSTEM)
    lines.write(
        {
            "number": item.number,
            "level": item.level.value,
            "brand": item.brand,
            "title": item.title,
            "status": item.status,
        }
        for item in found
    )
