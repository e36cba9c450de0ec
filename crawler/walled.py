"""Sites that show nothing to who is not signed in or has no browser; sources there are refused when they are saved.

The list is data (walled.yaml). What such a site says of a brand comes by import, push or a report of a person.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from core import plain_yaml

FILE: Final = Path(__file__).parent / "walled.yaml"
ADVICE: Final = "请改用导入（tingfeng import）、推送或人工上报"


def refusal(url: str) -> str | None:
    """Why this address is not collected, and what to do instead; None where it may be."""
    host = (urlsplit(url).hostname or "").lower().rstrip(".")
    for place in _tails(host):
        if reason := _reasons().get(place):
            return f"{reason}，不予采集；{ADVICE}"
    return None


def _tails(host: str) -> list[str]:
    """The host and the domains it belongs to."""
    labels = host.split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]


@cache
def _reasons() -> Mapping[str, str]:
    entries: Any = plain_yaml.load(FILE.read_text(encoding="utf-8"), FILE.name)  # Any: our own file
    return {host: entry["reason"] for entry in entries for host in entry["hosts"]}
