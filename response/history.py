"""What became of a mention at its source: each edit as a difference, and when its page was found to be gone."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import pairwise
from typing import Final

from sqlalchemy import Connection

from core import inbox
from core.mention import Mention, Time
from core.personal import mask
from crawler import recheck

# A sentence with its end: edits of Chinese texts are read by sentences, not by characters.
_SENTENCE: Final = re.compile(r"[^。！？!?；;\n]*[。！？!?；;\n]|[^。！？!?；;\n]+")
# Guess: comparing takes the square of it; the rest of a longer text is one piece.
MOST_SENTENCES: Final = 400


class Change(StrEnum):
    """What happened to a piece of text."""

    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A run of sentences, masked."""

    change: Change
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """at: when the edit was noticed. title, text: pieces in reading order."""

    at: Time
    title: tuple[Piece, ...]
    text: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """edits: oldest first. gone_at: when the page was found to be gone; None while it is there, as far as known."""

    edits: tuple[Edit, ...] = ()
    gone_at: Time | None = None


def of_mention(connection: Connection, mention_id: str) -> History:
    """For rooms whose caller has checked access."""
    former = inbox.versions(connection, mention_id)
    now = inbox.get(connection, mention_id)
    states = [*(version.mention for version in former), *([now] if now else [])]
    edits = (
        _edit(before, after, version.replaced_at)
        for version, (before, after) in zip(former, pairwise(states), strict=False)
    )
    return History(edits=tuple(edits), gone_at=recheck.gone_at(connection, mention_id))


def _edit(before: Mention, after: Mention, at: Time) -> Edit:
    return Edit(
        at=at,
        title=difference(mask(before.title), mask(after.title)),
        text=difference(mask(before.text), mask(after.text)),
    )


def difference(before: str, after: str) -> tuple[Piece, ...]:
    """Pieces that add up to ``before`` (kept, removed) and to ``after`` (kept, added)."""
    old, new = _sentences(before), _sentences(after)
    return tuple(_pieces(old, new))


def _pieces(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Piece(change=Change.KEPT, text="".join(old[i1:i2]))
            continue
        if removed := "".join(old[i1:i2]):
            yield Piece(change=Change.REMOVED, text=removed)
        if added := "".join(new[j1:j2]):
            yield Piece(change=Change.ADDED, text=added)


def _sentences(text: str) -> list[str]:
    found = _SENTENCE.findall(text)
    return [*found[:MOST_SENTENCES], *(["".join(found[MOST_SENTENCES:])] if len(found) > MOST_SENTENCES else [])]
