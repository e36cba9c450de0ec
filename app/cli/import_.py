"""``tingfeng import``: mentions from a JSONL file into the inbox; repeating it adds nothing."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from app.cli import lines
from app.cli.options import Config, Data, services_of
from core import inbox, intake
from core.errors import TingfengError
from core.mention import Mention
from response.services import Services

command = typer.Typer(add_completion=False)

BATCH: Final = 500


@command.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(help="JSONL 文件，- 为标准输入；每行至少有 url 和 text（或 title）")],
    source: Annotated[str, typer.Option(help="来源名")] = "import",
    data: Data = None,
    config: Config = None,
) -> None:
    """导入信息：每行输出一个结果（new、changed、repeated 或 error）。"""
    services = services_of(data, config)
    lines.write(_results(services, file, source))


def _results(services: Services, file: Path, source: str) -> Iterator[dict[str, object]]:
    batch: list[Mention | dict[str, object]] = []
    author_key = intake.author_key(services.settings)
    for values in lines.read(file):
        batch.append(_mention(values, source, services.now(), author_key))
        if len(batch) == BATCH:
            yield from _stored(services, batch)
            batch = []
    yield from _stored(services, batch)


def _stored(services: Services, batch: list[Mention | dict[str, object]]) -> Iterator[dict[str, object]]:
    with services.database.write() as connection:
        result = inbox.put(connection, [item for item in batch if isinstance(item, Mention)], now=services.now())
    status = dict.fromkeys(result.changed, "changed") | dict.fromkeys(result.new, "new")
    for item in batch:
        # A line that names the same mention again is a repetition of the first.
        yield item if isinstance(item, dict) else {"id": item.id, "status": status.pop(item.id, "repeated")}


def _mention(
    values: dict[str, Any] | TingfengError,  # Any: decoded JSON
    source: str,
    now: datetime,
    author_key: str | None,
) -> Mention | dict[str, object]:
    if isinstance(values, TingfengError):
        return lines.error_line(None, values)
    try:
        return intake.complete(values, source=source, now=now, author_key=author_key)
    except TingfengError as error:
        return lines.error_line(values.get("id"), error)
