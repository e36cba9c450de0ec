"""Evidence (截图): pictures that show a mention, in the data folder under their SHA-256, one file for equal ones.

A row says who added a picture to a mention and when; it goes with its mention, or with what was added. A file goes
when no row names it any more (``sweep``). Files are written before their row is committed and swept under the same
lock, so that no row is ever without its file. They are encrypted: without the installation's secret they show nothing.
"""

import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Integer,
    String,
    Table,
    UniqueConstraint,
    insert,
    select,
)
from sqlalchemy import delete as delete_from

from core.access import Action, Person, require
from core.database import UtcTime, metadata, serialise
from core.errors import NotFound, StoreUnavailable
from core.mention import Time
from core.picture import Picture
from core.settings import Settings, secret_key

evidence_table: Final = Table(
    "evidence",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("mention_id", String(64), ForeignKey("mention.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("sha256", String(64), nullable=False, index=True),
    Column("media_type", String(40), nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("added_by", String, nullable=False),
    Column("added_at", UtcTime, nullable=False),
    UniqueConstraint("mention_id", "sha256", "added_by", "added_at"),
)

# Source: NIST SP 800-38D: 96 bits, random; 2^32 files under one key before a collision is worth a thought.
_NONCE_BYTES: Final = 12

# What every door sends with a picture: it is never taken for a page, nor shown on another site's.
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Safe:
    """Where the files lie, and the key to them."""

    folder: Path
    key: bytes


def safe_of(settings: Settings) -> Safe:
    """The one of this installation: its key comes from the installation's secret."""
    key = hmac.digest(secret_key(settings).encode(), b"evidence", "sha256")
    return Safe(folder=settings.data_dir, key=key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One picture of a mention: who added it, and when."""

    sha256: str
    media_type: str
    size_bytes: int
    added_by: str
    added_at: Time


def keep(
    connection: Connection, safe: Safe, mention_id: str, pictures: Sequence[Picture], *, person: Person, now: datetime
) -> None:
    """Add pictures to a stored mention; equal ones lie in one file, whoever adds them. Raises StoreUnavailable."""
    serialise(connection, "evidence")
    is_same = (evidence_table.c.mention_id == mention_id) & _is_of(person.name, now)
    known = set(connection.scalars(select(evidence_table.c.sha256).where(is_same)))
    for picture in pictures:
        digest = hashlib.sha256(picture.data).hexdigest()
        if digest in known:
            continue
        known.add(digest)
        _write(safe, digest, picture.data)
        row = {"mention_id": mention_id, "sha256": digest, "media_type": picture.media_type}
        connection.execute(
            insert(evidence_table).values(size_bytes=len(picture.data), added_by=person.name, added_at=now, **row)
        )


def of_mention(connection: Connection, mention_id: str) -> tuple[Evidence, ...]:
    """Each picture once, as it was first added, oldest first; for rooms whose caller has checked access."""
    columns = [evidence_table.c[name] for name in Evidence.__slots__]
    chosen = select(*columns).where(evidence_table.c.mention_id == mention_id).order_by(evidence_table.c.id)
    found: dict[str, Evidence] = {}
    for row in connection.execute(chosen):
        found.setdefault(row.sha256, Evidence(**row._mapping))
    return tuple(found.values())


def read(connection: Connection, person: Person, safe: Safe, mention_id: str, sha256: str) -> Picture:
    """One picture of a mention. Raises NotAllowed, NotFound, StoreUnavailable."""
    require(person, Action.READ_MENTIONS)
    found = next((each for each in of_mention(connection, mention_id) if each.sha256 == sha256), None)
    if found is None:
        raise NotFound("没有这张截图", evidence=sha256[:64])
    try:
        sealed = _path(safe.folder, sha256).read_bytes()
        data = AESGCM(safe.key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], sha256.encode())
    except OSError as error:
        raise StoreUnavailable("截图文件暂时无法读取，请检查数据目录") from error
    except (InvalidTag, ValueError) as error:
        raise StoreUnavailable("截图文件无法解密：文件已损坏，或本机密钥（secret.key）已更换") from error
    return Picture(media_type=found.media_type, data=data)


def withdraw(connection: Connection, mention_id: str, *, added_by: str, added_at: datetime) -> None:
    """Take back what somebody added to a mention at one moment."""
    is_theirs = _is_of(added_by, added_at)
    connection.execute(delete_from(evidence_table).where(evidence_table.c.mention_id == mention_id, is_theirs))


def sweep(connection: Connection, folder: Path) -> int:
    """Delete files that no row names; returns how many. Raises StoreUnavailable."""
    serialise(connection, "evidence")
    named = set(connection.scalars(select(evidence_table.c.sha256).distinct()))
    left = [path for path in folder.glob("evidence/*/*") if path.name not in named]
    try:
        for path in left:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreUnavailable("截图文件无法删除，请检查数据目录的权限") from error
    return len(left)


def _is_of(person: str, moment: datetime) -> ColumnElement[bool]:
    return (evidence_table.c.added_by == person) & (evidence_table.c.added_at == moment)


def _path(folder: Path, sha256: str) -> Path:
    return folder / "evidence" / sha256[:2] / sha256


def _write(safe: Safe, sha256: str, data: bytes) -> None:
    """Sealed; beside, then in place: a full disk leaves no half picture. Only the service reads it (mode 0600)."""
    nonce, path = os.urandom(_NONCE_BYTES), _path(safe.folder, sha256)
    sealed = nonce + AESGCM(safe.key).encrypt(nonce, data, sha256.encode())
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StoreUnavailable("截图无法保存，请检查数据目录的权限或磁盘空间") from error
