"""``tingfeng export``: every match as a line, the shape that ``import`` reads."""

from typing import Annotated

import typer

from app.cli import lines
from app.cli.options import Config, Data, services_of
from core.access import SYSTEM
from core.mention import to_dict
from response import mentions

command = typer.Typer(add_completion=False)


@command.command()
def export(
    query: Annotated[str, typer.Argument(help="检索式；留空为全部")] = "", data: Data = None, config: Config = None
) -> None:
    """导出信息为 JSONL（个人信息已遮盖），最早的在前。"""
    services = services_of(data, config)
    lines.write(to_dict(mention) for mention in mentions.export(services, SYSTEM, query))
