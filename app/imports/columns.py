"""Which column is which field: by the names in columns.yaml, by a preset, by what the user says.

What is not taken over is listed with the reason, so that nobody believes it was.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Final

from app.imports.table import Row, Table, is_blank
from core import plain_yaml
from core.errors import InvalidInput
from core.mention import Kind, Platform
from core.normalise import fold

FILE: Final = Path(__file__).with_name("columns.yaml")
GENERAL: Final = "general"
FIELDS: Final = (
    "title", "text", "url", "platform", "source", "author", "author_id", "followers", "region", "store",
    "published_at", "counted_at", "views", "comments", "likes", "reposts", "native_id",
)  # fmt: skip
# A table has these when it is understood.
_CORE: Final = (("title", "text"), ("url", "native_id"), ("published_at",), ("platform", "source"))
_UNKNOWN: Final = "不认识的列"
_BRACKET: Final = re.compile(r"\([^()]*\)$")


@dataclass(frozen=True, slots=True)
class Choice:
    """What the user says: field → columns, a preset, a sheet."""

    columns: tuple[tuple[str, str], ...] = ()
    preset: str | None = None
    sheet: str | None = None

    def knows(self, name: str) -> bool:
        """Whether a header would have this name."""
        return key(name) in _all_names() or any(key(column) == key(name) for _, column in self.columns)


@dataclass(frozen=True, slots=True)
class Preset:
    """A shape of exports. values: hold for every row. is_shared: several mentions stand at one address."""

    name: str
    label: str
    marks: frozenset[str]
    fields: Mapping[str, Sequence[str]]
    values: Mapping[str, str]
    is_shared: bool


@dataclass(frozen=True, slots=True)
class Mapped:
    """fields: field → places of its columns, first choice first. left_out: name of a column → why.

    confidence: 0-1, how much of the header was understood.
    """

    preset: Preset
    fields: Mapping[str, tuple[int, ...]]
    left_out: Mapping[str, str]
    confidence: float

    @property
    def certainty(self) -> str:
        """In a word."""
        return "高" if self.confidence >= 0.8 else "中" if self.confidence >= 0.5 else "低"


@cache
def vocabulary() -> Any:  # Any: decoded YAML of our own
    """The package's own file."""
    return plain_yaml.load(FILE.read_text(encoding="utf-8"), FILE.name)


@cache
def presets() -> Mapping[str, Preset]:
    """By name, ``general`` first."""
    return {
        name: Preset(
            name,
            values["label"],
            frozenset(map(key, values.get("marks", ()))),
            values.get("fields", {}),
            values.get("values", {}),
            bool(values.get("several_at_one_address", False)),
        )
        for name, values in vocabulary()["presets"].items()
    }


def key(name: str) -> str:
    """A column's name as names are compared: 发布时间 （北京时间） and *发布时间： are one, 阅读数(万) is another."""
    plain = "".join(fold(name).split()).strip("*:：_-").replace("_", "")
    bracket = _BRACKET.search(plain)
    return plain[: bracket.start()] if bracket and "万" not in bracket[0] else plain


def map_columns(table: Table, choice: Choice) -> Mapped:
    """Raises InvalidInput when a column that was named is not there, or neither title nor text is found."""
    given = _given(table.columns, choice)
    preset = _preset(table.columns, choice)
    keys = [key(name) for name in table.columns]
    taken = {place for places in given.values() for place in places}
    fields = dict(given)
    for field in FIELDS:
        if field not in given:
            places = tuple(place for place in _places(field, preset, keys) if place not in taken)
            fields[field] = places if field in ("title", "text") else places[:1]
            taken |= set(fields[field])
    fields = {field: places for field, places in fields.items() if places}
    if not {"title", "text"} & fields.keys():
        raise _no_text(table)
    reasons = _reasons(table.columns, taken)
    return Mapped(preset, fields, reasons, _confidence(table.columns, fields, reasons))


