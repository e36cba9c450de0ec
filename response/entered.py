"""Texts that people enter: trimmed, storable, within their length."""

from core.database import storable
from core.errors import InvalidInput


def required(text: str, field: str, label: str, *, longest: int) -> str:
    """Raises InvalidInput when it is blank or too long. label: how the page calls the field."""
    entered = optional(text, field, label, longest=longest)
    if not entered:
        raise InvalidInput(f"请填写{label}", field=field)
    return entered


def optional(text: str, field: str, label: str, *, longest: int) -> str:
    """Raises InvalidInput when it is too long; blank is empty."""
    if len(text) > longest:
        raise InvalidInput(f"{label}最多 {longest} 个字", field=field)
    return storable(text).strip()
