"""The watchlist (词库): the brands we look for, their aliases, and the words that rule a match out."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Final

from sqlalchemy import JSON, Boolean, Column, Connection, String, Table, insert, select, update

from core import audit
from core.access import Action, Person, require
from core.database import UtcTime, metadata, serialise
from core.errors import ConfigurationError, InvalidInput, NotFound
from core.normalise import fold

brand_table: Final = Table(
    "brand",
    metadata,
    Column("name", String, primary_key=True),
    Column("aliases", JSON, nullable=False),
    Column("ambiguous", JSON, nullable=False),
    Column("exclusions", JSON, nullable=False),
    Column("is_own", Boolean, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
)

# Guess: no brand team was seen with more aliases; the matcher itself takes 5,000 and more.
MOST_WORDS: Final = 2000
# Guess: what a person can read in a list; PostgreSQL's keys end at 2,700 bytes.
LONGEST_NAME: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """name is the identity. ambiguous: aliases that are also plain words (青柠 the fruit).

    exclusions: context words that rule a match out; they apply to the ambiguous aliases, or to all aliases
    when none is called ambiguous. is_own: our brand; False for a rival we compare with.
    """

    name: str
    aliases: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    exclusions: tuple[str, ...] = ()
    is_own: bool = True
    enabled: bool = True


def from_definition(values: Mapping[str, object]) -> Brand:
    """Read one brand of ``tingfeng.yaml`` or of the API. Raises ConfigurationError naming the bad key."""
    known = {item.name for item in fields(Brand)}
    if unknown := sorted(str(key) for key in values if key not in known):
        allowed = "、".join(sorted(known))
        raise ConfigurationError(f"品牌配置有不认识的键：{unknown[0]}；可用：{allowed}", key=unknown[0])
    name = _word(values.get("name", ""), "name")
    if not name:
        raise ConfigurationError("品牌缺少 name", key="name")
    return Brand(
        name=name,
        aliases=_words(values, "aliases"),
        ambiguous=_words(values, "ambiguous"),
        exclusions=_words(values, "exclusions"),
        is_own=_flag(values, "is_own"),
        enabled=_flag(values, "enabled"),
    )


def save(connection: Connection, person: Person, brand: Brand, *, now: datetime) -> Brand:
    """Create or replace a brand. Raises InvalidInput when an alias belongs to another brand already."""
    require(person, Action.MANAGE_BRANDS, brand)
    serialise(connection, "brand")
    _check(brand, all_brands(connection))
    previous = connection.execute(select(brand_table.c.name).where(brand_table.c.name == brand.name)).first()
    values = asdict(brand) | {name: list(getattr(brand, name)) for name in ("aliases", "ambiguous", "exclusions")}
    if previous is None:
        connection.execute(insert(brand_table).values(changed_at=now, **values))
    else:
        connection.execute(update(brand_table).where(brand_table.c.name == brand.name).values(changed_at=now, **values))
    action = "brand.created" if previous is None else "brand.changed"
    audit.record(connection, person=person, action=action, subject=f"brand:{brand.name}", now=now, details=values)
    return brand


def brands(connection: Connection, person: Person) -> tuple[Brand, ...]:
    """All brands by name, for the doors."""
    require(person, Action.READ_BRANDS)
    return all_brands(connection)


def get(connection: Connection, person: Person, name: str) -> Brand:
    """Raises NotFound."""
    require(person, Action.READ_BRANDS)
    for brand in all_brands(connection):
        if brand.name == name:
            return brand
    raise NotFound(f"没有品牌「{name}」", brand=name)


def active(connection: Connection) -> tuple[Brand, ...]:
    """Enabled brands: what the analysis looks for."""
    return tuple(brand for brand in all_brands(connection) if brand.enabled)


def all_brands(connection: Connection) -> tuple[Brand, ...]:
    """All brands by name, for rooms whose caller has checked access."""
    rows = connection.execute(select(brand_table).order_by(brand_table.c.name))
    return tuple(
        Brand(
            name=row.name,
            aliases=tuple(row.aliases),
            ambiguous=tuple(row.ambiguous),
            exclusions=tuple(row.exclusions),
            is_own=row.is_own,
            enabled=row.enabled,
        )
        for row in rows
    )


def version(brands_: Sequence[Brand]) -> str:
    """Stamp stored with each analysis: 12 hex digits of the words, whatever their order."""
    words = sorted(json.dumps(asdict(brand), ensure_ascii=False, sort_keys=True) for brand in brands_)
    return hashlib.sha256("\n".join(words).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _check(brand: Brand, others: Sequence[Brand]) -> None:
    if len(brand.aliases) + len(brand.ambiguous) + len(brand.exclusions) > MOST_WORDS:
        raise InvalidInput(f"一个品牌最多 {MOST_WORDS} 个词", brand=brand.name)
    if len(brand.name) > LONGEST_NAME:
        raise InvalidInput(f"品牌 name 最多 {LONGEST_NAME} 个字", field="name")
    mine = {fold(word) for word in (brand.name, *brand.aliases, *brand.ambiguous)}
    for other in others:
        if other.name == brand.name:
            continue
        for word in (other.name, *other.aliases, *other.ambiguous):
            if fold(word) in mine:
                raise InvalidInput(f"「{word}」已属于品牌「{other.name}」", brand=brand.name, word=word)


def _words(values: Mapping[str, object], key: str) -> tuple[str, ...]:
    given = values.get(key) or []
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise ConfigurationError(f"品牌配置 {key} 应为列表", key=key)
    return tuple(dict.fromkeys(filter(None, (_word(word, key) for word in given))))


def _word(given: object, key: str) -> str:
    """A number is a word, too (models are called 911); YAML's other values are slips."""
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise ConfigurationError(f"品牌配置 {key} 应为文字；yes、no、on、off、空值请加引号", key=key)
    return str(given).strip()


def _flag(values: Mapping[str, object], key: str) -> bool:
    given = values.get(key, True)
    if not isinstance(given, bool):
        raise ConfigurationError(f"品牌配置 {key} 应为 true 或 false", key=key)
    return given
