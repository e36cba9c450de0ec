"""``tingfeng forget``: deletion on request, by author or address."""

from typing import Annotated

import typer

from app.cli import lines
from app.cli.options import Config, Data, services_of
from core import deletion, evidence, intake
from core.access import SYSTEM

command = typer.Typer(add_completion=False)


@command.command()
def forget(
    author: Annotated[str | None, typer.Option(help="作者名或作者编号（与网站显示的一致）", show_default=False)] = None,
    url: Annotated[str | None, typer.Option(help="网址", show_default=False)] = None,
    reason: Annotated[str, typer.Option(help="理由，记入审计", show_default=False)] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只列出会删除哪些，不删除")] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """按作者或网址删除信息及其历史版本、截图和索引，以后采集到也不再收录。"""
    services = services_of(data, config)
    wanted = deletion.Request(author=author, url=url)
    with services.database.write() as connection:
        found = deletion.find(connection, SYSTEM, wanted, author_key=intake.author_key(services.settings))
        if not dry_run:
            deletion.delete(connection, SYSTEM, found, reason=reason, now=services.now())
    with services.database.write() as connection:
        evidence.sweep(connection, services.settings.data_dir)
    state = "found" if dry_run else "deleted"
    lines.write({"id": mention.id, "url": mention.url, "status": state} for mention in found)
