"""``tingfeng.yaml``: brands, sources, rules, channels and the public address, applied to the state database.

A file is applied when its content changed since it was applied last, so that what people edit in the pages
meanwhile is not overwritten at every start. Whatever the file does not name stays as it is.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Column, Connection, String, Table, insert, select

from alerts import channel, rule
from core import plain_yaml, watchlist
from core.access import SYSTEM
from core.database import Database, UtcTime, metadata, refusal, serialise, unstorable
from core.errors import ConfigurationError, UserError
from core.plain_yaml import Located
from crawler import definition, sources, tier
from crawler.tier import Tiers

applied_table: Final = Table(
    "applied_configuration",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("applied_at", UtcTime, nullable=False),
)

SECTIONS: Final = ("brands", "sources", "rules", "channels")


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The file, decoded; each section is a list of mappings that its room reads. tiers: those of the file beside it."""

    public_url: str | None
    tiers: Tiers | None
    sections: Mapping[str, tuple[Located, ...]]
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An entry that cannot be applied, and why. line: where it begins."""

    section: str
    line: int
    error: ConfigurationError | UserError


def read(path: Path) -> Configuration:
    """Raises ConfigurationError naming file, line or key."""
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigurationError(f"找不到配置文件 {path}；用 tingfeng init 生成一份") from error
    except OSError as error:
        raise ConfigurationError(f"配置文件 {path} 无法读取") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"配置文件 {path} 不是 UTF-8 编码") from error
    beside = path.with_name(tier.FILE)
    tiers = tier.read(beside) if beside.is_file() else None
    digest = hashlib.sha256(raw + (repr(sorted(tiers.items())).encode() if tiers else b"")).hexdigest()
    return _checked(path, plain_yaml.load(text, f"配置文件 {path} "), tiers, digest)


def apply_if_changed(database: Database, path: Path, *, now: datetime) -> bool:
    """Apply the file unless exactly this content was the last applied; True when it was."""
    configuration = read(path)
    if is_applied(database, configuration):
        return False
    apply(database, configuration, now=now)
    return True


def is_applied(database: Database, configuration: Configuration) -> bool:
    """Whether exactly this content was the last applied."""
    newest = select(applied_table.c.digest).order_by(applied_table.c.applied_at.desc()).limit(1)
    with database.read() as connection:
        return bool(connection.scalar(newest) == configuration.digest)


def apply(database: Database, configuration: Configuration, *, now: datetime) -> None:
    """Apply all sections in one transaction. Raises ConfigurationError with the line: then nothing is applied."""
    with database.write() as connection:
        for refused in _saved(connection, configuration, now):
            message = f"配置文件第 {refused.line} 行起的一项：{refused.error.message}"
            raise ConfigurationError(message) from refused.error
        _default_rules(connection, now)
        connection.execute(applied_table.delete().where(applied_table.c.digest == configuration.digest))
        connection.execute(insert(applied_table).values(digest=configuration.digest, applied_at=now))


def try_out(database: Database, configuration: Configuration, *, now: datetime) -> tuple[Refused, ...]:
    """Every entry that ``apply`` would refuse with what is stored at this moment; nothing is kept."""
    with database.write() as connection:
        refused = tuple(_saved(connection, configuration, now))
        connection.rollback()
    return refused


def _saved(connection: Connection, configuration: Configuration, now: datetime) -> Iterator[Refused]:
    """Save entry by entry; an entry that is refused changes nothing."""
    savers: Mapping[str, Callable[[Mapping[str, Any]], object]] = {  # Any: decoded YAML
        "brands": lambda values: watchlist.save(connection, SYSTEM, watchlist.from_definition(values), now=now),
        "sources": lambda values: sources.save(
            connection, SYSTEM, definition.from_definition(values, configuration.tiers), now=now
        ),
        "rules": lambda values: rule.save(connection, SYSTEM, rule.from_definition(values), now=now),
        "channels": lambda values: channel.save(connection, SYSTEM, channel.from_definition(values), now=now),
    }
    serialise(connection, "configuration")
    for section in SECTIONS:
        for values in configuration.sections[section]:
            try:
                savers[section](values)
            except (ConfigurationError, UserError) as error:
                yield Refused(section=section, line=values.line, error=error)


def _default_rules(connection: Connection, now: datetime) -> None:
    """A brand of our own is never without a rule."""
    covered = {known.brand for known in rule.list_all(connection, SYSTEM)}
    for brand in watchlist.active(connection):
        if brand.is_own and brand.name not in covered:
            for default in rule.default_rules(brand.name):
                rule.save(connection, SYSTEM, default, now=now)


def _checked(path: Path, values: object, tiers: Tiers | None, digest: str) -> Configuration:
    values = {} if values is None else values
    if not isinstance(values, dict):
        raise ConfigurationError(f"配置文件 {path} 的最外层应为 键: 值")
    if (place := unstorable(values)) is not None:
        raise ConfigurationError(refusal(f"配置文件 {path} 的 {place}"))
    known = {"public_url", *SECTIONS}
    if unknown := sorted(str(key) for key in values if key not in known):
        raise ConfigurationError(f"配置文件 {path} 有不认识的键：{unknown[0]}；可用：{'、'.join(sorted(known))}")
    public_url = values.get("public_url")
    if public_url is not None and not (isinstance(public_url, str) and public_url.startswith(("http://", "https://"))):
        raise ConfigurationError(f"配置文件 {path} 的 public_url 应以 http:// 或 https:// 开头")
    sections = {section: _entries(path, section, values.get(section)) for section in SECTIONS}
    return Configuration(public_url=public_url, tiers=tiers, sections=sections, digest=digest)


def _entries(path: Path, section: str, given: object) -> tuple[Located, ...]:
    entries = [] if given is None else given
    if not isinstance(entries, list) or not all(isinstance(entry, Located) for entry in entries):
        raise ConfigurationError(f"配置文件 {path} 的 {section} 应为列表，每项以 “- name:” 开头")
    return tuple(entries)
