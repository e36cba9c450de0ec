"""One file for somebody who watches: first what it would become, then stored with the count and the first ids."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from app.imports import columns
from app.imports.load import BATCH, Answer, Import, Item, Summary
from core import inbox
from core.mention import Mention
from response.mentions import masked
from response.services import Services
from response.trial import Loaded, Trial

ROWS_SHOWN: Final = 5
# What a page goes through afterwards; the count says the rest.
IDS_KEPT: Final = 200


def try_file(services: Services, path: Path) -> Trial:
    """Raises InvalidInput when the file as a whole cannot be read."""
    opened = Import(services, path, source=path.stem)
    summary, rows = trial(services, opened)
    mapped = summary.mapped
    return Trial(
        text=summary.text,
        columns=tuple(columns.field_names(mapped, summary.columns)) if mapped else (),
        left_out=tuple(mapped.left_out.items()) if mapped else (),
        rows=tuple(map(masked, rows)),
        new=summary.new,
        refused=sum(summary.refused.values()),
    )


def trial(services: Services, opened: Import) -> tuple[Summary, list[Mention]]:
    """Go through the file without storing anything; the first rows as they would be stored. Raises InvalidInput."""
    rows: list[Mention] = []
    summary = opened.summary
    summary.is_trial = True
    with opened.items() as items:
        seen: set[str] = set()
        while batch := list(islice(items, BATCH)):
            rows += [item.mention for item in batch if item.mention][: ROWS_SHOWN - len(rows)]
            for answer in _answers(services, batch, seen):
                summary.note(answer)
    return summary, rows


def load_file(services: Services, path: Path, *, source: str) -> Loaded:
    """Raises InvalidInput when the file as a whole cannot be read, before anything is stored."""
    opened = Import(services, path, source=source)
    ids: dict[str, None] = {}
    for answer in opened.answers():
        if "id" in answer and "status" in answer and len(ids) < IDS_KEPT:
            ids[str(answer["id"])] = None
    summary = opened.summary
    return Loaded(
        text=summary.text,
        ids=tuple(ids),
        new=summary.new,
        repeated=summary.repeated + summary.changed,
        refused=sum(summary.refused.values()),
    )


def _answers(services: Services, batch: list[Item], seen: set[str]) -> Iterator[Answer]:
    with services.database.read() as connection:
        stored = inbox.known(connection, [item.mention.id for item in batch if item.mention])
    for item in batch:
        if item.mention is None:
            yield {"error": item.error.as_line() if item.error else {}}
            continue
        is_known = item.mention.id in stored or item.mention.id in seen
        seen.add(item.mention.id)
        yield {"status": "repeated" if is_known else "new"}
