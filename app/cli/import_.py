"""``tingfeng import``: mentions from a JSONL file into the inbox; repeating it adds nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from app.cli import lines
from app.cli.options import Config, Data, services_of
from core import inbox, intake
from core.errors import InvalidInput, TingfengError
from core.mention import Mention, from_dict, mention_id
from core.normalise import canonical_url
from response.services import Services

command = typer.Typer(add_completion=False)

BATCH: Final = 500
# What the store says about a mention; a file cannot.
OWN_FIELDS: Final = ("revision", "order_key", "indexed_at", "alerted_at", "analysis", "status", "id", "canonical_url")


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
        return complete(values, source=source, now=now, author_key=author_key)
    except TingfengError as error:
        return lines.error_line(values.get("id"), error)


def complete(
    values: dict[str, Any],  # Any: decoded JSON
    *,
    source: str,
    now: datetime,
    author_key: str | None,
) -> Mention:
    """Derive id and canonical address, fill source and ``seen_at``, hash the author. Raises InvalidInput."""
    url = values.get("url")
    if not isinstance(url, str):
        raise InvalidInput("缺少 url", field="url")
    canonical = canonical_url(url)
    given = {key: value for key, value in values.items() if key not in OWN_FIELDS}
    given.setdefault("seen_at", now)
    mention = from_dict({"source": source, **given, "id": "", "canonical_url": canonical})
    identity = mention_id(canonical, mention.native_id)
    whole = replace(mention, id=identity, seen_by=mention.seen_by or (mention.source,))
    return intake.admit(whole, author_key=author_key)
