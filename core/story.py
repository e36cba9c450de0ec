"""Stories (话题): mentions about one event. Ids are stable: a story is named after its first mention.

A mention joins a story of the same brand when it is a near-copy of one of its mentions, or when both speak of
the same things: at least two of the story's core words within 72 hours. Not for judging texts: fingerprint and
keywords come from the analysis.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BindParameter,
    Column,
    Connection,
    Index,
    Integer,
    Row,
    Select,
    String,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from core.database import UtcTime, metadata, serialise, storable
from core.mention import Analysis, Mention
from core.personal import mask

story_table: Final = Table(
    "story",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("brand", String, nullable=False),
    Column("title", Text, nullable=False),
    Column("first_seen_at", UtcTime, nullable=False),
    Column("last_seen_at", UtcTime, nullable=False),
    Column("mention_count", Integer, nullable=False),
    Column("words", JSON, nullable=False),
    Index(None, "brand", "last_seen_at"),
)

# One row per band of a fingerprint (locality-sensitive hashing): equal bands name candidates for near-copies.
band_table: Final = Table(
    "story_band",
    metadata,
    Column("band", String(48), primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("story_id", String(32), nullable=False),
    Column("at", UtcTime, nullable=False),
    Index(None, "at"),
)

# Source: DESIGN section 15, MinHash with 128 permutations in 32 bands of 4 values, 8 hex digits each.
BANDS: Final = 32
BAND_DIGITS: Final = 32
VALUE_DIGITS: Final = 8
# Guess: share of equal values that makes a near-copy; measured by tests/bench/nlp.py on edited and different texts.
NEAR_COPY: Final = 0.5
# Guess: an event is talked about within three days ("4-24-72" curve, tail after 72 h).
STORY_GAP: Final = timedelta(hours=72)
# Guess: two common words besides the brand; with one, every complaint of a brand would be one story.
COMMON_WORDS: Final = 2
# A core word is in at least this share of the story's mentions, so that a story does not drift.
CORE_SHARE: Final = 0.3
# Words kept per story; more would only be rare ones.
WORDS_KEPT: Final = 40
# Guess: a brand with more stories within STORY_GAP has a word list that is too wide. Those seen last are compared;
# it bounds how long the transaction of a batch lasts.
COMPARED_AT_MOST: Final = 2000
# Guess: clusters of times in a batch of one brand; more is a backfill over months, where the narrower gaps stay joined.
CLUSTERS_AT_MOST: Final = 4
# Guess: what fits a line of a list.
LONGEST_TITLE: Final = 80
# SQLite takes 32,766 bound values, PostgreSQL 65,535.
KEYS_AT_ONCE: Final = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One event in the words of its first mention."""

    id: str
    brand: str
    title: str
    first_seen_at: datetime
    last_seen_at: datetime
    mention_count: int


def assign(connection: Connection, batch: Sequence[tuple[Mention, Analysis]]) -> list[str | None]:
    """Find or found the story of each mention, in order; None where no brand counts. A mention keeps its story.

    Call inside the transaction that stores the analyses: counted once, however often the batch is repeated. One
    batch at a time, so that two workers do not found the same story twice.
    """
    serialise(connection, "story")
    ledger = _Ledger(connection, [pair for pair in batch if _needs_story(*pair)])
    found = [ledger.assign(*pair) if _needs_story(*pair) else _kept(pair[0]) for pair in batch]
    ledger.write(connection)
    return found


def get(connection: Connection, story_id: str) -> Story | None:
    """The story, or None."""
    row = connection.execute(select(story_table).where(story_table.c.id == story_id)).first()
    return _story(row) if row is not None else None


def forget_bands(connection: Connection, *, before: datetime) -> int:
    """Drop fingerprints too old to gain copies (daily)."""
    return connection.execute(delete(band_table).where(band_table.c.at < before)).rowcount


def bands(fingerprint: str) -> tuple[str, ...]:
    """Band keys of a fingerprint: its number and its digits."""
    step = BAND_DIGITS
    return tuple(f"{i:02d}{fingerprint[i * step : (i + 1) * step]}" for i in range(BANDS) if fingerprint)


def similarity(one: str, other: str) -> float:
    """Share of equal MinHash values, an estimate of the Jaccard similarity; 0 for an empty fingerprint."""
    if not one or len(one) != len(other):
        return 0.0
    places = range(0, len(one), VALUE_DIGITS)
    equal = sum(one[i : i + VALUE_DIGITS] == other[i : i + VALUE_DIGITS] for i in places)
    return equal / len(places)


