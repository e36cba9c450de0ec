"""A mailbox for the alert mails of vendors, read by IMAP. Nothing on the server changes: it is opened read-only.

The cursor is UIDVALIDITY and the last UID, stored after a mail's mentions: after a kill a mail is read twice, and the
second time adds nothing. A mail of somebody who is not on the list is passed over, and one that cannot be read is told:
anybody may write to a mailbox, and no mail holds up those after it.
"""

import imaplib
import os
import re
import ssl
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from sqlalchemy import BigInteger, Column, Connection, String, Table, delete, insert, select

from app.imports import columns, letter, load, notice
from app.imports.letter import Letter
from app.imports.load import Import, Item, Summary
from core import intake
from core.database import UtcTime, metadata
from core.errors import (
    ConfigurationError,
    InvalidInput,
    SourceRefused,
    SourceUnreachable,
    StoreError,
    TingfengError,
)
from core.mention import DatePrecision, Platform
from core.settings import Settings
from response.services import Services

log = structlog.get_logger()

SOURCE: Final = "邮箱"
TIMEOUT_SECONDS: Final = 30
# Guess: what one round may take; the next goes on.
MAILS_AT_ONCE: Final = 50
LARGEST_MAIL_BYTES: Final = 40 << 20
_SIZE: Final = re.compile(rb"RFC822\.SIZE (\d+)")

