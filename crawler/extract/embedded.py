"""Texts that a page carries in its scripts: JSON-LD articleBody, state objects of applications, HTML in strings."""

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Final

from crawler.extract.layout import parse, read_layout
from crawler.extract.metadata import Metadata

# Source: names under which news applications keep the text of a page in their state.
_STRING: Final = re.compile(
    r"""(?<![\w])\\?["']?(?:articleBody|article_?[cC]ontent|contentHtml|content_?html|content|body|html|text|detail|desc)\\?["']?\s*[:=]\s*"""
    r"""(?:"((?:[^"\\]|\\.){60,})"|'((?:[^'\\]|\\.){60,})')""",
    re.DOTALL,
)
_CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_NAMED: Final = {"n": "\n", "r": "", "t": " ", "b": "", "f": ""}
# Guesses: a summary is shown where the whole text is carried; a text that is half as long again is the fuller one.
FULLER: Final = 1.5
_MOST_STRINGS: Final = 40
_LONGEST: Final = 200_000  # characters that are weighed


def fuller(text: str, metadata: Metadata, *, scripts: bool) -> str:
    """``text``, or a carried one that is clearly longer. scripts: look into script variables as well as JSON-LD."""
    carried = list(metadata.bodies)
    if scripts:
        carried += [value for script in metadata.scripts for value in _strings(script)][:_MOST_STRINGS]
    best = max(carried, key=weight, default="")
    if not best or weight(best) < max(FULLER * weight(text), 20):
        return text
    return plain(best)


def plain(markup: str) -> str:
    """The lines of a text that may be HTML, escaped or not."""
    text = unescape(markup) if "&lt;" in markup else markup
    if "<" in text and re.search(r"</?[a-zA-Z]", text):
        return "\n".join(line.text for line in read_layout(parse(text)).lines)
    lines = (" ".join(line.split()) for line in unescape(text).split("\n"))
    return "\n".join(line for line in lines if line)


def _strings(script: str) -> Iterator[str]:
    if not _CHINESE.search(script) and "\\u" not in script:
        return
    for match in _STRING.finditer(script):
        yield _decoded(match[1] or match[2])


def _decoded(literal: str) -> str:
    """The value of a JSON or JavaScript string literal."""
    try:
        return str(json.loads(f'"{literal}"', strict=False))
    except ValueError:
        return _ESCAPE.sub(_character, literal)


def _character(match: re.Match[str]) -> str:
    number = match[1] or match[2]
    return chr(int(number, 16)) if number else _NAMED.get(match[3], match[3])


def weight(text: str) -> int:
    """Chinese characters, of the beginning of a long text."""
    return len(_CHINESE.findall(text[:_LONGEST]))
