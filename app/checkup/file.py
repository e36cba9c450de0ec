"""``tingfeng.yaml``: the whole file and each entry, as applying it would read them, with the line of a mistake."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx
import yaml

from alerts import channel, rule
from app import configuration
from app.checkup.check import Check, bad, good, warning
from core import watchlist
from core.database import Database
from core.errors import ConfigurationError, TingfengError
from crawler import definition

TITLES: Final = {"brands": "品牌", "sources": "来源", "rules": "规则", "channels": "通知渠道"}


def _channel(values: Mapping[str, Any]) -> None:  # Any: decoded YAML
    """A webhook's address is looked at only when something is sent: too late for a slip of the pen."""
    config = channel.from_definition(values)
    url = config.options.get("url")
    if url is not None and not is_address(str(url)):
        raise ConfigurationError(f"渠道「{config.name}」的 url 应以 http:// 或 https:// 开头并带主机名", key="url")


READERS: Final[Mapping[str, Callable[[Mapping[str, Any]], object]]] = {  # Any: as above
    "brands": watchlist.from_definition,
    "sources": definition.from_definition,
    "rules": rule.from_definition,
    "channels": _channel,
}


def check(path: Path, *, is_demanded: bool) -> Iterator[Check]:
    """One line for the file and one per section. is_demanded: it was named, so it must be there."""
    if not path.exists() and not is_demanded:
        yield warning("配置文件", f"没有 {path}", "用 tingfeng init 生成一份")
        return
    read = configuration.read(path)
    yield good("配置文件", str(path))
    lines = _lines(path)
    for section, title in TITLES.items():
        entries = read.sections[section]
        # A section that is merged in from elsewhere in the file has no lines of its own.
        places = lines.get(section) or ["?"] * len(entries)
        wrong = [
            f"第 {place} 行：{problem}"
            for entry, place in zip(entries, places, strict=True)
            if (problem := _problem(section, entry))
        ]
        name = f"配置文件 {section}"
        yield bad(name, "；".join(wrong), f"改正 {path}") if wrong else good(name, f"{title} {len(entries)} 项")


def is_applied(database: Database, path: Path) -> Iterator[Check]:
    """Whether the product works with what the file says."""
    if configuration.is_applied(database, configuration.read(path)):
        yield good("配置生效", "配置文件已写入系统")
    else:
        yield warning("配置生效", "配置文件还没有写入系统", "启动 tingfeng serve，或运行 tingfeng apply")


def is_address(url: str) -> bool:
    """Syntax only: nothing is looked up."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError):
        return False
    return parsed.scheme in ("http", "https") and bool(parsed.host)


def _problem(section: str, entry: Mapping[str, Any]) -> str:  # Any: as above
    try:
        READERS[section](entry)
    except TingfengError as error:
        return error.message
    return ""


def _lines(path: Path) -> dict[str, list[str]]:
    """The line on which each entry of a section begins."""
    root = yaml.compose(path.read_text(encoding="utf-8-sig"))
    pairs = root.value if isinstance(root, yaml.MappingNode) else ()
    return {
        key.value: [str(node.start_mark.line + 1) for node in value.value]
        for key, value in pairs
        if isinstance(value, yaml.SequenceNode)
    }