def field_names(mapped: Mapped, columns: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(field, columns) for people."""
    for field in FIELDS:
        if field in mapped.fields:
            yield field, "、".join(columns[place] for place in mapped.fields[field])


def platform_of(word: str) -> Platform | None:
    """What the export calls a platform: the whole cell, then the longest known word in it."""
    cell = "".join(fold(word).split())
    known = _platform_words()
    if cell in known:
        return known[cell]
    return next((known[name] for name in sorted(known, key=len, reverse=True) if name in cell), None)


def platform_of_host(host: str) -> Platform | None:
    """By the end of the host, for the large platforms."""
    for name, hosts in vocabulary()["hosts"].items():
        if any(host == each or host.endswith(f".{each}") for each in hosts):
            return Platform(name)
    return None


def kind_of(platform: Platform) -> Kind:
    """What sort of text a platform mostly has."""
    for name, platforms in vocabulary()["kinds"].items():
        if platform in platforms:
            return Kind(name)
    return Kind.POST


@cache
def _platform_words() -> Mapping[str, Platform]:
    words = vocabulary()["platforms"].items()
    return {"".join(fold(word).split()): Platform(name) for name, words in words for word in words}


@cache
def _all_names() -> frozenset[str]:
    lists = [*vocabulary()["fields"].values(), *vocabulary()["left_out"].values()]
    for preset in presets().values():
        lists += [*preset.fields.values(), preset.marks]
    return frozenset(key(name) for names in lists for name in names)


def _given(columns: Sequence[str], choice: Choice) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    places = {key(name): place for place, name in reversed(list(enumerate(columns))) if name}
    for field, column in choice.columns:
        if field not in FIELDS:
            raise InvalidInput(f"--map 不认识字段 {field}；可用：{'、'.join(FIELDS)}", field=field)
        if key(column) not in places:
            near = get_close_matches(column, columns, n=1)
            meant = f"，是不是「{near[0]}」？" if near else "；"
            raise InvalidInput(f"文件里没有列「{column}」{meant}有：{'、'.join(filter(None, columns))}", column=column)
        found[field] = (*found.get(field, ()), places[key(column)])
    return found


def _preset(columns: Sequence[str], choice: Choice) -> Preset:
    if choice.preset is not None:
        if choice.preset not in presets():
            raise InvalidInput(f"没有预设 {choice.preset}；有：{'、'.join(presets())}", preset=choice.preset)
        return presets()[choice.preset]
    keys = {key(name) for name in columns}
    return max(presets().values(), key=lambda preset: len(preset.marks & keys))


def _places(field: str, preset: Preset, keys: Sequence[str]) -> Iterator[int]:
    names = (*preset.fields.get(field, ()), *vocabulary()["fields"].get(field, ()))
    for name in dict.fromkeys(map(key, names)):
        if name in keys:
            yield keys.index(name)


def _reasons(columns: Sequence[str], taken: set[int]) -> dict[str, str]:
    known = {key(name): reason for reason, names in vocabulary()["left_out"].items() for name in names}
    used = {key(name): "同一字段已由另一列给出" for names in vocabulary()["fields"].values() for name in names}
    return {
        name: known.get(key(name)) or used.get(key(name)) or _UNKNOWN
        for place, name in enumerate(columns)
        if name and place not in taken
    }


def _confidence(columns: Sequence[str], fields: Mapping[str, object], reasons: Mapping[str, str]) -> float:
    named = sum(map(bool, columns))
    understood = named - sum(reason == _UNKNOWN for reason in reasons.values())
    core = sum(any(field in fields for field in group) for group in _CORE)
    return 0.5 * understood / named + 0.5 * core / len(_CORE)


def _no_text(table: Table) -> InvalidInput:
    """Names the column with the longest cells: that is where a text would be."""
    names = [name for name in table.columns if name]
    lengths = dict.fromkeys(range(len(table.columns)), 0)
    for row, _ in zip((row for row in table.rows if isinstance(row, Row)), range(50), strict=False):
        for place, cell in enumerate(row.cells[: len(lengths)]):
            lengths[place] += len(cell) if isinstance(cell, str) and not is_blank(cell) else 0
    best = max((place for place in lengths if table.columns[place]), key=lengths.__getitem__, default=None)
    if best is None:
        return InvalidInput("没有找到表头；第一行应是列名（标题、正文、链接、发布时间……）")
    option = f"--map text={table.columns[best]}"
    return InvalidInput(
        f"没有认出标题或正文列。文件里的列：{'、'.join(names)}。请指明哪一列是正文，例如：{option}", columns=names
    )
