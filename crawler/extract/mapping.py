"""Which value of a JSON interface is which: JMESPath expressions under ``json:`` in a source, checked when it is saved.

All may be left out; ``crawler.extract.json_items`` then goes by the common names.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions

from core.errors import ConfigurationError, SourceChanged

# Guess: far above any expression a person writes; keeps the parser's recursion shallow.
LONGEST: Final = 500
# What a search may raise by the fault of expression or data: the library's own, and those of numbers and sorting.
_FAULTS: Final = (JMESPathError, RecursionError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError)
# Source: RFC 9110, 5.6.2 (token).
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_SECRET: Final = re.compile(r"[A-Za-z0-9_]{1,60}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """The header that carries it, and the name of the secret that is its whole value (``Bearer …`` included)."""

    header: str
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonMap:
    """items, next: on the whole answer, the other expressions on one item. next: an address, or with
    ``cursor_parameter`` the value of that parameter. page_parameter: counts from ``first_page``.
    """

    items: str = ""
    url: str = ""
    native_id: str = ""
    title: str = ""
    text: str = ""
    author: str = ""
    author_id: str = ""
    published_at: str = ""
    likes: str = ""
    reposts: str = ""
    comments: str = ""
    views: str = ""
    kind: str = ""
    parent_id: str = ""
    thread_id: str = ""
    heat: str = ""
    next: str = ""
    cursor_parameter: str = ""
    page_parameter: str = ""
    first_page: int = 1
    token: Token | None = None


NAMES: Final = tuple(item.name for item in fields(JsonMap))
EXPRESSIONS: Final = NAMES[: NAMES.index("cursor_parameter")]


def read_mapping(values: Mapping[str, object]) -> JsonMap:
    """Check names, expressions and the token. Raises ConfigurationError naming key and position."""
    if unknown := sorted(str(key) for key in values if key not in NAMES):
        raise ConfigurationError(f"json 有不认识的键 {unknown[0]}；可用：{'、'.join(NAMES)}", key=unknown[0])
    given: dict[str, Any] = {}  # Any: of several types
    for name, value in values.items():
        if name == "first_page":
            given[name] = _number(value)
        elif name == "token":
            given[name] = _token(value)
        else:
            given[name] = _text(name, value)
    for name in EXPRESSIONS:
        if given.get(name):
            _check(name, given[name])
    mapping = JsonMap(**given)
    if mapping.page_parameter and (mapping.next or mapping.cursor_parameter):
        raise ConfigurationError("json 的 page_parameter 不能与 next、cursor_parameter 同用", key="page_parameter")
    if mapping.cursor_parameter and not mapping.next:
        raise ConfigurationError("json.cursor_parameter 要有 next（取下一页标记的表达式）", key="next")
    return mapping


def search(expression: str, data: object) -> Any:  # Any: decoded JSON
    """The value of a checked expression. Raises SourceChanged where it cannot be applied to this data."""
    try:
        return jmespath.search(expression, data)
    except _FAULTS as error:
        raise SourceChanged(f"表达式 {expression} 无法用于接口的答复，请检查写法") from error


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1_000_000:
        raise ConfigurationError("json.first_page 应为 0 或正整数", key="first_page")
    return value


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST:
        raise ConfigurationError(f"json.{name} 应为一条文字（不超过 {LONGEST} 字）", key=name)
    return value.strip()


def _token(value: object) -> Token | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or set(value) != {"header", "secret"}:
        raise ConfigurationError("json.token 应写 header（请求头）和 secret（密钥的名字，不是密钥本身）", key="token")
    header, secret = value["header"], value["secret"]
    if not isinstance(header, str) or not _HEADER.fullmatch(header):
        raise ConfigurationError("json.token 的 header 应为一个请求头的名字，如 Authorization", key="token")
    if not isinstance(secret, str) or not _SECRET.fullmatch(secret):
        raise ConfigurationError("json.token 的 secret 应为密钥的名字（字母、数字、下划线），不是密钥本身", key="token")
    return Token(header=header, secret=secret)


def _check(name: str, expression: str) -> None:
    try:
        nodes = [jmespath.compile(expression).parsed]
    except _FAULTS as error:
        position = getattr(error, "lex_position", None)
        place = f"第 {position + 1} 个字符处" if isinstance(position, int) else ""
        raise ConfigurationError(
            f"json.{name} 的表达式{place}写法有误：{expression}", key=name, position=position
        ) from error
    while nodes:
        node = nodes.pop()
        if node["type"] == "function_expression" and node["value"] not in Functions.FUNCTION_TABLE:
            raise ConfigurationError(f"json.{name} 用了没有的函数 {node['value']}()", key=name)
        nodes.extend(child for child in node["children"] if isinstance(child, dict))
