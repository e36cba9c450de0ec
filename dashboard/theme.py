"""What the product looks like: its icon, its colours and its one style sheet (``theme.css``)."""

from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import quote

PRIMARY: Final = "#1f5c8b"
# Quasar's names for its colours; each holds white text at 4.5:1.
COLOURS: Final = {
    "primary": PRIMARY,
    "secondary": "#4a5868",
    "accent": PRIMARY,
    "positive": "#23704f",
    "negative": "#b3261e",
    "info": PRIMARY,
    "warning": "#8a4b00",
}
ICON: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    f'<rect width="32" height="32" rx="7" fill="{PRIMARY}"/>'
    '<path d="M6 12h13a3.5 3.5 0 1 0-3.5-3.5M6 17h18a3.5 3.5 0 1 1-3.5 3.5M6 22h8a3 3 0 1 1-3 3" '
    'fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round"/></svg>'
)
ICON_ADDRESS: Final = f"data:image/svg+xml,{quote(ICON)}"


@cache
def css() -> str:
    """The style sheet."""
    return (Path(__file__).parent / "theme.css").read_text(encoding="utf-8")


def style() -> str:
    """The style sheet as an element of the head, so that a page never shows without it."""
    return f"<style>{css()}</style>"
