"""The search grammar: text in, tree out. Users meet it in the search box, in alert rules and over the API.

    青柠汽车 自燃            both words                 "电池 起火"         next to one another
    自燃 OR 起火 (或)        one of them                自燃 NOT 演习 (非, -演习)
    brand:青柠汽车           also source platform sentiment story author status risk tier id burst, and the
    sentiment:负面           Chinese names 品牌 来源 平台 情感 话题 作者 状态 风险 等级
    platform:(微博 OR 论坛)  one of several values
    published:[now-7d TO now]    published:2026-06-16    published:[2026-06-01 TO *]    days are Shanghai's

Brackets and quotes may be full width. A closing ``]`` includes the whole day, minute or second it names,
``}`` excludes it.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, cast

from lark import Lark, Token, Transformer_NonRecursive, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken, VisitError

from core.errors import InvalidInput, InvalidQuery
from core.mention import SHANGHAI
from index.node import Everything, Field, Node, Words, all_of, any_of, negated, one_of, period, walk
from index.segments import is_blank

# Guess: an alert rule with a long list of models and nicknames stays below a thousand characters and a hundred
# clauses. Source: Elasticsearch nests at most 30 bool clauses; SQLite allows a depth of 1,000, FTS5 of 256.
MAX_LENGTH: Final = 8_000
MAX_CLAUSES: Final = 500
MAX_DEPTH: Final = 25

_GRAMMAR: Final = r"""
start: [query]
?query: both (_OR both)*                 -> any_of
?both: _single (_AND? _single)*          -> all_of
_single: without | clause
without: _NOT clause
       | _NOT without
?clause: WORD                            -> words
       | QUOTED                          -> words
       | _OPEN query _CLOSE
       | FIELD value                     -> field
       | FIELD _OPEN [value (_OR? value)*] _CLOSE -> field
       | _PUBLISHED MOMENT               -> on
       | _PUBLISHED "[" MOMENT _TO MOMENT RANGE_END -> between
?value: WORD | QUOTED