@dataclass(slots=True)
class _Entry:
    """A story while a batch is assigned. state: what ``write`` has to do with it."""

    brand: str
    title: str
    first: datetime
    last: datetime
    count: int
    words: Counter[str]
    is_new: bool = False
    is_changed: bool = False

    @property
    def core(self) -> set[str]:
        least = max(1.0, self.count * CORE_SHARE)
        return {word for word, count in self.words.items() if count >= least}

    def is_alive(self, time: datetime) -> bool:
        return self.first - STORY_GAP <= time <= self.last + STORY_GAP

    def row(self, story_id: str) -> dict[str, object]:
        """Values for the table; only the most frequent words are kept."""
        kept = sorted(self.words.items(), key=lambda item: (-item[1], item[0]))[:WORDS_KEPT]
        return {
            "id": story_id,
            "brand": self.brand,
            "title": self.title,
            "first_seen_at": self.first,
            "last_seen_at": self.last,
            "mention_count": self.count,
            "words": dict(kept),
        }


class _Ledger:
    """Stories and bands that a batch may touch, read once and written once."""

    def __init__(self, connection: Connection, batch: Sequence[tuple[Mention, Analysis]]) -> None:
        keys = {key for _, analysis in batch for key in _band_keys(analysis)}
        self._bands = _bands_of(connection, sorted(keys))
        self._fresh_bands: list[dict[str, object]] = []
        # A mention that retention removed and that comes back meets the story it founded.
        named = {row[1] for row in self._bands.values()} | {_founded_by(mention) for mention, _ in batch}
        self._entries = _entries_of(connection, batch, named)
        # Core word → stories, so that a mention is compared with those that share one only.
        self._cores: dict[str, set[str]] = {}
        self._speaking: dict[tuple[str, str], set[str]] = defaultdict(set)
        for story_id in self._entries:
            self._note_core(story_id)

    def assign(self, mention: Mention, analysis: Analysis) -> str:
        """Decide for one mention and remember it for the next ones."""
        brand, words = analysis.brand_names[0], _words(analysis)
        story_id = self._near_copy(analysis) or self._same_topic(brand, words, mention.order_time)
        if story_id is None:
            story_id = self._found(brand, mention)
        self._join(story_id, words, mention.order_time)
        self._remember(analysis, story_id, mention.order_time)
        return story_id

    def write(self, connection: Connection) -> None:
        """Store what changed, in four statements."""
        new = [entry.row(key) for key, entry in self._entries.items() if entry.is_new]
        changed = [entry.row(key) for key, entry in self._entries.items() if entry.is_changed and not entry.is_new]
        if new:
            connection.execute(insert(story_table), new)
        if changed:
            columns: dict[str, BindParameter[Any]] = {
                name: bindparam(f"new_{name}") for name in ("first_seen_at", "last_seen_at", "mention_count", "words")
            }
            chosen = update(story_table).where(story_table.c.id == bindparam("new_id")).values(**columns)
            connection.execute(chosen, [{f"new_{name}": value for name, value in row.items()} for row in changed])
        if self._fresh_bands:
            connection.execute(insert(band_table), self._fresh_bands)

    def _near_copy(self, analysis: Analysis) -> str | None:
        candidates = {self._bands[key] for key in _band_keys(analysis) if key in self._bands}
        scored = [(similarity(analysis.fingerprint, fingerprint), story_id) for fingerprint, story_id in candidates]
        best = max(scored, default=(0.0, ""))
        return best[1] if best[0] >= NEAR_COPY and best[1] in self._entries else None

    def _same_topic(self, brand: str, words: Sequence[str], time: datetime) -> str | None:
        common: Counter[str] = Counter()
        for word in set(words):
            common.update(self._speaking.get((brand, word), ()))
        candidates = (
            (shared, entry.count, story_id)
            for story_id, shared in common.items()
            if shared >= COMMON_WORDS and (entry := self._entries[story_id]).is_alive(time)
        )
        return max(candidates, default=(0, 0, None))[2]

    def _found(self, brand: str, mention: Mention) -> str:
        story_id, time = _founded_by(mention), mention.order_time
        if story_id not in self._entries:
            # Masked before it is cut: half a phone number is none to the mask, but still one to a reader.
            title = mask(storable(mention.title or mention.text[: 2 * LONGEST_TITLE]))[:LONGEST_TITLE]
            self._entries[story_id] = _Entry(brand, title, time, time, 0, Counter(), is_new=True)
        return story_id

    def _join(self, story_id: str, words: Sequence[str], time: datetime) -> None:
        entry = self._entries[story_id]
        entry.first, entry.last = min(entry.first, time), max(entry.last, time)
        entry.count += 1
        entry.words.update(words)
        entry.is_changed = True
        self._note_core(story_id)

    def _note_core(self, story_id: str) -> None:
        entry = self._entries[story_id]
        before, now = self._cores.get(story_id, set()), entry.core
        for word in before ^ now:
            (set.add if word in now else set.discard)(self._speaking[entry.brand, word], story_id)
        self._cores[story_id] = now

    def _remember(self, analysis: Analysis, story_id: str, at: datetime) -> None:
        """Keep the bands nobody has yet: an exact copy adds nothing."""
        for key in _band_keys(analysis):
            if key not in self._bands:
                self._bands[key] = (analysis.fingerprint, story_id)
                row = {"band": key, "fingerprint": analysis.fingerprint, "story_id": story_id, "at": at}
                self._fresh_bands.append(row)


