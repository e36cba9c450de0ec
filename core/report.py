"""Manual reports (随手报): somebody saw something on a platform that cannot be collected, and says what and where.

A report becomes a mention, or joins the one that is known under its link. Its reporter may take it back for a while.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import Field, TypeAdapter, ValidationError
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Row,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

from core import added, audit, evidence, inbox, intake, picture, share
from core.access import Action, Person, require
from core.added import Added
from core.database import Database, UtcTime, metadata, serialise, storable
from core.errors import IllegalTransition, InvalidInput, NotAllowed, NotFound
from core.evidence import Safe
from core.mention import Engagement, Mention, Platform, Time, as_utc
from core.personal import mask
from core.picture import Picture
from core.seen_again import COUNTS, Door
from core.validation import sentence

report_table: Final = Table(
    "report",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("mention_id", String(64), ForeignKey("mention.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("person", String, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("note", Text, nullable=False),
    Column("is_joined", Boolean, nullable=False),
    Column("added", JSON),  # see core.added; null in rows from before it
)

SOURCE: Final = "随手报"
MOST_PICTURES: Final = 3
LONGEST_TEXT: Final = 20_000
LONGEST_NOTE: Final = 1_000
UNDO_TIME: Final = timedelta(minutes=10)
# Guess: clocks of phones are off by less.
CLOCK_TOLERANCE: Final = timedelta(minutes=5)

LABELS: Final[Mapping[str, str]] = {
    "link": "链接",
    "text": "内容",
    "platform": "平台",
    "likes": "点赞",
    "comments": "评论",
    "reposts": "转发",
    "views": "阅读",
    "seen_at": "看到的时间",
    "note": "备注",
}

Count = Annotated[int, Field(ge=0, le=10**12)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a person enters. link: an address, or the whole share text. platform: None is guessed from the link."""

    link: Annotated[str, Field(max_length=LONGEST_TEXT)] = ""
    text: Annotated[str, Field(max_length=LONGEST_TEXT)] = ""
    platform: Platform | None = None
    likes: Count | None = None
    comments: Count | None = None
    reposts: Count | None = None
    views: Count | None = None
    seen_at: datetime | None = None
    note: Annotated[str, Field(max_length=LONGEST_NOTE)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """is_joined: the mention was known already. note: masked where it is shown."""

    id: str
    mention_id: str
    person: str
    at: Time
    seen_at: Time
    note: str
    is_joined: bool


_ADAPTER: Final = TypeAdapter(Given)


def from_form(values: Mapping[str, Any]) -> Given:  # Any: what a form holds
    """Read a form's fields; empty ones are not given. Raises InvalidInput naming the first bad one."""
    try:
        return _ADAPTER.validate_python({key: value for key, value in values.items() if value not in ("", None)})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0]) if first["loc"] else "report"
        raise InvalidInput(f"{LABELS.get(name, name)}有误：{sentence(first)}", field=name) from error


def make(
    database: Database,
    safe: Safe,
    person: Person,
    given: Given,
    files: Sequence[bytes] = (),
    *,
    author_key: str | None,
    now: datetime,
) -> Report:
    """Store what somebody saw; everybody who may read may report. safe: for the pictures.

    Opens its own transaction: pictures take long to check. Raises NotAllowed, InvalidInput, StoreUnavailable.
    """
    require(person, Action.READ_MENTIONS)
    if len(files) > MOST_PICTURES:
        raise InvalidInput(f"一次最多 {MOST_PICTURES} 张截图", field="screenshot")
    pictures = [picture.read(data) for data in files]
    made = intake.complete(_values(given, pictures, now), source=SOURCE, now=now, author_key=author_key)
    with database.write() as connection:
        serialise(connection, "inbox")
        before = inbox.known(connection, [made.id]).get(made.id)
        mention = made if before is None else _joined(made, before)
        inbox.put(connection, [mention], now=now, door=Door.REPORT)
        after = inbox.get(connection, mention.id)
        if after is None:
            raise InvalidInput("这条信息已按要求删除，不再收录", field="link")
        evidence.keep(connection, safe, mention.id, pictures, person=person, now=now)
        # What was said of a mention whose text is another stays with the report.
        note = "\n".join(part for part in (given.note.strip(), made.text if mention.text != made.text else "") if part)
        report = Report(
            id=secrets.token_hex(8),
            mention_id=mention.id,
            person=person.name,
            at=now,
            seen_at=made.seen_at,
            note=storable(note),
            is_joined=before is not None,
        )
        _record(connection, person, report, added.note(before, made, after))
    return _masked(report)


def withdraw(database: Database, person: Person, report_id: str, *, now: datetime) -> None:
    """Take a report back with all that it added; the mention goes with it where nobody else has seen it.

    Raises NotFound, NotAllowed (somebody else's), IllegalTransition (too late).
    """
    require(person, Action.READ_MENTIONS)
    with database.write() as connection:
        serialise(connection, "inbox")  # first: whoever joins meanwhile would lose what they joined
        report = _find(connection, report_id)
        if report.person != person.name:
            raise NotAllowed("只能撤回自己的随手报", report=report_id)
        if now - report.at > UNDO_TIME:
            raise IllegalTransition(f"提交超过 {UNDO_TIME.seconds // 60} 分钟，不能再撤回", report=report_id)
        _undo(connection, report, now)
        connection.execute(delete(report_table).where(report_table.c.id == report_id))
        evidence.withdraw(connection, report.mention_id, added_by=report.person, added_at=report.at)
        subject = f"mention:{report.mention_id}"
        audit.record(connection, person=person, action="report.withdrawn", subject=subject, now=now)


