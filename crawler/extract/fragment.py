"""A piece of HTML, as feeds and interfaces hand out titles and texts, as plain text."""

import re
from typing import Final

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types
from parsel import Selector

from core.database import storable
from crawler.extract.selectors import text_of

# Guess: ten long novels; what is longer is no text, and takes the parser seconds.
LONGEST_MARKUP: Final = 1_000_000
# Source: WordPress, wp_staticize_emoji and translate_smiley: pictures in feeds stand for characters of the text.
_CHARACTERS: Final = frozenset({"wp-smiley", "emoji"})
# A plugin that is switched off leaves its marks in the text: [form id="5"], [box]…[/box]. Not [1], not [doge].
_CLOSING: Final = re.compile(r"\[/([A-Za-z][\w-]{0,40})\]")
_WITH_VALUES: Final = re.compile(r"\[[A-Za-z][\w-]{0,40}\s{1,5}[\w-]{1,40}\s?=[^\[\]\n]{0,500}\]")
_OPENING: Final = re.compile(r"\[([A-Za-z][\w-]{0,40})(?:[=\s][^\[\]\n]{0,500})?\]")


def plain(markup: str) -> str:
    """Text without markup and shortcodes, one line per block; pictures of characters as the characters.

    Reads at most LONGEST_MARKUP of what may be HTML, escaped or not.
    """
    markup = storable(markup[:LONGEST_MARKUP])
    if "<" not in markup and "&" not in markup:
        return _without_shortcodes(markup.strip())
    root = Selector(text=f"<div>{markup}</div>", type="html").root
    for image in [*root.iter("img")]:
        _as_character(image)
    return _without_shortcodes(text_of(root))


def _as_character(image: etree._Element) -> None:
    if _CHARACTERS.isdisjoint((image.get("class") or "").split()):
        return
    image.tag, image.text = "span", image.get("alt")


def _without_shortcodes(text: str) -> str:
    closed = set(_CLOSING.findall(text))
    bare = _CLOSING.sub("", _WITH_VALUES.sub("", text))
    if closed:
        bare = _OPENING.sub(lambda match: "" if match[1] in closed else match[0], bare)
    return text if bare == text else "\n".join(line for line in map(str.strip, bare.split("\n")) if line)
