"""What an engine stores of a mention: the same projection for both, so that their answers cannot differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.errors import InvalidInput
from core.mention import SHANGHAI, Mention, to_json
from index.base import Bucket, Dimension, Hit, Span
from index.node import And, Field, Node, Not, Or, Words
from index.segments import Phrase, Tokenise, find, phrase, segments

CLOCKS: Final = frozenset({Dimension.HOUR, Dimension.DAY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """at: order_time in milliseconds. hour: Shanghai wall clock. values: none for a field that is not known."""

    id: str
    order_key: int
    revision: int
    at: int
    hour: datetime
    title: str
    text: str
    values: Mapping[Field, tuple[str, ...]]
    record: str


def entry_of(mention: Mention, tokenise: Tokenise) -> Entry:
    """Project and cut one mention. Raises InvalidInput for one that no engine can hold."""
    if mention.order_key is None or not 0 <= mention.order_key < 2**63:
        raise InvalidInput("信息缺少排序号，不能写入索引", mention=mention.id)
    moment = mention.order_time
    return Entry(
        id=mention.id,
        order_key=mention.order_key,
        revision=mention.revision,
        at=milliseconds(moment),
        hour=moment.astimezone(SHANGHAI).replace(minute=0, second=0, microsecond=0, tzinfo=None),
        title=segments(mention.title, tokenise),
        text=segments(mention.text, tokenise),
        values={field: tuple(dict.fromkeys(found)) for field, found in _values(mention).items() if found},
        record=to_json(mention),
    )


def entry_or_none(mention: Mention, tokenise: Tokenise) -> Entry | None:
    """None for one that no engine can hold: it is rejected, the rest of its batch is not."""
    try:
        return entry_of(mention, tokenise)
    except InvalidInput:
        return None


def milliseconds(moment: datetime) -> int:
    """Since 1970, rounded down: the finest time both engines keep."""
    return int(moment.timestamp() * 1000 // 1)


def hit_of(mention: Mention, title: str, text: str, phrases: Sequence[Phrase]) -> Hit:
    """title, text: as in Entry. Spans are offsets of the mention's own title and text."""
    parts = (("title", title), ("text", text))
    spans = [Span(part=part, start=start, end=end) for part, joined in parts for start, end in find(joined, phrases)]
    return Hit(mention=mention, highlights=tuple(spans))


def phrases_of(node: Node, tokenise: Tokenise) -> tuple[Phrase, ...]:
    """What a hit is highlighted for: the words asked for, without those ruled out."""
    match node:
        case Words(text):
            return (phrase(text, tokenise),)
        case And(nodes) | Or(nodes):
            return tuple(dict.fromkeys(found for child in nodes for found in phrases_of(child, tokenise)))
        case Not(Not(inner)):
            return phrases_of(inner, tokenise)
        case _:
            return ()


def in_order(buckets: Sequence[Bucket], by: Sequence[Dimension], limit: int | None) -> tuple[Bucket, ...]:
    """In time order when a clock is among the dimensions, else most first; equal ones by their keys."""
    clocks = [place for place, dimension in enumerate(by) if dimension in CLOCKS]
    if clocks:
        ordered = sorted(buckets, key=lambda bucket: ([bucket.keys[place] for place in clocks], bucket.keys))
    else:
        ordered = sorted(buckets, key=lambda bucket: (-bucket.count, bucket.keys))
    return tuple(ordered[:limit])


def _values(mention: Mention) -> dict[Field, tuple[str, ...]]:
    analysis = mention.analysis
    values: dict[Field, tuple[str, ...]] = {
        Field.SOURCE: (mention.source,),
        Field.PLATFORM: (mention.platform.value,),
        Field.TIER: (mention.tier.value,),
        Field.STATUS: (mention.status.value,),
        Field.BURST: (str(mention.counts_in_bursts).lower(),),
        Field.AUTHOR: (mention.author or "",),
    }
    if analysis is not None:
        values[Field.SENTIMENT] = (analysis.sentiment.label.value,)
        values[Field.STORY] = (analysis.story or "",)
        values[Field.BRAND] = analysis.brand_names
        values[Field.RISK] = tuple(label.name for label in analysis.risks)
    return {field: tuple(value for value in found if value) for field, found in values.items()}