FIELD.3: /(?:FIELD_NAMES)[:：]\s*/i
_PUBLISHED.3: /published[:：]\s*/i
_AND.2: /(?:AND|和)(?=[\s()（）]|\Z)/
_OR.2: /(?:OR|或)(?=[\s()（）]|\Z)/
_NOT.2: /(?:NOT|非)(?=[\s()（）]|\Z)|-(?=[^\s])/
_TO: "TO"
_OPEN: "(" | "（"
_CLOSE: ")" | "）"
RANGE_END: "]" | "}"
MOMENT: /\*|now(?:[+-]\d{1,6}[mhdw])?|\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{6})?)?(?:Z|[+-]\d\d:\d\d)?)?/
QUOTED: /"(?:\\["\\]|[^"])*"|“[^”]*”|＂[^＂]*＂/
WORD: /(?!(?:AND|OR|NOT|和|或|非)(?:[\s()（）]|\Z))[^\s()（）"“”＂]+/
%ignore /\s+/
"""

_CHINESE_NAMES: Final[Mapping[str, Field]] = {
    "品牌": Field.BRAND,
    "来源": Field.SOURCE,
    "平台": Field.PLATFORM,
    "情感": Field.SENTIMENT,
    "话题": Field.STORY,
    "作者": Field.AUTHOR,
    "状态": Field.STATUS,
    "风险": Field.RISK,
    "等级": Field.TIER,
}
_NAMES: Final[Mapping[str, Field]] = {**{field.value: field for field in Field}, **_CHINESE_NAMES}
_PARSER: Final = Lark(_GRAMMAR.replace("FIELD_NAMES", "|".join(_NAMES)), parser="lalr")

_UNITS: Final[Mapping[str, timedelta]] = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_Bounds = tuple[datetime | None, datetime | None]


def read(text: str, *, now: datetime) -> Node:
    """Parse one expression; empty text is Everything. ``now``, to the minute, is what relative times start from.

    Raises InvalidQuery with the position of the first character that cannot be read.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidQuery(f"检索式太长，最多 {MAX_LENGTH} 个字", position=MAX_LENGTH, limit=MAX_LENGTH)
    try:
        node: Node = _Reader(now).transform(_PARSER.parse(text))
    except UnexpectedInput as error:
        raise _explained(text, error) from error
    except VisitError as error:
        if isinstance(error.orig_exc, InvalidQuery):
            raise error.orig_exc from error
        raise
    _check_size(node)
    return node


def _check_size(node: Node) -> None:
    for clauses, (_, depth) in enumerate(walk(node), start=1):
        if depth > MAX_DEPTH:
            raise InvalidQuery(f"检索式嵌套太深，最多 {MAX_DEPTH} 层", position=0, limit=MAX_DEPTH)
        if clauses > MAX_CLAUSES:
            raise InvalidQuery(f"检索式太复杂，最多 {MAX_CLAUSES} 个条件", position=0, limit=MAX_CLAUSES)


@v_args(inline=True)
class _Reader(Transformer_NonRecursive[Token, Node]):
    """Turns lark's tree into ours, bottom up and without recursion: the depth is only checked afterwards."""

    def __init__(self, now: datetime) -> None:
        super().__init__()
        self._now = now.replace(second=0, microsecond=0)

    def start(self, node: Node | None) -> Node:
        return node if node is not None else Everything()

    def any_of(self, *nodes: Node) -> Node:
        return any_of(nodes)

    def all_of(self, *nodes: Node) -> Node:
        return all_of(nodes)

    def without(self, node: Node) -> Node:
        return negated(node)

    def words(self, token: Token) -> Node:
        text = _unquoted(token)
        if is_blank(text):
            raise InvalidQuery("引号里没有检索词", position=_start(token))
        if token.type == "WORD" and (name := _UNKNOWN_FIELD.match(text)):
            message = f"没有名为“{name[1]}”的字段，可用：{'、'.join(Field)}、published；若是普通文字请加引号"
            raise InvalidQuery(message, position=_start(token))
        return Words(text)

    def field(self, name: Token, *values: Token | None) -> Node:
        field = _NAMES[name.rstrip().rstrip(":：").lower()]
        found: list[str] = []
        for token in (value for value in values if value is not None):
            try:
                found.extend(one_of(field, [_unquoted(token)]).values)
            except InvalidInput as error:
                raise InvalidQuery(error.message, position=_start(token)) from error
        return one_of(field, found)

    def on(self, moment: Token) -> Node:
        return period(*self._bounds(moment))

    def between(self, first: Token, last: Token, end: Token) -> Node:
        since, _ = self._bounds(first)
        start, after = self._bounds(last)
        return period(since, after if end == "]" else start)

    def _bounds(self, token: Token) -> _Bounds:
        try:
            return _bounds(str(token), self._now)
        except (ValueError, OverflowError) as error:
            raise InvalidQuery(f"没有“{token}”这个时间", position=_start(token)) from error


def _bounds(text: str, now: datetime) -> _Bounds:
    """First instant of what the text names, and the first one after it."""
    if text == "*":
        return None, None
    if text.startswith("now"):
        shift = int(text[3:-1]) * _UNITS[text[-1]] if len(text) > 3 else timedelta()
        return now + shift, now + shift + _UNITS["m"]
    moment = datetime.fromisoformat(text)
    start = (moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)).astimezone(UTC)
    return start, start + _precision(text)


def _precision(text: str) -> timedelta:
    if len(text) == len("2026-06-16"):
        return _UNITS["d"]
    if "." in text:
        return timedelta(microseconds=1)
    return timedelta(seconds=1) if re.search(r":\d\d:\d\d", text) else _UNITS["m"]


# At least two letters, so that emoticons and drive letters stay words; ``//`` so that addresses do.
_UNKNOWN_FIELD: Final = re.compile(r"([A-Za-z_]{2,})[:：](?!//)")
_KEYWORD: Final = re.compile(r"(?:AND|OR|NOT|和|或|非)(?=[\s()（）]|\Z)")
_ESCAPED: Final = re.compile(r'\\(["\\])')


def _unquoted(token: Token) -> str:
    if token.type == "WORD":
        return str(token)
    inner = token[1:-1]
    return _ESCAPED.sub(r"\1", inner) if token[0] == '"' else inner


def _start(token: Token) -> int:
    return token.start_pos if token.start_pos is not None else 0


def _explained(text: str, error: UnexpectedInput) -> InvalidQuery:
    """Say what is wrong and where, in the user's words."""
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        return InvalidQuery("检索式不完整：末尾缺少检索词、字段的值或右括号", position=len(text))
    position = cast(int | None, error.pos_in_stream) or 0  # typed None by the library
    found = text[position : position + 1]
    if keyword := _KEYWORD.match(text, position):
        return InvalidQuery(f"“{keyword[0]}”前后都要有检索词；要检索这个词本身请加引号", position=position)
    hint = _hint(found, error)
    return InvalidQuery(f"检索式第 {position + 1} 个字“{found}”处有误：{hint}", position=position)


def _hint(found: str, error: UnexpectedInput) -> str:
    if found in '"“”＂':
        return "引号没有配对"
    if found in "()（）":
        return "括号没有配对，或括号里没有检索词"
    expected = error.allowed if isinstance(error, UnexpectedCharacters) else getattr(error, "accepts", None)
    if "MOMENT" in (expected or ()):
        return "时间请写成 2026-06-16、2026-06-16T14:00、now-7d 或 *"
    return "这里应当是检索词或字段"
