"""What ``tingfeng source propose`` prints: tables for a person on stderr, a source file with its reasons on stdout."""

import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from crawler.trial import Shown, Trial

_MEANINGS: Final = {
    "item": "列表页里重复的节点",
    "link": "节点里指向正文页的链接（不写则为第一个链接）",
    "next_page": "下一页",
    "title": "标题",
    "text": "正文",
    "author": "作者",
    "published_at": "发布时间",
    "native_id": "网站自己的编号",
    "on_list": "各条的全文就在列表上，不打开正文页",
    "items": "条目的列表",
}
_LONGEST_SHOWN: Final = 60
_COLUMNS: Final = {"title": "标题", "author": "作者", "published_at": "时间", "url": "网址", "text": "开头"}


def definition(trial: Trial) -> dict[str, Any]:  # Any: values of several types
    """What is saved: complete, with name and, for an inner address, the permission it was tried with."""
    source = trial.source
    inner = {"allow_private": True, "crawl_delay_seconds": source.crawl_delay_seconds} if source.allow_private else {}
    given = {key: value for key, value in inner.items() if value is not None}
    return {"name": source.name} | (trial.definition or {}) | given


def written(trial: Trial) -> str:
    """The source file, commented; values are JSON, which YAML reads."""
    return "\n".join([*_remarks(trial), *_keys(definition(trial), "")]) + "\n"


def _remarks(trial: Trial) -> Iterator[str]:
    yield f"# {trial.said}"
    yield from (f"# {_line(note)}" for note in trial.notes)
    yield from (f"# 也可以用 kind: {door.kind}，url: {_line(door.url)}（{_line(door.words)}）" for door in trial.doors)


def _line(text: str) -> str:
    """What a site wrote must neither end the comment nor steer the terminal."""
    return "".join(character if character.isprintable() else " " for character in text)[:300]


def _keys(values: dict[str, Any], indent: str) -> Iterator[str]:  # Any: as above
    for key, value in values.items():
        if isinstance(value, dict):
            yield f"{indent}{key}:"
            yield from _keys(value, f"{indent}  ")
        else:
            meaning = f"  # {_MEANINGS[key]}" if indent and key in _MEANINGS else ""
            yield f"{indent}{key}: {json.dumps(value, ensure_ascii=False)}{meaning}"


def tell(trial: Trial) -> None:
    """Show a person what was found; nothing where nobody watches."""
    console = Console(file=sys.stderr, highlight=False, markup=False)
    if not console.is_terminal:
        return
    console.print(f"识别为：{trial.said}；共请求 {trial.requests} 次")
    _show(console, f"列表上的前 {len(trial.items)} 条（共 {trial.count} 条）", trial.items)
    if trial.details:
        _show(console, "打开看到的", trial.details)
    for remark in [
        *trial.notes,
        *(f"也可以用 kind: {door.kind}，url: {door.url}（{door.words}）" for door in trial.doors),
    ]:
        console.print(_line(remark))


def _show(console: Console, title: str, rows: Sequence[Shown]) -> None:
    """Without the columns that are empty in every row; times to the minute, which is what fits."""
    lines = [row.as_line() for row in rows]
    columns = [(name, heading) for name, heading in _COLUMNS.items() if any(values[name] for values in lines)]
    table = Table(*(heading for _, heading in columns), title=title, title_justify="left")
    for values in lines:
        table.add_row(*(_cell(name, str(values[name] or "—")) for name, _ in columns))
    console.print(table)


def _cell(name: str, value: str) -> str:
    if name == "published_at":
        return value[:16].replace("T", " ")
    text = _line(" ".join(value.split()))
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
