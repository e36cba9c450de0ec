"""What a file of another system would become, and became: told by the reader of such files, shown by the doors."""

from dataclasses import dataclass
from typing import Final

from core.mention import Mention

# Guess: a month of a large brand; what is larger is for ``tingfeng import``.
LARGEST_FILE_BYTES: Final = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """text: in sentences for a person. columns: field → the file's columns. left_out: column → reason.

    rows: the first ones, as they would be stored, masked. new, refused: how many rows would be.
    """

    text: str
    columns: tuple[tuple[str, str], ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    rows: tuple[Mention, ...] = ()
    new: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """ids: of the mentions in the file, the first ones. new: those that were not there before."""

    text: str
    ids: tuple[str, ...]
    new: int
    repeated: int
    refused: int
