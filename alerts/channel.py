"""Channels (通知渠道): where people are told. Data in the state database, changed with an audit row.

Secrets are stored with the channel because signing needs them; nothing but ``active`` returns them unmasked.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit, urlunsplit

from sqlalchemy import JSON, Boolean, Column, Connection, Row, String, Table, insert, select, update

from alerts.level import Level
from core import audit
from core.access import Action, Person, require
from core.database import UtcTime, metadata, serialise
from core.errors import ConfigurationError, InvalidInput, TingfengError

channel_table: Final = Table(
    "channel",
    metadata,
    Column("name", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("options", JSON, nullable=False),
    Column("minimum_level", String, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
)


class ChannelKind(StrEnum):
    """WEBHOOK: signed JSON to an address. LOG: a line in the data folder."""

    WEBHOOK = "webhook"
    LOG = "log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """type: of the value. is_secret: never shown."""

    type: type[str] | type[bool]
    is_required: bool = False
    is_secret: bool = False


OPTIONS: Final[Mapping[ChannelKind, Mapping[str, Option]]] = {
    ChannelKind.WEBHOOK: {
        "url": Option(type=str, is_required=True),
        "secret": Option(type=str, is_required=True, is_secret=True),
        "allow_private": Option(type=bool),
    },
    ChannelKind.LOG: {},
}
MASKED: Final = "******"
# Guess: what a person can read in a list; PostgreSQL's keys end at 2,700 bytes.
LONGEST_NAME: Final = 100

_Choice = TypeVar("_Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelConfig:
    """name is the identity. minimum_level: lower alerts are not sent here; blue belongs to the digest."""

    name: str
    kind: ChannelKind
    options: Mapping[str, object] = field(default_factory=dict)
    minimum_level: Level = Level.YELLOW
    enabled: bool = True


def from_definition(values: Mapping[str, object]) -> ChannelConfig:
    """Read one channel of ``tingfeng.yaml`` or of the API. Raises ConfigurationError naming the bad key."""
    known = {item.name for item in fields(ChannelConfig)}
    if unknown := sorted(str(key) for key in values if key not in known):
        raise ConfigurationError(
            f"通知渠道有不认识的键：{unknown[0]}；可用：{'、'.join(sorted(known))}", key=unknown[0]
        )
    enabled = values.get("enabled", True)
    if not isinstance(enabled, bool):
        raise ConfigurationError("通知渠道 enabled 应为 true 或 false", key="enabled")
    options = values.get("options") or {}
    if not isinstance(options, Mapping):
        raise ConfigurationError("通知渠道 options 应为键值", key="options")
    config = ChannelConfig(
        name=str(values.get("name") or "").strip(),
        kind=_choice(ChannelKind, values.get("kind"), "kind"),
        options=dict(options),
        minimum_level=_choice(Level, values.get("minimum_level", Level.YELLOW), "minimum_level"),
        enabled=enabled,
    )
    _check(config, ConfigurationError)
    return config


def save(connection: Connection, person: Person, config: ChannelConfig, *, now: datetime) -> ChannelConfig:
    """Create or replace a channel and return it masked; a masked option keeps the value it stands for.

    An equal channel changes nothing. Raises InvalidInput for a bad or missing option.
    """
    require(person, Action.MANAGE_CHANNELS, config)
    serialise(connection, "channel")
    before = next((known for known in _all(connection) if known.name == config.name), None)
    if before is not None:
        config = _unmasked(config, before)
    _check(config, InvalidInput)
    if config == before:
        return masked(config)
    values = asdict(config) | {"changed_at": now}
    if before is None:
        connection.execute(insert(channel_table).values(values))
    else:
        connection.execute(update(channel_table).where(channel_table.c.name == config.name).values(values))
    action = "channel.created" if before is None else "channel.changed"
    shown = masked(config)
    audit.record(
        connection, person=person, action=action, subject=f"channel:{config.name}", now=now, details=asdict(shown)
    )
    return shown


def list_all(connection: Connection, person: Person) -> tuple[ChannelConfig, ...]:
    """All channels by name, masked, for the doors."""
    require(person, Action.MANAGE_CHANNELS)
    return tuple(masked(config) for config in _all(connection))


def active(connection: Connection) -> tuple[ChannelConfig, ...]:
    """Enabled channels with their secrets: for sending, never for showing."""
    return tuple(config for config in _all(connection) if config.enabled)


def masked(config: ChannelConfig) -> ChannelConfig:
    """Without secrets: those options, and passwords and parameters of addresses (robots carry their key there)."""
    return replace(config, options={key: _shown(config.kind, key, value) for key, value in config.options.items()})


def _shown(kind: ChannelKind, key: str, value: object) -> object:
    option = OPTIONS[kind].get(key)
    if option is None or option.is_secret:
        return MASKED
    if key != "url" or not isinstance(value, str):
        return value
    try:
        parts = urlsplit(value)
    except ValueError:
        return MASKED
    place = f"{MASKED}@{parts.netloc.rpartition('@')[2]}" if "@" in parts.netloc else parts.netloc
    return urlunsplit((parts.scheme, place, parts.path, MASKED if parts.query else "", ""))


def _unmasked(config: ChannelConfig, before: ChannelConfig) -> ChannelConfig:
    """Options that come back as they were shown keep their stored value."""
    shown = masked(before).options
    options = {
        key: before.options[key] if key in shown and value == shown[key] else value
        for key, value in config.options.items()
    }
    return replace(config, options=options)


def _check(config: ChannelConfig, error: type[TingfengError]) -> None:
    if not config.name.strip():
        raise error("通知渠道缺少 name", key="name")
    if len(config.name) > LONGEST_NAME:
        raise error(f"通知渠道 name 最多 {LONGEST_NAME} 个字", key="name")
    known = OPTIONS[config.kind]
    for key, value in config.options.items():
        if key not in known:
            raise error(f"{config.kind} 渠道没有选项 {key}；可用：{'、'.join(known) or '无'}", key=key)
        if not isinstance(value, known[key].type):
            wanted = "文字" if known[key].type is str else " true 或 false"
            raise error(f"{config.kind} 渠道的 {key} 应为{wanted}", key=key)
    for key, option in known.items():
        if option.is_required and not config.options.get(key):
            raise error(f"{config.kind} 渠道缺少 {key}", key=key)


def _choice(kind: type[_Choice], value: object, key: str) -> _Choice:
    if not isinstance(value, str) or value not in set(kind):
        raise ConfigurationError(f"通知渠道 {key} 应为：{'、'.join(kind)}", key=key)
    return kind(value)


def _all(connection: Connection) -> tuple[ChannelConfig, ...]:
    rows = connection.execute(select(channel_table).order_by(channel_table.c.name))
    return tuple(_config(row) for row in rows)


def _config(row: Row[Any]) -> ChannelConfig:  # Any: a Core row
    return ChannelConfig(
        name=row.name,
        kind=ChannelKind(row.kind),
        options=row.options,
        minimum_level=Level(row.minimum_level),
        enabled=row.enabled,
    )
