"""What a report added to a mention, field by field with what stood there before, and how it is taken back.

Pure. Reports on one mention are a chain: where a later one told the same field, it is what stood there before *it* that
is mended.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from core.mention import Engagement, Mention
from core.seen_again import COUNTS

# Field → what stood there before, what the report told.
Added = dict[str, list[Any]]  # Any: JSON values


def note(before: Mention | None, told: Mention, after: Mention) -> Added:
    """The fields of ``after`` that say what the report told. before: None for a mention that it brought."""
    former: Mapping[str, Any] = _values(before) if before is not None else {}
    now = _values(after)
    given = {name: value for name, value in _values(told).items() if value is not None}
    return {name: [former.get(name), value] for name, value in given.items() if now[name] == value}


def take_back(mention: Mention, added: Added, later: Sequence[Added]) -> Mention:
    """The mention without it. later: what the reports after it added, oldest first; mended in place."""
    values = _values(mention)
    for name, (before, given) in added.items():
        following = next((each[name] for each in later if name in each), None)
        if following is not None:
            following[0] = before if following[0] == given else following[0]
        elif values[name] == given:
            values[name] = before
    counted_at = datetime.fromisoformat(values["counted_at"]) if values["counted_at"] else None
    engagement = Engagement(**{name: values[name] for name in COUNTS}, counted_at=counted_at)
    return replace(mention, title=values["title"] or "", text=values["text"] or "", engagement=engagement)


def _values(mention: Mention) -> dict[str, Any]:  # Any: as above
    counts = {name: getattr(mention.engagement, name) for name in COUNTS}
    counted_at = mention.engagement.counted_at
    texts = {"title": mention.title or None, "text": mention.text or None}
    return texts | counts | {"counted_at": counted_at.isoformat() if counted_at else None}
