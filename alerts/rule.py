"""Alert rules: what counts as unusual for a brand. Data in the state database, changed with an audit row."""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Boolean, Column, Connection, Float, Integer, String, Table, Text, insert, select, update

from core import audit
from core.access import Action, Person, require
from core.database import UtcTime, metadata, serialise
from core.errors import ConfigurationError, InvalidInput, NotFound
from index import query as index_query

rule_table: Final = Table(
    "alert_rule",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("brand", String, nullable=False),
    Column("query", Text, nullable=False),
    Column("window_minutes", Integer, nullable=False),
    Column("minimum_count", Integer, nullable=False),
    Column("minimum_share_negative", Float, nullable=False),
    Column("factor", Float, nullable=False),
    Column("cooldown_hours", Integer, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
)


class RuleKind(StrEnum):
    """Which detector judges."""

    NEGATIVE_BURST = "negative_burst"


# Source: docs/decisions/003, alerts: at least 6 negatives, half of the window as long as campaign posts are not told
# apart (then 40 % will do). Measured on 15 synthetic streams: 40 % gives F1 .55, 50 % gives .61.
MINIMUM_COUNT: Final = 6
MINIMUM_SHARE_NEGATIVE: Final = 0.5
# Source: docs/decisions/003, alerts: mute for 12 to 24 hours.
COOLDOWN_HOURS: Final = 12
# Source: docs/decisions/003, levels, yellow: three times the usual count of the hour.
FACTOR: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """query: further expression of ``index.query``, may be empty. minimum_count: negative mentions in the window.

    window_minutes: 5-1440. minimum_share_negative: 0-1. factor: times the usual negative count, at least 1.
    cooldown_hours: 0-168, how long the same alert is not announced again unless it grows.
    """

    id: str
    name: str
    kind: RuleKind = RuleKind.NEGATIVE_BURST
    brand: str
    query: str = ""
    window_minutes: int = 60
    minimum_count: int = MINIMUM_COUNT
    minimum_share_negative: float = MINIMUM_SHARE_NEGATIVE
    factor: float = FACTOR
    cooldown_hours: int = COOLDOWN_HOURS
    enabled: bool = True


# Lowest and highest value of each number. Guess: wide enough for every use seen, narrow enough to catch a slip.
RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "window_minutes": (5, 1440),
    "minimum_count": (1, 100_000),
    "minimum_share_negative": (0, 1),
    "factor": (1, 1000),
    "cooldown_hours": (0, 168),
}
# Guess: a brand's longest name and the words of a default rule; PostgreSQL's keys end at 2,700 bytes.
LONGEST_NAME: Final = 120
_TEXTS: Final = frozenset({"id", "name", "kind", "brand", "query"})
_FLOATS: Final = frozenset({"minimum_share_negative", "factor"})


def default_rules(brand: str) -> tuple[AlertRule, ...]:
    """What a new brand starts with."""
    return (AlertRule(id=rule_id(brand, RuleKind.NEGATIVE_BURST), name=f"{brand}负面突增", brand=brand),)


def rule_id(brand: str, kind: RuleKind, name: str = "") -> str:
    """Id of a rule that was given none: the same definition read again is the same rule."""
    digest = hashlib.sha256("\x1f".join((brand, kind, name)).encode()).hexdigest()
    return f"{kind.replace('_', '-')}-{digest[:8]}"


def from_definition(values: Mapping[str, object]) -> AlertRule:
    """Read one rule of ``tingfeng.yaml`` or of the API. Raises ConfigurationError naming the bad key."""
    known = {item.name for item in fields(AlertRule)}
    if unknown := sorted(str(key) for key in values if key not in known):
        raise ConfigurationError(
            f"预警规则有不认识的键：{unknown[0]}；可用：{'、'.join(sorted(known))}", key=unknown[0]
        )
    given = {key: _value(key, value) for key, value in values.items()}
    if not given.get("brand"):
        raise ConfigurationError("预警规则缺少 brand", key="brand")
    brand, name = str(given["brand"]), str(given.get("name") or "")
    kind = RuleKind(str(given.get("kind", RuleKind.NEGATIVE_BURST)))
    given |= {
        "id": given.get("id") or rule_id(brand, kind, name),
        "name": name or f"{brand}负面突增",
        "kind": kind,
    }
    return AlertRule(**given)  # type: ignore[arg-type]  # _value has checked each key's type


