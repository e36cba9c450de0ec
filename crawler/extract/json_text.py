"""JSON as it comes from the network: strict, because what reads two ways is read the wrong way by somebody."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from core.errors import SourceChanged


class _Unclear(ValueError):
    """Ours: its text is one Chinese sentence."""


def read_json(text: str, url: str) -> Any:  # Any: decoded JSON
    """Raises SourceChanged with what is wrong: not JSON, NaN, a key given twice, nested too deep."""
    if text.lstrip().startswith("<"):
        raise SourceChanged("接口返回的是网页，不是 JSON，请检查网址或是否需要登录", url=url)
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except _Unclear as error:
        raise SourceChanged(str(error), url=url) from error
    except RecursionError as error:
        raise SourceChanged("JSON 嵌套过深，无法读取", url=url) from error
    except json.JSONDecodeError as error:
        place = f"第 {error.lineno} 行第 {error.colno} 个字符处"
        raise SourceChanged(f"接口返回的不是有效的 JSON（{place}有误）", url=url) from error
    except ValueError as error:  # a number of thousands of digits
        raise SourceChanged("JSON 里有无法读取的数字", url=url) from error


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:  # Any: as above
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise _Unclear(f"JSON 里同一个键出现两次：{twice[:50]}")
    return found


def _no_number(name: str) -> object:
    raise _Unclear(f"JSON 里有不是数字的值 {name}")
