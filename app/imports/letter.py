"""One mail of a vendor: who wrote it, when, the tables attached, the links in its text. Pure; trusts no header."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parseaddr
from typing import Final

from core.errors import InvalidInput
from core.mention import as_utc
from crawler.extract import tree
from crawler.extract.decode import decode

TABLES: Final = (".csv", ".tsv", ".xlsx", ".xls", ".jsonl")
# Guess: a vendor's digest has a few hundred links.
MOST_LINKS: Final = 2000
LARGEST_BODY_BYTES: Final = 4 << 20
# Guess: the title of a text has more characters than a button.
SHORTEST_TITLE: Final = 6
_BUTTONS: Final = (
    "退订",
    "取消订阅",
    "查看更多",
    "查看全部",
    "点击查看",
    "登录",
    "隐私",
    "联系我们",
    "unsubscribe",
    "http",
)
_ADDRESS: Final = re.compile(r"https?://[^\s<>\"'）】」，。；]+", re.IGNORECASE)
# What a broken mail makes the standard library raise.
_BROKEN: Final = (ArithmeticError, AttributeError, LookupError, MessageError, RecursionError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Letter:
    """sender: the address alone, in lower case. tables: name, bytes. links: title, address."""

    sender: str
    subject: str
    written_at: datetime | None
    tables: tuple[tuple[str, bytes], ...]
    links: tuple[tuple[str, str], ...]


def read(content: bytes) -> Letter:
    """Raises InvalidInput for what is no mail."""
    try:
        message = BytesParser(policy=policy.default).parsebytes(content)
        return Letter(
            parseaddr(str(message.get("from", "")))[1].strip().lower(),
            str(message.get("subject", ""))[:200],
            _written_at(message),
            tuple(_tables(message)),
            tuple(dict(_links(message)).items()),
        )
    except _BROKEN as error:
        raise InvalidInput("邮件无法解析") from error


def _written_at(message: EmailMessage) -> datetime | None:
    """None for what no calendar has: whoever writes the mail writes its date."""
    try:
        moment = getattr(message.get("date"), "datetime", None)
        if not isinstance(moment, datetime):
            return None
        return as_utc(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (InvalidInput, OverflowError):
        return None


def _tables(message: EmailMessage) -> Iterator[tuple[str, bytes]]:
    for part in message.walk():
        name = part.get_filename() or ""
        if name.lower().endswith(TABLES):
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                yield name.replace("\\", "/").rpartition("/")[2], content


def _links(message: EmailMessage) -> Iterator[tuple[str, str]]:
    """(title, address) pairs of the body, its HTML before its plain text."""
    body = message.get_body(("html", "plain"))
    content = body.get_payload(decode=True) if body is not None else None
    if body is None or not isinstance(content, bytes):
        return
    text = decode(content[:LARGEST_BODY_BYTES], str(body.get("content-type", ""))).text
    found = _anchors(text) if body.get_content_type() == "text/html" else _lines(text)
    for number, (title, address) in enumerate(found):
        if number >= MOST_LINKS:
            return
        if _is_title(title):
            yield title, address


def _anchors(text: str) -> Iterator[tuple[str, str]]:
    for element in tree.elements(tree.parse(text)):
        address = (element.get("href") or "").strip()
        if element.tag == "a" and _ADDRESS.match(address):
            yield tree.line(element), address


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """What stands before an address in its line, else the line above."""
    above = ""
    for line in text.splitlines():
        if match := _ADDRESS.search(line):
            before = line[: match.start()].strip(" \t:：-—>（(【[")
            yield before or above, match[0]
        elif line.strip():
            above = " ".join(line.split())


def _is_title(title: str) -> bool:
    return len(title) >= SHORTEST_TITLE and not any(word in title.lower() for word in _BUTTONS)
