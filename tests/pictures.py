"""Small pictures made by hand: a red dot, with and without notes."""

import zlib

TIFF = b"II*\x00\x08\x00\x00\x00\x01\x00" + b"\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00" + b"\x00\x00\x00\x00"


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG."""
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def png(*notes: bytes, colour: bytes = b"\xff\x00\x00") -> bytes:
    """One pixel; notes: chunks between header and data."""
    header = chunk(b"IHDR", b"\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00")
    pixels = chunk(b"IDAT", zlib.compress(b"\x00" + colour))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(notes) + pixels + chunk(b"IEND", b"")


def segment(marker: int, data: bytes) -> bytes:
    """One segment of a JPEG."""
    return bytes([0xFF, marker]) + (len(data) + 2).to_bytes(2, "big") + data


def jpeg(*notes: bytes) -> bytes:
    """The frame of a picture: tables and a scan whose data nobody decodes here."""
    scan = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x12\xff\x00\x34\xff\xd0\x56"
    return b"\xff\xd8" + b"".join(notes) + segment(0xDB, b"\x00" + b"\xff\xd9" * 32) + scan + b"\xff\xd9"


def webp(*notes: bytes, flags: int = 0) -> bytes:
    """An extended WebP with lossless data of an odd length."""
    parts = [_riff(b"VP8X", bytes([flags]) + b"\x00" * 9), _riff(b"VP8L", b"\x2f\x00\x00"), *notes]
    body = b"WEBP" + b"".join(parts)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _riff(kind: bytes, data: bytes) -> bytes:
    return kind + len(data).to_bytes(4, "little") + data + b"\x00" * (len(data) % 2)


EXIF_WEBP = _riff(b"EXIF", b"31.2,121.5")
EXIF_JPEG = segment(0xE1, b"Exif\x00\x00" + TIFF + b"31.2,121.5")
EXIF_PNG = chunk(b"eXIf", b"31.2,121.5")
