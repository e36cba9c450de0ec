"""One normaliser for matching, indexing and queries; and one canonical form for addresses.

``fold`` keeps every code point in its place, so that spans found on folded text are spans of the original.
NFKC and phrase conversion are never used here: they change lengths.
"""

from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

from opencc import OpenCC

from core.errors import InvalidInput

_TO_SIMPLIFIED: Final = OpenCC("t2s")


class _Folding(dict[int, str]):
    """Folds one code point at a time and remembers it."""

    def __missing__(self, code: int) -> str:
        folded = _fold_character(chr(code))
        self[code] = folded
        return folded


def _fold_character(character: str) -> str:
    code = ord(character)
    if 0xFF01 <= code <= 0xFF5E:  # full-width forms of ASCII
        character = chr(code - 0xFEE0)
    elif code == 0x3000:  # ideographic space
        return " "
    elif 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0x20000 <= code <= 0x3FFFF:
        simplified: str = _TO_SIMPLIFIED.convert(character)
        return simplified if len(simplified) == 1 else character
    lowered = character.lower()
    return lowered if len(lowered) == 1 else character


_FOLDING: Final = _Folding()


def fold(text: str) -> str:
    """Lower case, half width, simplified characters; ``len(fold(text)) == len(text)`` always."""
    return text.translate(_FOLDING)


# Parameters that name the visit, not the page. Source: the documented campaign parameters of web analytics
# (utm_*), and of advertising and messaging systems (click ids); ``spm`` and ``share_*`` by Chinese platforms.
TRACKING_PREFIXES: Final = ("utm_", "share_")
TRACKING_NAMES: Final = frozenset({"spm", "scm", "gclid", "fbclid", "msclkid", "from_source", "bd_vid", "wfr"})
DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def canonical_url(url: str, base: str | None = None) -> str:
    """Absolute address without fragment, default port and tracking parameters; host in lower case.

    Parameters keep their order: some sites read it. Raises InvalidInput unless it is an http(s) address.
    """
    try:
        parts = urlsplit(urljoin(base, url.strip()) if base else url.strip())
        host, port = (parts.hostname or "").lower(), parts.port
        host = host.encode("idna").decode() if not host.isascii() else host
    except (ValueError, UnicodeError) as error:
        raise InvalidInput("网址无法识别", url=url[:200]) from error
    if parts.scheme.lower() not in DEFAULT_PORTS or not host:
        raise InvalidInput("网址必须以 http:// 或 https:// 开头", url=url[:200])
    scheme = parts.scheme.lower()
    host = f"[{host}]" if ":" in host else host
    place = host if port in (None, DEFAULT_PORTS[scheme]) else f"{host}:{port}"
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._", errors="replace")
    return urlunsplit((scheme, place, path, _clean_query(parts.query), ""))


def _clean_query(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True, errors="surrogateescape")
    if not pairs and query:
        return quote(query, safe="=&%:@!$'()*+,;~/?-._", errors="replace")
    kept = [pair for pair in pairs if not _is_tracking(pair[0])]
    if len(kept) == len(pairs):
        return quote(query, safe="=&%:@!$'()*+,;~/?-._", errors="replace")  # untouched: keep the site's own spelling
    return urlencode(kept, errors="surrogateescape")


def _is_tracking(name: str) -> bool:
    lowered = name.lower()
    return lowered in TRACKING_NAMES or lowered.startswith(TRACKING_PREFIXES)
