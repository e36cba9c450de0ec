"""YAML as people write it in a configuration: plain values, every mapping with its line, and nothing clever.

Dates stay text (a brand may be called 2024-01-01), and so does a number that would not print as it is written (007,
12:30, 3.10): what wants a number reads it from the text. Refused with the line: aliases (a few lines of them grow to
gigabytes), keys given twice (one would win silently), and nesting that no configuration has.
"""

from typing import Any, Final

import yaml
from yaml import MappingNode, Node, SafeLoader
from yaml.reader import ReaderError

from core.errors import ConfigurationError

# Guess: our deepest file has five levels.
DEEPEST: Final = 20
_BOOLEAN: Final = "tag:yaml.org,2002:bool"
_DATE: Final = "tag:yaml.org,2002:timestamp"


class Located(dict[str, Any]):  # Any: decoded YAML
    """A mapping that knows the line it begins at, counted from 1."""

    line: int = 0


def load(text: str, name: str) -> object:
    """Decode one document. Raises ConfigurationError naming the file and, where there is one, the line."""
    try:
        return yaml.load(text, _Loader)  # a SafeLoader
    except yaml.YAMLError as error:
        reason = f"：{error.problem}" if isinstance(error, _Refused) else ""
        raise ConfigurationError(f"{name}{_place(error, text)}写法有误{reason}") from error


class _Refused(yaml.MarkedYAMLError):
    """Ours: its problem is one Chinese sentence; the library's are English and for programmers."""

    def __init__(self, problem: str, mark: Any) -> None:  # Any: the stubs name two kinds
        super().__init__(problem=problem, problem_mark=mark)


class _Loader(SafeLoader):
    depth = 0

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs leave it out
        if self.check_event(yaml.AliasEvent):
            raise _Refused("不支持锚点引用（*）；以 * 开头的文字请加引号", event.start_mark)
        if self.depth >= DEEPEST:
            raise _Refused(f"嵌套超过 {DEEPEST} 层", event.start_mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_object(self, node: Node, deep: bool = False) -> Any:  # Any: decoded YAML
        """What only looks like a number or has a tag that does not fit it (``0b_``, ``!!int x``)."""
        try:
            value = super().construct_object(node, deep)
            is_as_written = not isinstance(value, int | float) or node.tag == _BOOLEAN or str(value) == node.value
            return value if is_as_written else node.value
        except (ValueError, LookupError, AttributeError, ArithmeticError) as error:
            raise _Refused("无法识别的值；文字请加引号", node.start_mark) from error

    def construct_located(self, node: MappingNode) -> Located:
        """A mapping with its line, each key once."""
        found = Located()
        found.line = node.start_mark.line + 1
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise _Refused("键应为文字，数字等请加引号", key_node.start_mark)
            if key in found:
                raise _Refused(f"键 {key} 重复", key_node.start_mark)
            found[key] = self.construct_object(value_node, deep=True)
        return found


_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.construct_located)
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _DATE]
    for first, resolvers in SafeLoader.yaml_implicit_resolvers.items()
}


def _place(error: yaml.YAMLError, text: str) -> str:
    if isinstance(error, ReaderError):
        return f"第 {text.count(chr(10), 0, error.position) + 1} 行"
    mark = getattr(error, "problem_mark", None)
    return f"第 {mark.line + 1} 行" if mark is not None else ""
