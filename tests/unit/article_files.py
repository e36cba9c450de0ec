"""Whole article pages of many designs, written for the tests: ``tests/articles/*.html`` with their truth.

The first line of a page holds its truth as a comment. ``[[b1]]`` is a text of ``bank.txt`` that belongs to the article,
``⟦…⟧`` one that stands in the page itself; ``{{nav}}`` is a piece of the bank that does not. ``⟪json:…⟫``, ``⟪url:…⟫``
and ``⟪html:…⟫`` write their inside as a string of a script, percent-encoded, or with entities.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path
from typing import Final
from urllib.parse import quote

FOLDER: Final = Path(__file__).parents[1] / "articles"
_WRITERS: Final[Mapping[str, Callable[[str], str]]] = {
    "json": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "ascii": lambda text: json.dumps(text)[1:-1].replace("<", "\\u003c"),
    "url": quote,
    "html": escape,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticlePage:
    """published: to the precision the page gives. authors: any of them is right; none: the page has no byline."""

    name: str
    body: bytes
    title: str
    text: Sequence[str]
    published: str | None
    authors: Sequence[str]
    url: str


def read_pages(folder: str) -> tuple[ArticlePage, ...]:
    """The pages of one folder, by name."""
    return tuple(_read(path) for path in sorted((FOLDER / folder).glob("*.html")))


def _read(path: Path) -> ArticlePage:
    first, source = path.read_text(encoding="utf-8").split("\n", 1)
    truth = json.loads(first.removeprefix("<!--").removesuffix("-->"))
    source = re.sub(r"\[\[(\w+)\]\]", lambda match: f"⟦{BANK[match[1]]}⟧", source)
    source = re.sub(r"\{\{(\w+)\}\}", lambda match: BANK[match[1]], source)
    text = [unescape(re.sub(r"<[^>]*>", "", part)) for part in re.findall(r"⟦(.*?)⟧", source, re.DOTALL)]
    html = re.sub("[⟦⟧]", "", source)
    while match := re.search(r"⟪(\w+):([^⟪⟫]*)⟫", html):  # the innermost first
        html = html[: match.start()] + _WRITERS[match[1]](match[2]) + html[match.end() :]
    return ArticlePage(
        name=path.stem,
        body=html.encode(truth.get("encoding", "utf-8")),
        title=truth["title"],
        text=truth.get("text", text),
        published=truth.get("published"),
        authors=truth.get("authors", ()),
        url=truth.get("url", ""),
    )


def _bank() -> dict[str, str]:
    parts = (FOLDER / "bank.txt").read_text(encoding="utf-8").split("== ")
    return {name: text.rstrip("\n") for name, text in (part.split("\n", 1) for part in parts if part)}


BANK: Final = _bank()
