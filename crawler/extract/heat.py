"""The heat (热度) that a hot list prints beside an entry, as a number."""

import re
from typing import Final

_HEAT: Final = re.compile(r"(\d[\d,]{0,17}(?:\.\d{1,4})?)\s*(万|亿|[wWkK])?", re.ASCII)
_UNITS: Final = {"": 1, "k": 1_000, "w": 10_000, "万": 10_000, "亿": 100_000_000}
# Guess: what numbers can be; a longer one is an id.
MOST_HEAT: Final = 10**15


def heat_of(text: str) -> int | None:
    """The first number of a text, with its unit: 312.5万, 1,204,331, 热度 88w."""
    found = _HEAT.search(text)
    if found is None:
        return None
    heat = round(float(found[1].replace(",", "")) * _UNITS[(found[2] or "").lower()])
    return heat if heat <= MOST_HEAT else None
