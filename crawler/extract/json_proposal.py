"""The mapping that the answer of a JSON interface suggests: where its list is, and which common names items have."""

import re
from collections import deque
from typing import Any, Final

from crawler.extract.json_items import COMMON, largest_list
from crawler.extract.json_text import read_json

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_INNER: Final = ("name", "nickname", "screen_name", "username", "rendered", "text", "content", "html", "value")
# Guess: names that a hundred items do not show are not worth a line.
_SAMPLE: Final = 100
_MOST_VALUES: Final = 100_000


def propose(text: str, url: str) -> dict[str, str]:
    """Expressions by the name of the field; empty where there is no list. Raises SourceChanged unless it is JSON."""
    data = read_json(text, url)
    items = largest_list(data)
    if not items:
        return {}
    found = {"items": _path(data, items)}
    keys: dict[str, Any] = {}  # Any: decoded JSON
    for item in items[:_SAMPLE]:
        for key, value in item.items() if isinstance(item, dict) else ():
            if value not in (None, "", [], {}):
                keys.setdefault(key, value)
    for field in COMMON:
        if expression := _expression(field, keys):
            found[field] = expression
    return found


def _expression(field: str, keys: dict[str, Any]) -> str:  # Any: as above
    by_name = {key.lower().replace("-", "").replace("_", ""): key for key in reversed(keys)}
    for name in COMMON[field]:
        if (key := by_name.get(name)) is None:
            continue
        value = keys[key]
        if isinstance(value, dict):
            inner = next((one for one in _INNER if isinstance(value.get(one), str)), None)
            return f"{_quoted(key)}.{inner}" if inner else ""
        return _quoted(key)
    return ""


def _path(data: Any, wanted: Any) -> str:  # Any: as above
    """The way to this very list; ``@`` where it is the answer itself."""
    waiting = deque([(data, "")])
    for _ in range(_MOST_VALUES):
        if not waiting:
            break
        value, path = waiting.popleft()
        if value is wanted:
            return path or "@"
        if isinstance(value, dict):
            waiting.extend((inner, f"{path}.{_quoted(key)}".lstrip(".")) for key, inner in value.items())
        elif isinstance(value, list):
            waiting.extend((inner, f"{path or '@'}[{place}]") for place, inner in enumerate(value[:_SAMPLE]))
    return ""


def _quoted(key: str) -> str:
    if _PLAIN.fullmatch(key):
        return key
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
