"""修改记录: what the source changed in a mention, and when its page was found to be gone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from dashboard import parts
from response.history import Change, Edit, History, Piece

# Guess: enough of what stayed to know the place.
KEPT_LENGTH: Final = 40
TAGS: Final = {Change.KEPT: "span", Change.REMOVED: "del", Change.ADDED: "ins"}


def draw(history: History, now: datetime) -> None:
    """Nothing where nothing happened."""
    if not history.edits and history.gone_at is None:
        return
    with parts.tag("section", classes="card"):
        parts.tag("h2", "修改记录", "card-title")
        if history.gone_at is not None:
            with parts.tag("p", classes="text-negative"):
                parts.time(history.gone_at, now)
                parts.tag("span", " 发现原文已不存在；采集到的内容保留在这里。")
        for edit in reversed(history.edits):
            _edit(edit, now)


def _edit(edit: Edit, now: datetime) -> None:
    with parts.tag("div", classes="edit"):
        with parts.tag("p", classes="muted small"):
            parts.time(edit.at, now)
            parts.tag("span", " 发现原文有改动")
        for pieces in (edit.title, edit.text):
            if any(piece.change is not Change.KEPT for piece in pieces):
                _difference(pieces)


def _difference(pieces: Sequence[Piece]) -> None:
    with parts.tag("p", classes="difference"):
        for piece in pieces:
            is_kept = piece.change is Change.KEPT
            parts.tag(TAGS[piece.change], _shortened(piece.text) if is_kept else piece.text)


def _shortened(text: str) -> str:
    if len(text) <= 2 * KEPT_LENGTH:
        return text
    return f"{text[:KEPT_LENGTH]} … {text[-KEPT_LENGTH:]}"