mailbox_table: Final = Table(
    "mailbox",
    metadata,
    Column("name", String, primary_key=True),
    Column("uid_validity", BigInteger, nullable=False),
    Column("last_uid", BigInteger, nullable=False),
    Column("looked_at", UtcTime, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Up to where a mailbox was read."""

    uid_validity: int
    last_uid: int


def run(services: Services) -> None:
    """One round. Raises ConfigurationError, SourceRefused, SourceUnreachable, StoreError."""
    settings = services.settings
    if not settings.import_mail_host:
        return
    senders = _senders(settings)
    with _opened(settings) as (server, validity):
        for uid in _waiting(services, server, validity):
            _take(services, server, uid, senders)
            _store(services, settings, Cursor(validity, uid))


def _senders(settings: Settings) -> frozenset[str]:
    senders = frozenset(each.strip().lower() for each in settings.import_mail_senders.split(",") if each.strip())
    if not senders or not settings.import_mail_user or settings.import_mail_password is None:
        raise ConfigurationError(
            "收取邮件还需要 TINGFENG_IMPORT_MAIL_USER、TINGFENG_IMPORT_MAIL_PASSWORD、TINGFENG_IMPORT_MAIL_SENDERS",
            setting="import_mail_host",
        )
    return senders


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[imaplib.IMAP4_SSL, int]]:
    """The folder, read-only, and its UIDVALIDITY."""
    host = settings.import_mail_host or ""
    try:
        context = ssl.create_default_context()
        with imaplib.IMAP4_SSL(host, settings.import_mail_port, ssl_context=context, timeout=TIMEOUT_SECONDS) as server:
            _log_in(server, settings)
            state, _ = server.select(mailbox_name(settings.import_mail_folder), readonly=True)
            if state != "OK":
                raise SourceRefused(f"邮箱里没有文件夹「{settings.import_mail_folder}」")
            validity = server.response("UIDVALIDITY")[1][0]
            yield server, int(validity or 0)
    except ssl.SSLCertVerificationError as error:
        raise SourceRefused(f"邮件服务器 {host} 的证书无法验证") from error
    except (OSError, imaplib.IMAP4.error, EOFError, ValueError) as error:
        raise SourceUnreachable(f"邮件服务器 {host} 无法访问或中途断开") from error


def _log_in(server: imaplib.IMAP4_SSL, settings: Settings) -> None:
    password = settings.import_mail_password.get_secret_value() if settings.import_mail_password else ""
    try:
        server.login(settings.import_mail_user, password)
    except imaplib.IMAP4.error as error:
        if isinstance(error, imaplib.IMAP4.abort):
            raise
        raise SourceRefused("邮箱拒绝登录，请检查账号和授权码（不少邮箱要用授权码而不是密码）") from error
    if "ID" in server.capabilities:
        # Source: RFC 2971; NetEase mailboxes refuse to open a folder for a client that does not name itself.
        server.xatom("ID", '("name" "tingfeng")')


def mailbox_name(name: str) -> str:
    """A folder's name as IMAP writes it: modified UTF-7 (RFC 3501, 5.1.3), in quotes."""

    def encoded(match: re.Match[str]) -> str:
        return f"&{b64encode(match[0].encode('utf-16-be')).decode().rstrip('=').replace('/', ',')}-"

    plain = re.sub(r"[^\x20-\x7e]+", encoded, name.replace("&", "&-"))
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _waiting(services: Services, server: imaplib.IMAP4_SSL, validity: int) -> list[int]:
    """UIDs after the cursor; without one, or where the server has numbered its mails anew, those nobody has read."""
    with services.database.read() as connection:
        cursor = _cursor(connection, services.settings)
    after = cursor.last_uid if cursor is not None and cursor.uid_validity == validity else None
    _, found = server.uid("SEARCH", "UNSEEN" if after is None else f"UID {after + 1}:*")
    # n:* always names the last mail, also where it is before n.
    uids = sorted(uid for uid in map(int, (found[0] or b"").split()) if uid > (after or 0))
    return uids[:MAILS_AT_ONCE]


def _take(services: Services, server: imaplib.IMAP4_SSL, uid: int, senders: frozenset[str]) -> None:
    name, problem = f"第 {uid} 封邮件", ""
    content = _fetch(server, uid)
    try:
        if content is None:
            raise InvalidInput(f"邮件超过 {LARGEST_MAIL_BYTES >> 20} MB")
        mail = letter.read(content)
        if not _is_allowed(mail.sender, senders):
            log.info("mail passed over", uid=uid, reason="sender")
            return
        name = f"邮件「{mail.subject}」"
        _import(services, mail, name)
    except (StoreError, OSError):  # an outage of ours: the next round reads it again
        raise
    except InvalidInput as error:
        problem = error.message
    except Exception:  # part of the scheduled job's loop
        log.exception("mail not imported", uid=uid)
        problem = notice.INTERNAL
    notice.tell(services, SOURCE, name, None, problem)


def _fetch(server: imaplib.IMAP4_SSL, uid: int) -> bytes | None:
    """None: larger than LARGEST_MAIL_BYTES."""
    _, sizes = server.uid("FETCH", str(uid), "(RFC822.SIZE)")
    size = _SIZE.search(b" ".join(part for part in sizes if isinstance(part, bytes)))
    if size is not None and int(size[1]) > LARGEST_MAIL_BYTES:
        return None
    _, parts = server.uid("FETCH", str(uid), "(BODY.PEEK[])")
    return next((part[1] for part in parts if isinstance(part, tuple)), b"")


def _is_allowed(sender: str, senders: frozenset[str]) -> bool:
    """By address, or by @domain."""
    return sender in senders or f"@{sender.rpartition('@')[2]}" in senders


def _import(services: Services, mail: Letter, name: str) -> None:
    for file_name, content in mail.tables:
        _table(services, mail, file_name, content, name)
    if mail.tables:
        return
    if not mail.links:
        raise InvalidInput("没有表格附件，正文里也没有带标题的链接")
    summary = Summary(name, form="邮件里的链接")
    items = [_item(services, mail, title, url) for title, url in mail.links]
    for start in range(0, len(items), load.BATCH):
        for answer in load.stored(services, items[start : start + load.BATCH]):
            summary.note(answer)
    notice.tell(services, SOURCE, name, summary, "")


def _table(services: Services, mail: Letter, file_name: str, content: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory(prefix="tingfeng-") as folder:
        path = Path(folder) / f"attachment{Path(file_name).suffix}"
        path.write_bytes(content)
        if mail.written_at is not None:  # what 昨天 in the table refers to
            os.utime(path, (mail.written_at.timestamp(),) * 2)
        opened, problem = Import(services, path, source=SOURCE), ""
        try:
            for _ in opened.answers():
                pass
        except InvalidInput as error:
            problem = error.message
    notice.tell(services, SOURCE, f"{name}的附件 {file_name}", opened.summary, problem)


def _item(services: Services, mail: Letter, title: str, url: str) -> Item:
    """The mail's time is that of the mention: an alert comes minutes after the publication."""
    platform = columns.platform_of_host(_host(url)) or Platform.OTHER
    values: dict[str, Any] = {"url": url, "title": title, "platform": platform, "kind": columns.kind_of(platform)}
    now = services.now()
    if mail.written_at is not None and mail.written_at <= now:
        values |= {"published_at": mail.written_at, "date_precision": DatePrecision.MINUTE}
    try:
        key = intake.author_key(services.settings)
        return Item(None, intake.complete(values, source=SOURCE, now=now, author_key=key))
    except TingfengError as error:
        return Item(None, error=error)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _name(settings: Settings) -> str:
    return f"{settings.import_mail_user}@{settings.import_mail_host}/{settings.import_mail_folder}"


def _cursor(connection: Connection, settings: Settings) -> Cursor | None:
    chosen = select(mailbox_table).where(mailbox_table.c.name == _name(settings))
    row = connection.execute(chosen).first()
    return Cursor(row.uid_validity, row.last_uid) if row is not None else None


def _store(services: Services, settings: Settings, cursor: Cursor) -> None:
    name, now = _name(settings), services.now()
    values: dict[str, str | int | datetime] = {
        "name": name, "uid_validity": cursor.uid_validity, "last_uid": cursor.last_uid, "looked_at": now,
    }  # fmt: skip
    with services.database.write() as connection:
        connection.execute(delete(mailbox_table).where(mailbox_table.c.name == name))
        connection.execute(insert(mailbox_table).values(values))
