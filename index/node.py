"""The parsed query as a small tree, with one canonical spelling that parses back to the same tree.

Trees are built with the functions below (``all_of``, ``any_of``, ``negated``, ``one_of``, ``period``): they
flatten and normalise, so that equal questions are equal trees. Nothing here knows an engine.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, TypeAlias

from core.errors import InvalidInput
from core.mention import PRINTED_ZONE, Platform, Sentiment, Status, Tier


class Field(StrEnum):
    """What ``name:value`` may ask for. BURST is ``Mention.counts_in_bursts``."""

    BRAND = "brand"
    SOURCE = "source"
    PLATFORM = "platform"
    SENTIMENT = "sentiment"
    STORY = "story"
    AUTHOR = "author"
    STATUS = "status"
    RISK = "risk"
    TIER = "tier"
    ID = "id"
    BURST = "burst"


@dataclass(frozen=True, slots=True)
class Everything:
    """Matches each mention."""


@dataclass(frozen=True, slots=True)
class Words:
    """A word or phrase: its tokens next to one another, in order, in the title or in the text."""

    text: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """The field has one of the values, exactly as written; no value matches nothing."""

    field: Field
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Period:
    """``order_time`` from ``since`` (inclusive) to ``until`` (exclusive); None is open."""

    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class And:
    """Each of the nodes matches."""

    nodes: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of the nodes matches."""

    nodes: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The node does not match."""

    node: "Node"


Node: TypeAlias = Everything | Words | OneOf | Period | And | Or | Not

# Values of the closed fields, by what a user may write.
_CLOSED: Final[Mapping[Field, Mapping[str, str]]] = {
    Field.SENTIMENT: {
        "负面": Sentiment.NEGATIVE,
        "中性": Sentiment.NEUTRAL,
        "正面": Sentiment.POSITIVE,
        **{value.value: value for value in Sentiment},
    },
    Field.STATUS: {
        "有效": Status.LIVE,
        "已修改": Status.CHANGED,
        "已删除": Status.DELETED,
        "已排除": Status.EXCLUDED,
        **{value.value: value for value in Status},
    },
    Field.PLATFORM: {
        "新闻": Platform.NEWS,
        "论坛": Platform.FORUM,
        "微博": Platform.WEIBO,
        "微信": Platform.WECHAT,
        "视频": Platform.VIDEO,
        "博客": Platform.BLOG,
        "问答": Platform.QA,
        "点评": Platform.REVIEW,
        "投诉": Platform.COMPLAINT,
        "热线": Platform.HOTLINE,
        "商店": Platform.STORE,
        "热榜": Platform.HOTLIST,
        "其他": Platform.OTHER,
        **{value.value: value for value in Platform},
    },
    Field.TIER: {**{value.value.lower(): value for value in Tier}},
    Field.BURST: {"是": "true", "否": "false", "true": "true", "false": "false"},
}


def all_of(nodes: Iterable[Node]) -> Node:
    """Every one of them; flattened, Everything left out."""
    parts: list[Node] = []
    for node in nodes:
        parts.extend(node.nodes if isinstance(node, And) else [node])
    parts = [part for part in parts if not isinstance(part, Everything)]
    if len(parts) == 1:
        return parts[0]
    return And(tuple(parts)) if parts else Everything()


def any_of(nodes: Sequence[Node]) -> Node:
    """At least one of them; flattened. At least one node is given."""
    parts: list[Node] = []
    for node in nodes:
        parts.extend(node.nodes if isinstance(node, Or) else [node])
    if any(isinstance(part, Everything) for part in parts):
        return Everything()
    return parts[0] if len(parts) == 1 else Or(tuple(parts))


def negated(node: Node) -> Node:
    """The opposite; twice is nothing."""
    return node.node if isinstance(node, Not) else Not(node)


def one_of(field: Field, values: Sequence[str]) -> OneOf:
    """Sorted, without repetition; closed fields take their Chinese names too. Raises InvalidInput."""
    closed = _CLOSED.get(field)
    if closed is None:
        return OneOf(field, tuple(sorted(set(values))))
    wrong = [value for value in values if value.lower() not in closed]
    if wrong:
        raise InvalidInput(f"{field.value} 没有“{wrong[0]}”这个值，可用：{'、'.join(closed)}", field=field.value)
    return OneOf(field, tuple(sorted({str(closed[value.lower()]) for value in values})))


def period(since: datetime | None, until: datetime | None) -> Node:
    """Bounds are aware; both None is Everything."""
    if since is None and until is None:
        return Everything()
    return Period(since and since.astimezone(UTC), until and until.astimezone(UTC))


def walk(node: Node) -> Iterator[tuple[Node, int]]:
    """Every node with its depth (root: 1), without recursion: this is what measures a tree's depth."""
    waiting: list[tuple[Node, int]] = [(node, 1)]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        if isinstance(node, And | Or):
            waiting.extend((child, depth + 1) for child in node.nodes)
        elif isinstance(node, Not):
            waiting.append((node.node, depth + 1))


def spell(node: Node, *, with_periods: bool = True) -> str:
    """The canonical text. Without periods it names the question but not the time it is asked about."""
    match node:
        case Words(text):
            return _quoted(text)
        case OneOf(field, values):
            spelled = [_quoted(value) for value in values]
            return f"{field.value}:{spelled[0]}" if len(spelled) == 1 else f"{field.value}:({' OR '.join(spelled)})"
        case Period(since, until) if with_periods:
            return f"published:[{_moment(since)} TO {_moment(until)}}}"
        case Period() | Everything():
            return "published:[* TO *}"
        case Not(inner):
            return f"NOT {_inside(inner, with_periods)}"
        case And(nodes):
            return " AND ".join(_inside(child, with_periods) for child in nodes)
        case Or(nodes):
            return " OR ".join(_inside(child, with_periods) for child in nodes)


def _inside(node: Node, with_periods: bool) -> str:
    spelled = spell(node, with_periods=with_periods)
    return f"({spelled})" if isinstance(node, And | Or) else spelled


# After it the calendar has no local time; UTC says the same.
_LAST_PRINTED: Final = datetime.max.replace(hour=0, tzinfo=UTC)
_PLAIN: Final = re.compile(r"(?!(?:AND|OR|NOT|TO|和|或|非)\Z)\w+\Z")


def _quoted(text: str) -> str:
    if _PLAIN.match(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _moment(moment: datetime | None) -> str:
    """As people read it: by +08:00 and no finer than needed; a bound means its first instant however it is written."""
    if moment is None:
        return "*"
    local = moment.astimezone(PRINTED_ZONE) if moment < _LAST_PRINTED else moment
    finest = "microseconds" if local.microsecond else "seconds" if local.second else "minutes"
    return local.isoformat(timespec=finest)
