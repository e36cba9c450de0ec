"""Turn the bytes of a page into text, also when the declared charset is wrong.

A declared charset is a hint. Bytes that are valid UTF-8 are UTF-8 (other charsets hit its rules by chance only
in very short texts); else the candidate that leaves the fewest unreadable characters wins, declared ones first.
Big5 is nearly always readable as GB 18030 too, so what nothing declares is told apart by the commonest characters.
"""

import re
from dataclasses import dataclass
from typing import Final

from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom

# Chance that n random double-byte characters of GB 2312 are valid UTF-8: about 0.14 ** n (lead byte C2-DF among
# B0-F7, second byte A1-BF among A1-FE), so below 10^-6 from eight on. 联通 is the known example with two.
FEWEST_CERTAIN_CHARACTERS: Final = 8
# Source: charsets met on Chinese pages (GB 18030 contains GB 2312 and GBK; Big5 with the Hong Kong additions).
FALLBACKS: Final = ("utf-8", "gb18030", "big5hkscs")
# Guess: written from general knowledge of the commonest characters of both scripts; a quarter of a text is of them,
# and next to nothing of a text read in the wrong charset.
_COMMON: Final = frozenset(
    "的一是在不了有和人这這中大为為上个個国國我以要他时時来來用们們生到作地于於出就分对對成会會可主发發年动動"
    "同工也能下过過子说說产產面而方后後多定行学學法所民得经經十三之进進着著等部日月新公市報报，。、"
)
_SAMPLE_BYTES: Final = 100_000
# Charsets a page may declare; Python knows more codecs, and some are no charsets (hex, rot-13, punycode).
_DECLARABLE: Final = re.compile(r"utf-(8|16|32)(-[bl]e)?|gb18030|big5hkscs|hz|cp9(32|49|50)|euc[-_](jp|kr)|johab")


@dataclass(frozen=True, slots=True)
class Decoded:
    """text without a byte order mark; charset as Python names it."""

    text: str
    charset: str


def decode(body: bytes, content_type: str = "") -> Decoded:
    """Read ``body``. content_type: the HTTP header as sent, may be empty. Never raises."""
    marked, mark = read_bom(body)
    if marked is not None and mark is not None:
        return _lenient(body[len(mark) :], marked)
    declared = _declared(body, content_type)
    if _is_utf8(body, is_doubted=bool(declared) and declared[0] != "utf-8"):
        return Decoded(body.decode("utf-8"), "utf-8")
    if _is_mostly_utf8(mixed := _lenient(body, "utf-8")):
        return mixed
    candidates = dict.fromkeys((*declared, *FALLBACKS))
    found = min((_lenient(body, name) for name in candidates), key=lambda found: found.text.count("\ufffd"))
    return _lenient(body, "big5hkscs") if found.charset not in declared and _is_big5(body) else found


def _is_big5(body: bytes) -> bool:
    """Whether Big5 gives clearly more of the common characters than GB 18030."""
    big5, gb18030 = (
        sum(character in _COMMON for character in body[:_SAMPLE_BYTES].decode(name, "ignore"))
        for name in ("big5hkscs", "gb18030")
    )
    return big5 > 2 * gb18030


def _declared(body: bytes, content_type: str) -> tuple[str, ...]:
    """By header, then by meta tag or XML declaration.

    Single-byte charsets are left out: servers declare ISO-8859-1 for everything, and any bytes are valid in it.
    """
    names = (http_content_type_encoding(content_type), html_body_declared_encoding(body[:4096]))
    return tuple(name for name in names if name and _DECLARABLE.fullmatch(name))


def _is_utf8(body: bytes, *, is_doubted: bool) -> bool:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    wide = len(body) - len(text)  # each character beyond ASCII takes one to three more bytes
    return wide >= 2 * FEWEST_CERTAIN_CHARACTERS or not is_doubted


def _is_mostly_utf8(found: Decoded) -> bool:
    """Whether a page in UTF-8 has a piece in another charset (an advertisement, a quotation) or some broken bytes.

    Of double-byte text, next to nothing is valid three-byte UTF-8 by chance, and nearly all is unreadable.
    """
    unreadable = found.text.count("\ufffd")
    readable = sum(character >= "\u0800" for character in found.text) - unreadable
    return readable >= max(FEWEST_CERTAIN_CHARACTERS, unreadable)


def _lenient(body: bytes, charset: str) -> Decoded:
    return Decoded(body.decode(charset, "replace"), charset)