def save(connection: Connection, person: Person, rule: AlertRule, *, now: datetime) -> AlertRule:
    """Create or replace a rule; an equal one changes nothing.

    Raises InvalidInput for a value out of range, InvalidQuery for a bad expression.
    """
    require(person, Action.MANAGE_RULES, rule)
    _check(rule, now)
    serialise(connection, "rule")
    before = _find(connection, rule.id)
    if before == rule:
        return rule
    values = asdict(rule)
    if before is None:
        connection.execute(insert(rule_table).values(changed_at=now, **values))
    else:
        connection.execute(update(rule_table).where(rule_table.c.id == rule.id).values(changed_at=now, **values))
    action = "rule.created" if before is None else "rule.changed"
    audit.record(connection, person=person, action=action, subject=f"rule:{rule.id}", now=now, details=values)
    return rule


def list_all(connection: Connection, person: Person) -> tuple[AlertRule, ...]:
    """All rules by brand and name, for the doors."""
    require(person, Action.READ_ALERTS)
    return _all(connection)


def get(connection: Connection, person: Person, id_: str) -> AlertRule:
    """Raises NotFound."""
    require(person, Action.READ_ALERTS)
    rule = _find(connection, id_)
    if rule is None:
        raise NotFound(f"没有预警规则「{id_}」", rule=id_)
    return rule


def active(connection: Connection) -> tuple[AlertRule, ...]:
    """Enabled rules: what is evaluated."""
    return tuple(rule for rule in _all(connection) if rule.enabled)


def cooldown_hours(connection: Connection, id_: str) -> int:
    """Cool-down of a rule; the default when the rule is gone."""
    rule = _find(connection, id_)
    return COOLDOWN_HOURS if rule is None else rule.cooldown_hours


def _find(connection: Connection, id_: str) -> AlertRule | None:
    return next((rule for rule in _all(connection) if rule.id == id_), None)


def _all(connection: Connection) -> tuple[AlertRule, ...]:
    columns = [rule_table.c[item.name] for item in fields(AlertRule)]
    rows = connection.execute(select(*columns).order_by(rule_table.c.brand, rule_table.c.name, rule_table.c.id))
    return tuple(AlertRule(**(dict(row._mapping) | {"kind": RuleKind(row.kind)})) for row in rows)


def _check(rule: AlertRule, now: datetime) -> None:
    for key in ("id", "name", "brand"):
        if not getattr(rule, key).strip():
            raise InvalidInput(f"预警规则缺少 {key}", key=key)
        if len(getattr(rule, key)) > LONGEST_NAME:
            raise InvalidInput(f"预警规则 {key} 最多 {LONGEST_NAME} 个字", key=key)
    for key, (lowest, highest) in RANGES.items():
        if not lowest <= getattr(rule, key) <= highest:
            raise InvalidInput(f"预警规则 {key} 应在 {lowest} 到 {highest} 之间", key=key)
    if rule.query.strip():
        index_query.parse(rule.query, now=now)


def _value(key: str, value: object) -> object:
    if key in _TEXTS:
        if not isinstance(value, str):
            raise ConfigurationError(f"预警规则 {key} 应为文字", key=key)
        if key == "kind" and value not in set(RuleKind):
            raise ConfigurationError(f"预警规则 kind 应为：{'、'.join(RuleKind)}", key=key)
        return value.strip()
    if key == "enabled":
        if not isinstance(value, bool):
            raise ConfigurationError("预警规则 enabled 应为 true 或 false", key=key)
        return value
    return _number(key, value)


def _number(key: str, value: object) -> float:
    """Also from text: ``0.40`` is not a number to ``core.plain_yaml``."""
    if isinstance(value, str):
        with suppress(ValueError):
            value = float(value) if key in _FLOATS else int(value)
    is_number = isinstance(value, (int, float) if key in _FLOATS else int) and not isinstance(value, bool)
    lowest, highest = RANGES[key]
    if not is_number or not lowest <= value <= highest:  # type: ignore[operator]  # checked in the same line
        kind = "数" if key in _FLOATS else "整数"
        raise ConfigurationError(f"预警规则 {key} 应为 {lowest} 到 {highest} 之间的{kind}", key=key)
    return value  # type: ignore[return-value]  # as above
