"""What came of looking at a source once, before it is registered."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """definition: of the source, as ``crawler.definition`` reads it; empty where a site offered none.

    reason: one sentence, also when it is well. found: entries on the page that was read.
    """

    name: str
    is_ok: bool
    reason: str
    found: int = 0
    definition: dict[str, Any] = field(default_factory=dict)  # Any: JSON-ready values of several types
