"""``tingfeng.yaml``: the whole file and each entry, as applying it would read them, with the line of a mistake."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import httpx

from app import configuration
from app.checkup.check import Check, bad, good, warning
from core.database import Database

TITLES: Final = {"brands": "品牌", "sources": "来源", "rules": "规则", "channels": "通知渠道"}


def check(path: Path, *, is_demanded: bool) -> Iterator[Check]:
    """Whether the file can be read at all. is_demanded: it was named, so it must be there."""
    if not path.exists() and not is_demanded:
        yield warning("配置文件", f"没有 {path}", "用 tingfeng init 生成一份")
        return
    configuration.read(path)
    yield good("配置文件", str(path))


def entries(database: Database, path: Path, *, now: datetime) -> Iterator[Check]:
    """One line per section: what applying the file says to it; then whether the product works with the file."""
    read = configuration.read(path)
    refused = configuration.try_out(database, read, now=now)
    problems = [(one.section, one.line, one.error.message) for one in refused]
    problems += _addresses(read)
    for section, title in TITLES.items():
        wrong = [f"第 {line} 行：{message}" for place, line, message in problems if place == section]
        name = f"配置文件 {section}"
        is_well = good(name, f"{title} {len(read.sections[section])} 项")
        yield bad(name, "；".join(wrong), f"改正 {path}") if wrong else is_well
    if not problems:
        yield _applied(database, read)


def _applied(database: Database, read: configuration.Configuration) -> Check:
    if configuration.is_applied(database, read):
        return good("配置生效", "配置文件已写入系统")
    return warning("配置生效", "配置文件还没有写入系统", "启动 tingfeng serve，或运行 tingfeng apply")


def _addresses(read: configuration.Configuration) -> Iterator[tuple[str, int, str]]:
    """A webhook's address is looked at only when something is sent: too late for a slip of the pen."""
    for entry in read.sections["channels"]:
        options = entry.get("options")
        url = options.get("url") if isinstance(options, Mapping) else None
        if isinstance(url, str) and url and not is_address(url):
            said = f"渠道「{entry.get('name')}」的 url 应以 http:// 或 https:// 开头并带主机名"
            yield "channels", entry.line, said


def is_address(url: str) -> bool:
    """Syntax only: nothing is looked up."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError):
        return False
    return parsed.scheme in ("http", "https") and bool(parsed.host)
