"""What a failed check of a value means, in Chinese: pydantic's own sentences are English."""

import re
from collections.abc import Mapping
from typing import Any, Final

# Source: the error types of pydantic 2, those that a value from outside can meet here; {names} come from their context.
_SENTENCES: Final[Mapping[str, str]] = {
    "missing": "不能缺少",
    "extra_forbidden": "不认识这一项",
    "json_invalid": "不是有效的 JSON",
    "string_type": "应为文字",
    "string_too_short": "至少 {min_length} 个字",
    "string_too_long": "不能超过 {max_length} 个字",
    "string_pattern_mismatch": "格式不对",
    "too_short": "至少 {min_length} 项",
    "too_long": "不能超过 {max_length} 项",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "int_parsing_size": "数字过大",
    "float_type": "应为数字",
    "float_parsing": "应为数字",
    "finite_number": "应为有限的数字",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "应不大于 {le}",
    "enum": "应为 {expected} 之一",
    "literal_error": "应为 {expected} 之一",
    "list_type": "应为列表",
    "tuple_type": "应为列表",
    "dict_type": "应为键值",
    "model_attributes_type": "应为键值",
    "dataclass_type": "应为键值",
}
_TIME: Final = "应为 ISO 8601 时间"
_UNKNOWN: Final = "取值不对"


def sentence(error: Mapping[str, Any]) -> str:  # Any: pydantic's error details
    """One entry of ``ValidationError.errors()`` as what is wrong with the value; never raises."""
    kind = str(error.get("type", ""))
    if kind.startswith(("datetime", "date_", "time_", "timezone")):
        return _TIME
    given = error.get("ctx") or {}
    context = {name: re.sub(r", | or ", "、", str(value)).replace("'", "") for name, value in given.items()}
    try:
        return _SENTENCES.get(kind, _UNKNOWN).format(**context)
    except KeyError:
        return _UNKNOWN
