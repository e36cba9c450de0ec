"""The inbox: every raw mention with its revisions and its analysis. Durable; the crawler's job ends here.

Invariants: one row per mention id; each change raises ``revision``; ``order_key`` is given once and unique;
what the index holds is behind exactly where ``revision > indexed_revision``. Every step may be repeated
after a crash without a duplicate.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from core import forgotten, removed, seen_again
from core.database import serialise
from core.mention import (
    Analysis,
    Mention,
    Status,
    analysis_from_json,
    analysis_to_json,
    content_digest,
    from_json,
    mention_id,
    to_json,
)
from core.mention_table import BEHIND, WAITING, mention_table, version_table
from core.normalise import canonical_url

# SQLite allows 32,766 bound values, the batches of DESIGN section 5 are 500 rows.
BATCH: Final = 500
# Guess: long enough for the slowest batch (500 mentions of 10,000 characters), short enough after a lost worker.
CLAIM_SECONDS: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class PutResult:
    """new and changed (edited): mention ids; repeated: mentions that were there already, with the same content.

    known_since: when the oldest of those that were there already was first seen.
    """

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    repeated: int = 0
    known_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A mention as it was until ``replaced_at``."""

    mention: Mention
    replaced_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Mentions waiting for analysis and for the index."""

    unanalysed: int
    unindexed: int


def put(connection: Connection, mentions: Sequence[Mention], *, now: datetime) -> PutResult:
    """Store mentions that passed ``core.intake``; equal ones count as repeated, edited ones keep their former version.

    Several sources that saw the same mention are joined in ``seen_by``. Repeating a call changes nothing.
    """
    serialise(connection, "inbox")
    mentions = forgotten.without(connection, mentions)
    stored = _first_seen(connection, [mention.id for mention in mentions])
    fresh = {mention.id: mention for mention in reversed(mentions) if mention.id not in stored}
    new = [mention for mention in mentions if fresh.get(mention.id) is mention]
    _insert(connection, new)
    changed: list[str] = []
    for mention in mentions:
        if fresh.get(mention.id) is not mention and _merge(connection, _row(connection, mention.id), mention, now):
            changed.append(mention.id)
    repeated = len(mentions) - len(fresh) - len(changed)
    known_since = min(stored.values(), default=None)
    return PutResult(new=tuple(fresh), changed=tuple(changed), repeated=repeated, known_since=known_since)


def known(connection: Connection, ids: Sequence[str]) -> dict[str, Mention]:
    """Which of these ids are stored, as a mention's own or as that of the address it was read at.

    Answers stand at the address of what they answer, and a headline alone (an entry of a hot list) at that of the
    text it leads to: they are known by their own ids only.
    """
    found: dict[str, Mention] = {}
    for start in range(0, len(ids), BATCH):
        asked = ids[start : start + BATCH]
        is_known = or_(mention_table.c.id.in_(asked), mention_table.c.address_id.in_(asked))
        for row in connection.execute(select(mention_table).where(is_known)):
            mention = found[row.id] = _mention(row)
            if mention.parent_id is None and mention.text != mention.title:
                found.setdefault(row.address_id, mention)
    return {given: found[given] for given in ids if given in found}


def get(connection: Connection, mention_id: str) -> Mention | None:
    """The whole mention as stored, unmasked: callers check access."""
    row = connection.execute(select(mention_table).where(mention_table.c.id == mention_id)).first()
    return _mention(row) if row is not None else None


def versions(connection: Connection, mention_id: str) -> tuple[Version, ...]:
    """Former versions, oldest first."""
    chosen = version_table.c.mention_id == mention_id
    rows = connection.execute(select(version_table).where(chosen).order_by(version_table.c.revision))
    return tuple(Version(mention=from_json(row.record), replaced_at=row.replaced_at) for row in rows)


def claim(connection: Connection, *, worker: str, limit: int, now: datetime) -> tuple[Mention, ...]:
    """Take mentions that wait for analysis, oldest first; nobody else gets them for CLAIM_SECONDS.

    A worker that was killed gets its own claims again at once under the same name.
    """
    free = or_(
        mention_table.c.claimed_until.is_(None),
        mention_table.c.claimed_until <= now,
        mention_table.c.claimed_by == worker,
    )
    chosen = (
        select(mention_table)
        .where(WAITING, free)
        .order_by(mention_table.c.order_key)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = connection.execute(chosen).all()
    if rows:
        connection.execute(
            update(mention_table)
            .where(mention_table.c.id.in_([row.id for row in rows]))
            .values(claimed_by=worker, claimed_until=now + timedelta(seconds=CLAIM_SECONDS))
        )
    return tuple(_mention(row) for row in rows)


def unchanged(connection: Connection, mentions: Sequence[Mention]) -> set[str]:
    """Ids of those whose stored revision is the given one; they stay so until the transaction ends."""
    chosen = select(mention_table.c.id, mention_table.c.revision).where(
        mention_table.c.id.in_([mention.id for mention in mentions])
    )
    revisions = {row.id: row.revision for row in connection.execute(chosen.with_for_update())}
    return {mention.id for mention in mentions if revisions.get(mention.id) == mention.revision}


def store_analyses(connection: Connection, batch: Sequence[tuple[Mention, Analysis]]) -> int:
    """Store what nlp said of exactly these revisions; a mention that changed meanwhile keeps waiting.

    Returns how many were stored.
    """
    current = unchanged(connection, [mention for mention, _ in batch])
    rows = [_analysed(*pair) for pair in batch if pair[0].id in current]
    if rows:
        given: dict[str, BindParameter[Any]] = {
            name: bindparam(f"b_{name}") for name in ("record", "analysis", "story", "revision")
        }
        free: dict[str, object] = {"is_analysed": True, "claimed_by": None, "claimed_until": None}
        connection.execute(
            update(mention_table).where(mention_table.c.id == bindparam("b_id")).values({**given, **free}), rows
        )
    return len(rows)


def _analysed(mention: Mention, analysis: Analysis) -> dict[str, object]:
    is_excluded = bool(analysis.brands) and not analysis.brand_names
    return {
        "b_id": mention.id,
        "b_record": to_json(_bare(replace(mention, status=_status_after(mention.status, is_excluded)))),
        "b_analysis": analysis_to_json(analysis),
        "b_story": analysis.story,
        "b_revision": mention.revision + 1,
    }


def request_analysis(connection: Connection, mention_ids: Sequence[str]) -> int:
    """Put mentions back into the queue (the watchlist changed); an analysis that runs already does not count."""
    again = {"is_analysed": False, "claimed_by": None, "claimed_until": None}
    return _touch(connection, mention_table.c.id.in_(mention_ids), again)


def unindexed(connection: Connection, *, limit: int) -> tuple[Mention, ...]:
    """Analysed mentions whose newest revision is not in the index, oldest first."""
    rows = connection.execute(select(mention_table).where(BEHIND).order_by(mention_table.c.order_key).limit(limit))
    return tuple(_mention(row) for row in rows)


def mark_indexed(connection: Connection, revisions: Mapping[str, int], *, now: datetime) -> None:
    """revisions: id → the revision the index holds now. Never lowers; a newer revision stays behind.

    What was removed meanwhile must leave the index again: see ``removed``.
    """
    if not revisions:
        return
    stored = _first_seen(connection, list(revisions)).keys()
    removed.keep(connection, {gone: revisions[gone] for gone in revisions.keys() - stored}, now=now)
    is_older = mention_table.c.indexed_revision < bindparam("b_revision")
    connection.execute(
        update(mention_table)
        .where(mention_table.c.id == bindparam("b_id"), is_older)
        .values(indexed_revision=bindparam("b_revision"), indexed_at=func.coalesce(mention_table.c.indexed_at, now)),
        [{"b_id": mention_id, "b_revision": revision} for mention_id, revision in revisions.items()],
    )


def mark_unindexed(connection: Connection, mention_ids: Sequence[str] | None = None) -> int:
    """The index has lost these, or all. The revision is raised, so that a batch under way does not undo it."""
    is_lost = mention_table.c.id.in_(mention_ids) if mention_ids is not None else mention_table.c.indexed_revision > 0
    return _touch(connection, is_lost, {})


def _touch(connection: Connection, chosen: ColumnElement[bool], values: Mapping[str, object]) -> int:
    raised = update(mention_table).where(chosen).values(revision=mention_table.c.revision + 1, **values)
    return connection.execute(raised).rowcount


def scan(connection: Connection, *, after: int = -1, limit: int = BATCH) -> tuple[Mention, ...]:
    """A page in order_key order; ``after`` is the order_key of the last mention seen."""
    chosen = select(mention_table).where(mention_table.c.order_key > after)
    return tuple(_mention(row) for row in connection.execute(chosen.order_by(mention_table.c.order_key).limit(limit)))


def older_than(connection: Connection, moment: datetime, *, limit: int = BATCH) -> tuple[str, ...]:
    """Ids whose retention has ended, oldest first."""
    chosen = select(mention_table.c.id).where(mention_table.c.order_time < moment)
    return tuple(connection.scalars(chosen.order_by(mention_table.c.order_time).limit(limit)))


def remove(connection: Connection, mention_ids: Sequence[str], *, now: datetime) -> int:
    """Delete mentions with their versions (retention); the index follows through ``removed``."""
    serialise(connection, "inbox")
    connection.execute(delete(version_table).where(version_table.c.mention_id.in_(mention_ids)))
    gone = delete(mention_table).where(mention_table.c.id.in_(mention_ids))
    rows = connection.execute(gone.returning(mention_table.c.id, mention_table.c.revision)).all()
    removed.keep(connection, {row.id: row.revision for row in rows}, now=now)
    return len(rows)


def mark_deleted(connection: Connection, mention_ids: Sequence[str]) -> int:
    """Their pages are gone from the source: they stay, marked. Returns how many were not marked before."""
    serialise(connection, "inbox")
    rows = connection.execute(select(mention_table).where(mention_table.c.id.in_(mention_ids))).all()
    marked = [mention for row in rows if (mention := _mention(row)).status is not Status.DELETED]
    for mention in marked:
        after = replace(mention, status=Status.DELETED, revision=mention.revision + 1)
        values = {"record": to_json(_bare(after)), "revision": after.revision}
        connection.execute(update(mention_table).where(mention_table.c.id == mention.id).values(**values))
    return len(marked)


def backlog(connection: Connection) -> Backlog:
    """Count what waits."""
    count = select(func.count()).select_from(mention_table)
    return Backlog(
        unanalysed=connection.scalar(count.where(WAITING)) or 0,
        unindexed=connection.scalar(count.where(BEHIND)) or 0,
    )


def count(connection: Connection, *, source: str | None = None) -> int:
    """Mentions stored; of all sources, or of the one that saw them first."""
    chosen = select(func.count()).select_from(mention_table)
    return connection.scalar(chosen if source is None else chosen.where(mention_table.c.source == source)) or 0


def _row(connection: Connection, mention_id: str) -> Row[Any]:  # Any: SQLAlchemy's row of a Core table
    return connection.execute(select(mention_table).where(mention_table.c.id == mention_id)).one()


def _first_seen(connection: Connection, ids: Sequence[str]) -> dict[str, datetime]:
    chosen = select(mention_table.c.id, mention_table.c.seen_at).where(mention_table.c.id.in_(ids))
    return {row.id: row.seen_at for row in connection.execute(chosen)}


def _insert(connection: Connection, mentions: Sequence[Mention]) -> None:
    if not mentions:
        return
    # One that retention removed a while ago may still be in the index: it goes on above the revision there.
    last = removed.last(connection, [mention.id for mention in mentions])
    stored = [replace(mention, revision=last.get(mention.id, 0) + 1) for mention in mentions]
    keys = _free_order_keys(connection, stored)
    rows = [
        {
            "id": mention.id,
            "address_id": mention_id(canonical_url(mention.url)) if mention.url else mention.id,
            "order_key": key,
            "record": to_json(_bare(mention)),
            "digest": content_digest(mention),
            "revision": mention.revision,
            "indexed_revision": 0,
            "is_analysed": False,
            "source": mention.source,
            "order_time": mention.order_time,
            "seen_at": mention.seen_at,
        }
        for mention, key in zip(stored, keys, strict=True)
    ]
    connection.execute(insert(mention_table), rows)


def _merge(connection: Connection, row: Row[Any], incoming: Mention, now: datetime) -> bool:  # Any: as above
    """Join a mention seen again with the stored one; True when its content was edited."""
    before = _mention(row)
    content = seen_again.comparable(incoming, before)
    is_edit = seen_again.may_edit(incoming, before) and content_digest(content) != row.digest
    seen_by = tuple(dict.fromkeys((*before.seen_by, *incoming.seen_by)))
    engagement = seen_again.engagement(before, incoming)
    is_back = before.status is Status.DELETED and incoming.source == before.source
    if not (is_edit or is_back) and seen_by == before.seen_by and engagement == before.engagement:
        return False
    joined: dict[str, Any] = {"seen_by": seen_by, "engagement": engagement, "revision": before.revision + 1}
    if is_back:
        joined["status"] = Status.LIVE
    after = replace(before, **joined)
    values: dict[str, object] = {"revision": after.revision}
    if is_edit:
        former = {"mention_id": row.id, "revision": row.revision, "record": row.record, "replaced_at": now}
        connection.execute(insert(version_table).values(**former))
        after = replace(content, **joined | {"status": Status.CHANGED})
        values |= {"digest": content_digest(content), "is_analysed": False, "claimed_by": None, "claimed_until": None}
    values["record"] = to_json(_bare(after))
    connection.execute(update(mention_table).where(mention_table.c.id == row.id).values(**values))
    return is_edit


def _status_after(status: Status, excluded: bool) -> Status:
    if excluded:
        return Status.EXCLUDED
    return Status.LIVE if status is Status.EXCLUDED else status


def _bare(mention: Mention) -> Mention:
    """The raw record; analysis and order key have columns of their own."""
    return replace(mention, analysis=None, order_key=None)


def _mention(row: Row[Any]) -> Mention:  # Any: as above
    analysis = analysis_from_json(row.analysis) if row.analysis else None
    return replace(
        from_json(row.record),
        order_key=row.order_key,
        revision=row.revision,
        analysis=analysis,
        indexed_at=row.indexed_at,
    )


def _free_order_keys(connection: Connection, mentions: Sequence[Mention]) -> list[int]:
    """seconds << 24 | first 24 bits of the id's hash; + 1 while taken."""
    wanted = [_order_key(mention) for mention in mentions]
    taken = set(connection.scalars(select(mention_table.c.order_key).where(mention_table.c.order_key.in_(wanted))))
    given: list[int] = []
    for key in wanted:
        while key in taken:
            key += 1  # rare: look again whether the next one is free
            if connection.scalar(select(mention_table.c.id).where(mention_table.c.order_key == key)) is not None:
                taken.add(key)
        taken.add(key)
        given.append(key)
    return given


def _order_key(mention: Mention) -> int:
    seconds = max(0, int(mention.order_time.timestamp()))
    return seconds << 24 | int.from_bytes(hashlib.sha256(mention.id.encode()).digest()[:3], "big")
