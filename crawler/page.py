"""A fetched page as text: status, kind and charset are checked once, here; packed files are unpacked, within limits."""

import gzip
import io
import zlib
from dataclasses import dataclass
from typing import Final

from scrapy.http import Response

from core.errors import SourceChanged
from crawler.extract.decode import decode
from crawler.failures import from_status

# Source: file signatures (magic numbers) of what links on list pages point to besides pages.
_NOT_PAGES: Final = {
    b"%PDF-": "PDF 文件",
    b"\x89PNG": "图片",
    b"\xff\xd8\xff": "图片",
    b"GIF8": "图片",
    b"PK\x03\x04": "压缩包或 Office 文件",
    b"\xd0\xcf\x11\xe0": "Office 文件",
}

# Source: RFC 1952, 2.3.1: a packed file that is served as a file (.xml.gz), not by Content-Encoding.
_GZIP: Final = b"\x1f\x8b"
# Source: sitemaps.org/protocol.html, "no larger than 50MB (52,428,800 bytes)".
MOST_UNPACKED_BYTES: Final = 52_428_800


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """url: where the text really came from, after redirects."""

    url: str
    text: str
    charset: str


def read_page(response: Response) -> Page:
    """Raises SourceRefused, SourceUnreachable or SourceChanged for anything but a readable text."""
    if not 200 <= response.status < 300:
        asked = response.meta.get("retry_after_seconds")
        raise from_status(response.status, url=response.url, retry_after_seconds=asked)
    body = _unpacked(response.body, response.url)
    for signature, kind in _NOT_PAGES.items():
        if body.startswith(signature):
            raise SourceChanged(f"链接指向{kind}，不是网页", url=response.url)
    content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
    decoded = decode(body, content_type)
    return Page(url=response.url, text=decoded.text, charset=decoded.charset)


def _unpacked(body: bytes, url: str) -> bytes:
    """Raises SourceChanged for what would fill the memory, and for what is broken or breaks off."""
    if not body.startswith(_GZIP):
        return body
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:  # of one member or several
            unpacked = file.read(MOST_UNPACKED_BYTES + 1)
    except EOFError as error:
        raise SourceChanged("压缩文件（gzip）不完整，无法读取", url=url) from error
    except (OSError, zlib.error) as error:
        raise SourceChanged("压缩文件（gzip）已损坏，无法读取", url=url) from error
    if len(unpacked) > MOST_UNPACKED_BYTES:
        raise SourceChanged(f"压缩文件解开后超过 {MOST_UNPACKED_BYTES // 1024**2} MB，已放弃读取", url=url)
    return unpacked
