"""Screenshots as people upload them: JPEG, PNG or WebP, walked through part by part, not by their names.

What describes the picture's origin (place, device, comments) is left out, and whatever follows its end: only the
picture itself is kept. Which way is up stays.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from core.errors import InvalidInput

LARGEST_BYTES: Final = 10 * 1024 * 1024

_PNG: Final = b"\x89PNG\r\n\x1a\n"
# Source: PNG specification, third edition: chunks that describe, and do not draw.
_PNG_NOTES: Final = {b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"}
_WEBP_NOTES: Final = {b"EXIF", b"XMP "}
_WEBP_NOTE_FLAGS: Final = 0x08 | 0x04
# Source: ITU-T T.81 and Exif 2.32: APP1 (Exif, XMP), APP13 (IPTC), comment; start of scan, end of image.
_JPEG_NOTES: Final = {0xE1, 0xED, 0xFE}
_SCAN, _END = 0xDA, 0xD9
# Fill bytes may come before a marker. They are matched, never searched for: a long run of them would be looked
# through from each of its bytes.
_MARKER: Final = re.compile(rb"\xff++([\x01-\xcf\xd8-\xfe])")
_SCAN_END: Final = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")  # in a scan, FF 00 and FF D0-D7 are data
_ORIENTATION: Final = re.compile(
    rb"\x12\x01\x03\x00\x01\x00\x00\x00([\x01-\x08])\x00|\x01\x12\x00\x03\x00\x00\x00\x01\x00([\x01-\x08])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """data: the picture without notes."""

    media_type: str
    data: bytes


def read(data: bytes) -> Picture:
    """The picture in an uploaded file. Raises InvalidInput: too large, another format, or damaged."""
    if len(data) > LARGEST_BYTES:
        raise InvalidInput(f"截图不能超过 {LARGEST_BYTES // 1024**2} MB", field="screenshot")
    try:
        if data.startswith(_PNG):
            return Picture(media_type="image/png", data=_PNG + b"".join(_png_chunks(data)))
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            chunks = b"WEBP" + b"".join(_webp_chunks(data))
            return Picture(media_type="image/webp", data=b"RIFF" + len(chunks).to_bytes(4, "little") + chunks)
        if data.startswith(b"\xff\xd8\xff"):
            return Picture(media_type="image/jpeg", data=b"\xff\xd8" + b"".join(_jpeg_segments(data)))
    except _Damaged as error:
        raise InvalidInput("截图不完整或已损坏", field="screenshot") from error
    raise InvalidInput("截图只支持 PNG、JPEG、WebP", field="screenshot")


class _Damaged(Exception):
    """The parts do not add up to a picture."""


def _part(data: bytes, start: int, length: int) -> bytes:
    if start + length > len(data):
        raise _Damaged
    return data[start : start + length]


def _png_chunks(data: bytes) -> Iterator[bytes]:
    place, kind = len(_PNG), b""
    while kind != b"IEND":
        length = int.from_bytes(_part(data, place, 4), "big")
        chunk = _part(data, place, length + 12)
        is_first, kind = not kind, chunk[4:8]
        if is_first is not (kind == b"IHDR") or zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:], "big"):
            raise _Damaged
        if kind not in _PNG_NOTES:
            yield chunk
        place += len(chunk)


def _webp_chunks(data: bytes) -> Iterator[bytes]:
    place, end, has_image = 12, int.from_bytes(data[4:8], "little") + 8, False
    if end > len(data):
        raise _Damaged
    while place < end:
        kind, length = _part(data, place, 4), int.from_bytes(_part(data, place + 4, 4), "little")
        chunk = _part(data, place, 8 + length + length % 2)
        place += len(chunk)
        has_image = has_image or kind in (b"VP8 ", b"VP8L", b"ANMF")
        if kind == b"VP8X" and length:
            chunk = chunk[:8] + bytes([chunk[8] & ~_WEBP_NOTE_FLAGS]) + chunk[9:]
        if kind not in _WEBP_NOTES:
            yield chunk
    if not has_image:
        raise _Damaged


def _jpeg_segments(data: bytes) -> Iterator[bytes]:
    place, has_scan = 2, False
    while True:
        found = _MARKER.match(data, place)
        if found is None:
            raise _Damaged
        marker, start = found[1][0], found.end()
        if marker == _END:
            break
        segment = _part(data, start, int.from_bytes(_part(data, start, 2), "big"))
        if len(segment) < 2:
            raise _Damaged
        place = start + len(segment)
        if marker == 0xE1 and segment[2:6] == b"Exif":
            yield from _upright(segment)
        elif marker not in _JPEG_NOTES:
            yield bytes([0xFF, marker]) + segment
        if marker == _SCAN:
            has_scan, begun = True, place
            following = _SCAN_END.search(data, place)
            place = following.start() if following else len(data)
            yield data[begun:place]
    if not has_scan:
        raise _Damaged
    yield bytes([0xFF, _END])


def _upright(exif: bytes) -> Iterator[bytes]:
    """A phone turns the picture by a note: the one note that stays."""
    found = _ORIENTATION.search(exif)
    if found is not None:
        value = found[1] or found[2]
        entry = b"\x01\x12\x00\x03\x00\x00\x00\x01\x00" + value + b"\x00\x00"
        kept = b"Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01" + entry + b"\x00\x00\x00\x00"
        yield b"\xff\xe1" + (len(kept) + 2).to_bytes(2, "big") + kept
