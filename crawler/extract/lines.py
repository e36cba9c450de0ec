"""Give the text that stands between elements an element of its own, on pages that lay out posts by line breaks.

A line with a time heads a post; what follows up to the next one is its words. Pages that put posts into elements are
left as they are. Linear in the page.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from typing import Final, TypeAlias

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from crawler.extract.shape import INLINE, MOST_ELEMENTS
from crawler.extract.timemark import LONGEST, TIME, is_time
from crawler.extract.tree import line

HEAD: Final = "line"
WORDS: Final = "text-run"
# Guess: posts, and lines of them, on one page; a longer list is no thread.
MOST_LINES: Final = 5000
# Guess: a name, a link and an icon beside a time.
MOST_INSIDE: Final = 10
_FLOWING: Final = (INLINE | {"img", "br"}) - {"p", "li", "ul", "ol", "pre"}
_FIELD: Final = re.compile(r"\s*([^\s:：][^:：\n]{0,12}?)\s*[:：]\s*(\S.*)")
_SENDER: Final = re.compile(r"发信人|寄信人|作者|发件人|from|author", re.IGNORECASE)
# Guess: two fields in a row are a header.
FEWEST_FIELDS: Final = 2
LONGEST_HEAD: Final = 2000
Piece: TypeAlias = "str | etree._Element"


def enclose(root: etree._Element, fewest: int) -> None:
    """Change ``root`` where one element holds lines with at least ``fewest`` times among bare text."""
    for element in list(islice(root.iter("body", "div", "td", "p", "article", "section", "center"), MOST_ELEMENTS)):
        if len(element) < 2 or len(element) > MOST_LINES or not any((child.tail or "").strip() for child in element):
            continue
        lines = list(_lines(element))
        heads = [_is_head(one) for one in lines]
        bare = sum(not head and not _is_block(one) for one, head in zip(lines, heads, strict=True))
        if sum(heads) >= fewest and bare:
            _rebuild(element, lines, heads)


def open_letters(root: etree._Element) -> None:
    """Give the header and the lines of preformatted articles elements of their own: ``发信人: …``, ``Date: …``."""
    for element in list(islice(root.iter("pre"), MOST_LINES)):
        head, _, rest = (element.text or "")[:LONGEST_HEAD].partition("\n\n")
        fields = [match for row in head.split("\n") if (match := _FIELD.match(row))]
        time = next((found for match in fields if (found := TIME.search(match[2]))), None)
        if len(fields) < FEWEST_FIELDS or time is None:
            continue
        element.text = rest + (element.text or "")[LONGEST_HEAD:]
        element.tag = "div"
        _break(element)
        top = etree.Element("div", {"class": HEAD})
        names = (match[2] for match in fields if _SENDER.match(match[1]))
        etree.SubElement(top, "span", {"class": "author"}).text = re.split(r"\s*[(（<,，]", next(names, ""))[0]
        etree.SubElement(top, "span", {"class": "time"}).text = time[0]
        element.addprevious(top)


def _break(element: etree._Element) -> None:
    """Line breaks as elements."""
    pieces = [element.text or "", *(piece for child in list(element) for piece in (child, child.tail or ""))]
    for child in element:
        child.tail = None
    element[:], element.text = [], None
    for piece in pieces:
        if not isinstance(piece, str):
            element.append(piece)
            continue
        first, *rows = piece.split("\n")
        _say(element, first)
        for row in rows[:MOST_LINES]:
            etree.SubElement(element, "br").tail = row


def _say(element: etree._Element, words: str) -> None:
    if len(element):
        element[-1].tail = (element[-1].tail or "") + words
    else:
        element.text = (element.text or "") + words


def _lines(element: etree._Element) -> Iterator[list[Piece]]:
    """What stands between line breaks; an element that is a block is a line by itself."""
    current: list[Piece] = [element.text or ""]
    for child in element:
        if child.tag in _FLOWING:
            current.append(child)
        else:
            yield current
            yield [child]
            current = []
        current.append(child.tail or "")
        if child.tag == "br":
            yield current[:-1]
            current = current[-1:]
    yield current


def _is_block(pieces: Sequence[Piece]) -> bool:
    return len(pieces) == 1 and not isinstance(pieces[0], str)


def _is_head(pieces: Sequence[Piece]) -> bool:
    elements = [piece for piece in pieces if not isinstance(piece, str)]
    if any(sum(1 for _ in islice(one.iter(), MOST_INSIDE)) == MOST_INSIDE for one in elements):
        return False
    text = " ".join("".join(one if isinstance(one, str) else line(one) for one in pieces).split())
    return len(text) <= LONGEST and is_time(text)


def _rebuild(element: etree._Element, lines: Sequence[list[Piece]], heads: Sequence[bool]) -> None:
    for child in element:
        child.tail = None
    element[:] = []
    element.text = None
    sorts = (0 if _is_block(one) else 1 if head else 2 for one, head in zip(lines, heads, strict=True))
    for sort, some in groupby(zip(sorts, lines, strict=True), key=lambda pair: pair[0]):
        rows = [row for _, row in some]
        if sort == 0:
            element.extend(row[0] for row in rows)
        elif sort == 1:
            for row in rows:
                element.append(_filled(HEAD, row))
        elif any(not isinstance(piece, str) or piece.strip() for row in rows for piece in row):
            element.append(_filled(WORDS, [piece for row in rows for piece in row]))


def _filled(name: str, pieces: Sequence[Piece]) -> etree._Element:
    made = etree.Element("div", {"class": name})
    for piece in pieces:
        if not isinstance(piece, str):
            made.append(piece)
        else:
            _say(made, piece)
    return made