def get(connection: Connection, person: Person, report_id: str) -> Report:
    """One report, its note masked. Raises NotAllowed, NotFound."""
    require(person, Action.READ_MENTIONS)
    return _masked(_find(connection, report_id))


def of_mention(connection: Connection, mention_id: str) -> tuple[Report, ...]:
    """Oldest first, notes masked; for rooms whose caller has checked access."""
    chosen = select(report_table).where(report_table.c.mention_id == mention_id)
    return tuple(_masked(_report(row)) for row in connection.execute(chosen.order_by(report_table.c.at)))


def _values(given: Given, pictures: Sequence[Picture], now: datetime) -> dict[str, Any]:  # Any: a mention record
    link, title, text = _told(given)
    platform = given.platform or share.platform_of(link)
    counts = {name: getattr(given, name) for name in COUNTS}
    seen_at = _seen_at(given, now)
    return {
        "url": link,
        "native_id": None if link else _own_key(text, pictures),
        "title": title or ("" if link or text else "截图"),
        "text": text,
        "platform": platform,
        "kind": share.KINDS.get(platform, "post"),
        "seen_at": seen_at,
        "engagement": Engagement(**counts, counted_at=seen_at if any(v is not None for v in counts.values()) else None),
    }


def _told(given: Given) -> tuple[str, str, str]:
    """Link, title and text, wherever they were pasted; a link in the text is taken out only where none was given."""
    pasted = share.read(given.link)
    if not pasted.link and share.is_bare_link(given.link):
        pasted = share.Shared(link=f"https://{given.link.strip()}")
    told = share.read(given.text)
    if pasted.link:
        told = replace(told, link=pasted.link, text=given.text.strip())
    text = "\n".join(part for part in (pasted.text, told.text) if part)
    return told.link, pasted.title or told.title, text


def _own_key(text: str, pictures: Sequence[Picture]) -> str:
    """What the same report has again when it is sent twice. Raises InvalidInput when there is nothing to go by."""
    if not text and not pictures:
        raise InvalidInput("请至少填写链接、内容、截图中的一项", field="link")
    told = " ".join(text.split()).encode("utf-8", "replace") or b"".join(each.data for each in pictures)
    return hashlib.sha256(told).hexdigest()[:32]


def _seen_at(given: Given, now: datetime) -> datetime:
    seen_at = as_utc(given.seen_at) if given.seen_at is not None else now
    if seen_at > now + CLOCK_TOLERANCE:
        raise InvalidInput("看到的时间不能晚于现在", field="seen_at")
    return min(seen_at, now)


def _joined(made: Mention, before: Mention) -> Mention:
    """What is added to a known mention: that it was seen, and its counters; the text only where there is none yet."""
    seen = replace(before, source=SOURCE, seen_by=(SOURCE,), engagement=made.engagement)
    is_first = before.source == SOURCE and made.text and not before.text
    return replace(seen, title=made.title or before.title, text=made.text) if is_first else seen


def _undo(connection: Connection, report: Report, now: datetime) -> None:
    """Take back from the mention what this report added; all of it where nothing else speaks for it."""
    is_other = (report_table.c.mention_id == report.mention_id) & (report_table.c.id != report.id)
    others = connection.execute(select(report_table).where(is_other).order_by(report_table.c.at)).all()
    mention = inbox.get(connection, report.mention_id)
    if mention is None or (not others and mention.seen_by == (SOURCE,)):
        inbox.remove(connection, [report.mention_id], now=now)
        return
    later: dict[str, Added] = {each.id: each.added or {} for each in others if each.at >= report.at}
    mention = added.take_back(mention, _added(connection, report), list(later.values()))
    for name, values in later.items():
        connection.execute(update(report_table).where(report_table.c.id == name).values(added=values))
    inbox.take_back(connection, mention if others else _unseen(mention))


def _unseen(mention: Mention) -> Mention:
    """No report speaks for it any more: it is that of the next who saw it."""
    seen_by = tuple(name for name in mention.seen_by if name != SOURCE)
    return replace(mention, seen_by=seen_by, source=seen_by[0] if mention.source == SOURCE else mention.source)


def _added(connection: Connection, report: Report) -> Added:
    found: Added | None = connection.scalar(select(report_table.c.added).where(report_table.c.id == report.id))
    return found or {}


def _record(connection: Connection, person: Person, report: Report, news: Added) -> None:
    row = {name: getattr(report, name) for name in Report.__slots__} | {"added": news}
    connection.execute(insert(report_table).values(row))
    subject, details = f"mention:{report.mention_id}", {"report": report.id}
    audit.record(connection, person=person, action="report.made", subject=subject, now=report.at, details=details)


def _find(connection: Connection, report_id: str) -> Report:
    row = connection.execute(select(report_table).where(report_table.c.id == report_id)).first()
    if row is None:
        raise NotFound("没有这条随手报，或已撤回", report=report_id)
    return _report(row)


def _report(row: Row[Any]) -> Report:  # Any: a Core row
    return Report(**{name: row._mapping[name] for name in Report.__slots__})


def _masked(report: Report) -> Report:
    return replace(report, note=mask(report.note))
