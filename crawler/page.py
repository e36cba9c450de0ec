"""A fetched page as text: status, kind and charset are checked once, here."""

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
    for signature, kind in _NOT_PAGES.items():
        if response.body.startswith(signature):
            raise SourceChanged(f"链接指向{kind}，不是网页", url=response.url)
    content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
    decoded = decode(response.body, content_type)
    return Page(url=response.url, text=decoded.text, charset=decoded.charset)
