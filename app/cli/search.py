"""``tingfeng search``: the same grammar as the pages and the API."""

from typing import Annotated

import typer

from app.cli import lines
from app.cli.options import Config, Data, services_of
from core.access import SYSTEM
from core.mention import to_dict
from response import mentions

command = typer.Typer(add_completion=False)


@command.command()
def search(
    query: Annotated[str, typer.Argument(help="检索式，如：青柠L7 AND 刹车 sentiment:negative；留空为全部")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100, help="最多条数")] = 20,
    data: Data = None,
    config: Config = None,
) -> None:
    """检索信息，最新的在前，一行一条 JSON（个人信息已遮盖）。"""
    services = services_of(data, config)
    page = mentions.search(services, SYSTEM, query, limit=limit)
    lines.write(to_dict(hit.mention) for hit in page.hits)