def _founded_by(mention: Mention) -> str:
    return f"S{mention.id[:15]}"


def _needs_story(mention: Mention, analysis: Analysis) -> bool:
    return _kept(mention) is None and bool(analysis.brand_names)


def _kept(mention: Mention) -> str | None:
    return mention.analysis.story if mention.analysis is not None else None


def _bands_of(connection: Connection, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Band → (fingerprint, story id)."""
    found: dict[str, tuple[str, str]] = {}
    for start in range(0, len(keys), KEYS_AT_ONCE):
        chosen = select(band_table).where(band_table.c.band.in_(keys[start : start + KEYS_AT_ONCE]))
        found.update((row.band, (row.fingerprint, row.story_id)) for row in connection.execute(chosen))
    return found


def _entries_of(
    connection: Connection, batch: Sequence[tuple[Mention, Analysis]], named: set[str]
) -> dict[str, _Entry]:
    """Stories the bands name, and of each brand those alive around the times of the batch."""
    times: dict[str, list[datetime]] = defaultdict(list)
    for mention, analysis in batch:
        times[analysis.brand_names[0]].append(mention.order_time)
    chosen_ones = [_alive(brand, cluster) for brand in sorted(times) for cluster in _clusters(times[brand])]
    rows = [row for chosen in chosen_ones for row in connection.execute(chosen)]
    missing = sorted(named - {row.id for row in rows})
    for start in range(0, len(missing), KEYS_AT_ONCE):
        chosen = select(story_table).where(story_table.c.id.in_(missing[start : start + KEYS_AT_ONCE]))
        rows.extend(connection.execute(chosen))
    return {row.id: _entry(row) for row in rows}


def _clusters(times: Sequence[datetime]) -> list[list[datetime]]:
    """Times whose stories are looked for together: an old mention must not use up the limit with what lies between.

    Split at the widest gaps, which no story needs to bridge; the number is limited as the stories are.
    """
    ordered = sorted(times)
    gaps = [(after - before, place) for place, (before, after) in enumerate(pairwise(ordered), start=1)]
    widest = sorted((gap for gap in gaps if gap[0] > 2 * STORY_GAP), reverse=True)[: CLUSTERS_AT_MOST - 1]
    edges = [0, *sorted(place for _, place in widest), len(ordered)]
    return [ordered[start:end] for start, end in pairwise(edges)]


def _alive(brand: str, times: Sequence[datetime]) -> Select[Any]:  # Any: as below
    """The stories of one brand that a mention of these times may join, those seen last first."""
    is_alive = and_(
        story_table.c.brand == brand,
        story_table.c.last_seen_at >= min(times) - STORY_GAP,
        story_table.c.first_seen_at <= max(times) + STORY_GAP,
    )
    newest = (story_table.c.last_seen_at.desc(), story_table.c.id)
    return select(story_table).where(is_alive).order_by(*newest).limit(COMPARED_AT_MOST)


def _entry(row: Row[Any]) -> _Entry:  # Any: a Core row
    return _Entry(row.brand, row.title, row.first_seen_at, row.last_seen_at, row.mention_count, Counter(row.words))


def _band_keys(analysis: Analysis) -> list[str]:
    """Near-copies are looked for within one brand: stories never cross brands."""
    prefix = hashlib.sha256(analysis.brand_names[0].encode()).hexdigest()[:8]
    return [prefix + band for band in bands(analysis.fingerprint)]


def _words(analysis: Analysis) -> tuple[str, ...]:
    names = {match.brand for match in analysis.brands} | {match.alias for match in analysis.brands}
    return tuple(keyword.word for keyword in analysis.keywords if keyword.word not in names)


def _story(row: Row[Any]) -> Story:  # Any: a Core row
    return Story(
        id=row.id,
        brand=row.brand,
        title=row.title,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        mention_count=row.mention_count,
    )
