"""Selectors of a source: CSS, or XPath when they begin with ``/``, ``./`` or ``(``.

``::text`` and ``::attr(name)`` work as in parsel. Where a selector yields an element, its text is taken, with a
line break at each block, without scripts.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Final

from cssselect import SelectorError
from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types
from parsel import Selector

from core.errors import ConfigurationError, SourceChanged

# Source: HTML standard, elements that are laid out as blocks, plus br.
_BLOCK: Final = re.compile(
    r"address|article|aside|blockquote|br|d[dlt]|div|fieldset|figcaption|figure|footer|form|h[1-6]|header|hr|li|main|nav"
    r"|ol|p|pre|section|table|tbody|t[dhr]|thead|ul"
)
_SILENT: Final = frozenset({"script", "style", "noscript", "template", "head"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Selectors:
    """item, next_page: on the list page. link and, with ``on_list``, all fields: inside an item.

    Without ``on_list`` the fields are read on the page behind the link; an empty field is left to the extractor.
    heat: of hot lists only.
    """

    item: str = ""
    link: str = ""
    next_page: str = ""
    title: str = ""
    text: str = ""
    author: str = ""
    published_at: str = ""
    native_id: str = ""
    heat: str = ""
    on_list: bool = False

    @property
    def has_fields(self) -> bool:
        """Whether any field is read by a selector."""
        return any((self.title, self.text, self.author, self.published_at, self.native_id))


NAMES: Final = tuple(item.name for item in fields(Selectors))
# Guess: far above any selector a person writes; keeps the parsers' recursion shallow.
LONGEST: Final = 500


def read_selectors(values: Mapping[str, object]) -> Selectors:
    """Check names and syntax. Raises ConfigurationError naming the selector."""
    if unknown := sorted(set(values) - set(NAMES)):
        raise ConfigurationError(f"selectors 有不认识的键 {unknown[0]}；可用：{'、'.join(NAMES)}", key=unknown[0])
    if not isinstance(values.get("on_list", False), bool):
        raise ConfigurationError("selectors.on_list 应为 true 或 false", key="on_list")
    texts = {name: _checked(name, value) for name, value in values.items() if name != "on_list"}
    return Selectors(on_list=values.get("on_list") is True, **texts)


def _checked(name: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST:
        raise ConfigurationError(f"selectors.{name} 应为一条选择器（不超过 {LONGEST} 字）", key=name)
    if selector := value.strip():
        _try(name, selector)
    return selector


def _try(name: str, selector: str) -> None:
    try:
        select(Selector(text="<html><body><p>.</p></body></html>"), selector)
    except SourceChanged as error:
        raise ConfigurationError(f"selectors.{name} 写法有误：{selector}", key=name) from error


def select(node: Selector, selector: str) -> list[Selector]:
    """Nodes in document order. Raises SourceChanged where the selector cannot be applied to this node."""
    try:
        return list(node.xpath(_within(node, selector)) if is_xpath(selector) else node.css(selector))
    except (SelectorError, ValueError, TypeError, etree.LxmlError) as error:
        raise SourceChanged(f"选择器 {selector} 无法用于这个网页，请检查写法") from error


def is_xpath(selector: str) -> bool:
    """Everything else is CSS."""
    return selector.startswith(("/", "./", "("))


def _within(node: Selector, selector: str) -> str:
    """On an item, ``//p`` means "anywhere below it", not anywhere on the page, as everybody expects."""
    is_item = is_element(node) and node.root.getparent() is not None
    return f".{selector}" if is_item and selector.startswith("//") else selector


def values(node: Selector, selector: str) -> list[str]:
    """Texts of what the selector yields, trimmed, without empty ones."""
    if not selector:
        return []
    return [text for found in select(node, selector) if (text := string_value(found))]


def first(node: Selector, selector: str) -> str:
    """The first non-empty text, in one line; empty when there is none."""
    return " ".join(next(iter(values(node, selector)), "").split())


def string_value(found: Selector) -> str:
    """Text of an element with its line breaks, or the string that ``::text`` or ``::attr`` yielded."""
    return text_of(found.root) if is_element(found) else str(found.get() or "").strip()


def is_element(found: Selector) -> bool:
    """Else it is the string that ``::text``, ``::attr`` or an XPath function yielded."""
    return isinstance(found.root, etree._Element)


def text_of(element: etree._Element) -> str:
    """Text without markup: one line per block, no scripts, no empty lines."""
    lines = (" ".join(line.split()) for line in "".join(_pieces(element)).split("\n"))
    return "\n".join(line for line in lines if line)


def _pieces(root: etree._Element) -> Iterator[str]:
    """Walk without recursion: pages nest deeper than Python's stack."""
    silent = 0
    for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            silent += tag in _SILENT
        elif event == "end":
            silent -= tag in _SILENT
        elif element is root:
            continue
        words = element.text if event == "start" else element.tail if element is not root else ""
        if not silent:
            yield "\n" if _BLOCK.fullmatch(tag) else ""
            yield (words or "").replace("\n", " ")
